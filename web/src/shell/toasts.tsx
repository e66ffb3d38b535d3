import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from 'react'
import { Button, IconButton } from '../ui/button'
import { cx } from '../ui/cx'
import css from './shell.module.css'
import { useKeys } from './keys-provider'

type Toast = { title: string; detail?: string; tone?: 'good' | 'bad'; action?: { label: string; run: () => void } }
type Shown = Toast & { id: number }
type Show = (toast: Toast) => void

const Toasts = createContext<Show>(() => {})

/** Says what happened, for some seconds, with a way back where there is one. */
export function useToast(): Show {
  return useContext(Toasts)
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Shown[]>([])
  const show = useCallback((toast: Toast) => setToasts((old) => [...old.slice(-2), { ...toast, id: (old.at(-1)?.id ?? 0) + 1 }]), [])
  const close = useCallback((id: number) => setToasts((old) => old.filter((t) => t.id !== id)), [])
  const last = toasts.findLast((t) => t.action)
  const undo = () => {
    if (!last) return
    close(last.id)
    last.action?.run()
  }
  return (
    <Toasts value={show}>
      {children}
      <UndoKey run={undo} />
      <section className={css.toasts} aria-label="Messages" aria-live="polite">
        {toasts.map((toast) => (
          <ToastView key={toast.id} toast={toast} onClose={() => close(toast.id)} />
        ))}
      </section>
    </Toasts>
  )
}

function UndoKey({ run }: { run: () => void }) {
  useKeys([{ keys: 'z', label: 'Undo what the last message names', group: 'Everywhere', run }])
  return null
}

function ToastView({ toast, onClose }: { toast: Shown; onClose: () => void }) {
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (held) return
    const timer = setTimeout(onClose, toast.action || toast.tone === 'bad' ? 10_000 : 5_000)
    return () => clearTimeout(timer)
    // oxlint-disable-next-line react/exhaustive-deps -- onClose is new each time; the timer belongs to the toast
  }, [held, toast])
  const Icon = toast.tone === 'bad' ? CircleAlert : CircleCheck
  return (
    <div className={cx(css.toast, toast.tone === 'bad' && css.toastBad)} onPointerEnter={() => setHeld(true)} onPointerLeave={() => setHeld(false)}>
      <Icon size={16} strokeWidth={1.5} aria-hidden />
      <div className={css.toastText}>
        <div>{toast.title}</div>
        {toast.detail && <div className={css.toastDetail}>{toast.detail}</div>}
      </div>
      {toast.action && (
        <Button
          size="small"
          onClick={() => {
            onClose()
            toast.action?.run()
          }}
        >
          {toast.action.label}
        </Button>
      )}
      <IconButton icon={X} label="Close" size="small" onClick={onClose} />
    </div>
  )
}
