import type { LucideIcon } from 'lucide-react'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button, Menu, MenuItem, MenuSection, MenuTrigger, Header, Popover, Separator } from 'react-aria-components'
import { cx } from './cx'
import buttons from './button.module.css'
import css from './overlay.module.css'

export type MenuEntry = {
  id: string
  label: string
  icon?: LucideIcon
  hint?: ReactNode
  danger?: boolean
  chosen?: boolean
  disabled?: boolean
  onAction: () => void
}
type MenuProps = { label: string; entries: (MenuEntry | 'separator')[]; section?: string; children: ReactNode; look?: 'quiet' | 'secondary' | 'primary' | 'bare'; square?: boolean; small?: boolean }

/** A button that opens a list of actions. */
export function MenuButton({ label, entries, section, children, look = 'quiet', square, small }: MenuProps) {
  const items = entries.map((entry, index) => (entry === 'separator' ? <Separator key={`line-${index}`} className={css.separator} /> : <Entry key={entry.id} entry={entry} />))
  return (
    <MenuTrigger>
      <Button aria-label={label} className={look === 'bare' ? css.trigger : cx(buttons.button, buttons[look], square && buttons.icon, small && buttons.small)}>
        {children}
      </Button>
      <Popover className={css.popover} offset={4} placement="bottom start">
        <Menu className={css.menu} aria-label={label}>
          {section ? (
            <MenuSection>
              <Header className={css.section}>{section}</Header>
              {items}
            </MenuSection>
          ) : (
            items
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}

function Entry({ entry }: { entry: MenuEntry }) {
  const Icon = entry.icon
  return (
    <MenuItem id={entry.id} textValue={entry.label} isDisabled={entry.disabled} onAction={entry.onAction} className={cx(css.item, entry.danger && css.danger)}>
      {Icon && <Icon size={16} strokeWidth={1.5} aria-hidden />}
      <span className={css.itemLabel}>{entry.label}</span>
      {entry.hint}
      {entry.chosen && <Check size={16} strokeWidth={1.5} aria-label="chosen" />}
    </MenuItem>
  )
}
