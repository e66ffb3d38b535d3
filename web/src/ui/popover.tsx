import { Suspense, useRef, useState, type ReactNode } from 'react'
import { cx } from './cx'
import buttons from './button.module.css'
import { deferred } from './deferred'
import css from './overlay.module.css'

const FloatingPanel = deferred(() => import('./floating-panel').then((m) => m.FloatingPanel))

type PopoverProps = { label: string; trigger: ReactNode; look?: 'quiet' | 'secondary' | 'bare'; children: ReactNode | ((close: () => void) => ReactNode) }

/** A button that opens a small panel beside it. */
export function Popover({ label, trigger, look = 'bare', children }: PopoverProps) {
  const button = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <>
      <button ref={button} type="button" aria-label={label} aria-haspopup="dialog" aria-expanded={open} className={look === 'bare' ? css.trigger : cx(buttons.button, buttons[look], buttons.small)} onClick={() => setOpen(true)}>
        {trigger}
      </button>
      {open && (
        <Suspense>
          <FloatingPanel label={label} button={button} placement="bottom start" padded onClose={close}>
            {typeof children === 'function' ? children(close) : children}
          </FloatingPanel>
        </Suspense>
      )}
    </>
  )
}

type FloatingProps = { label: string; name: string; className: string | undefined; open: boolean; onOpenChange: (open: boolean) => void; trigger: ReactNode; children: ReactNode }

/** A panel beside a button of its own look and name, opened by it or from elsewhere. */
export function Floating({ label, name, className, open, onOpenChange, trigger, children }: FloatingProps) {
  const button = useRef<HTMLButtonElement>(null)
  return (
    <>
      <button ref={button} type="button" aria-label={name} aria-haspopup="dialog" aria-expanded={open} className={className} onClick={() => onOpenChange(true)}>
        {trigger}
      </button>
      {open && (
        <Suspense>
          <FloatingPanel label={label} button={button} placement="right top" onClose={() => onOpenChange(false)}>
            {children}
          </FloatingPanel>
        </Suspense>
      )}
    </>
  )
}
