import type { LucideIcon } from 'lucide-react'
import { Suspense, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { cx } from './cx'
import buttons from './button.module.css'
import { deferred } from './deferred'
import css from './overlay.module.css'

const MenuList = deferred(() => import('./menu-list').then((m) => m.MenuList))

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
  const button = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState<'first' | 'last' | 'any'>()
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    setOpen(event.key === 'ArrowDown' ? 'first' : 'last')
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open !== undefined}
        className={look === 'bare' ? css.trigger : cx(buttons.button, buttons[look], square && buttons.icon, small && buttons.small)}
        // A press by Enter or Space has no pointer behind it, and begins at the first entry.
        onClick={(e) => setOpen(e.detail === 0 ? 'first' : 'any')}
        onKeyDown={onKeyDown}
      >
        {children}
      </button>
      {open && (
        <Suspense>
          <MenuList label={label} entries={entries} section={section} button={button} start={open} onClose={() => setOpen(undefined)} />
        </Suspense>
      )}
    </>
  )
}
