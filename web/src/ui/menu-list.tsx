import { Check } from 'lucide-react'
import type { RefObject } from 'react'
import { Header, Menu, MenuItem, MenuSection, Popover, Separator } from 'react-aria-components'
import { cx } from './cx'
import type { MenuEntry } from './menu'
import css from './overlay.module.css'

type ListProps = { label: string; entries: (MenuEntry | 'separator')[]; section: string | undefined; button: RefObject<HTMLElement | null>; start: 'first' | 'last' | 'any'; onClose: () => void }

/** The open list of a menu button; its script comes after that of the page. */
export function MenuList({ label, entries, section, button, start, onClose }: ListProps) {
  const items = entries.map((entry, index) => (entry === 'separator' ? <Separator key={`line-${index}`} className={css.separator} /> : <Entry key={entry.id} entry={entry} />))
  return (
    <Popover className={css.popover} offset={4} placement="bottom start" trigger="MenuTrigger" aria-label={label} triggerRef={button} isOpen onOpenChange={(open) => !open && onClose()}>
      <Menu className={css.menu} aria-label={label} autoFocus={start === 'any' ? true : start} onClose={onClose}>
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
