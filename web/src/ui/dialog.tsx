import { X } from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { Button, IconButton } from './button'
import { cx } from './cx'
import css from './overlay.module.css'

type DialogProps = { title: string; onClose: () => void; wide?: boolean; children: ReactNode }

/** A modal dialog while it is rendered; Escape, the cross and a press outside close it. */
export function Dialog({ title, onClose, wide, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = ref.current
    const before = document.activeElement
    dialog?.showModal()
    // A form begins at its first field, anything else at its first button.
    const first = dialog?.querySelector<HTMLElement>(`.${css.content} :is(input, select, textarea)`) ?? dialog?.querySelector<HTMLElement>(`.${css.content} button`)
    first?.focus()
    return () => {
      dialog?.close()
      // The dialog has left the page by now, and with it the browser's memory of where the focus was.
      if (before instanceof HTMLElement && before.isConnected && document.activeElement === document.body) before.focus()
    }
  }, [])
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events -- a press on the backdrop; Escape does the same
    <dialog
      ref={ref}
      className={cx(css.dialog, wide && css.wide)}
      aria-label={title}
      onCancel={(e) => {
        e.preventDefault()
        onClose()
      }}
      onClick={(e) => e.target === e.currentTarget && onClose()}
    >
      <header className={css.head}>
        <h2 className={css.title}>{title}</h2>
        <IconButton icon={X} label="Close" onClick={onClose} />
      </header>
      <div className={css.content}>{children}</div>
    </dialog>
  )
}

type ConfirmProps = { title: string; action: string; busy?: boolean; onConfirm: () => void; onClose: () => void; children: ReactNode }

/** Asks before what cannot be undone. The action names it; Escape leaves all as it is. */
export function Confirm({ title, action, busy, onConfirm, onClose, children }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className={css.confirm}>{children}</div>
      <div className={css.confirmActions}>
        <Button autoFocus onClick={onClose}>
          Cancel
        </Button>
        <Button variant="danger" busy={busy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  )
}
