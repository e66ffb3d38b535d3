import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from 'react'
import { Button, IconButton } from '../ui/button'
import { cx } from '../ui/cx'
import { Progress } from '../ui/progress'
import css from './shell.module.css'
import { useKeys } from './keys-provider'

type Toast = {
  title: string
  detail?: string
  tone?: 'good' | 'bad'
  action?: { label: string; run: () => void }
  /** Takes the place of the message with the same key. */
  key?: string
  /** How far a work is that goes on: the message stays until another takes its place. */
  progress?: { value: number; max: number }
  /** Until this moment the action is possible: it is counted down, then the other words stand there. */
  until?: number
  after?: string
}
type Shown = Toast & { id: number }
type Show = (toast: Toast) => void

const Toasts = createContext<Show>(() => {})

/** Says what happened, for some seconds, with a way back where there is one. */
export function useToast(): Show {
  return useContext(Toasts)
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Shown[]>([])
  const show = useCallback((toast: Toast) => setToasts((old) => placed(old, toast)), [])
  const close = useCallback((id: number) => setToasts((old) => old.filter((t) => t.id !== id)), [])
  const undo = () => {
    const last = toasts.findLast((t) => t.action && !t.progress && (t.until === undefined || t.until > Date.now()))
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

function placed(old: Shown[], toast: Toast): Shown[] {
  const at = toast.key === undefined ? -1 : old.findIndex((t) => t.key === toast.key)
  if (at >= 0) return old.map((t, i) => (i === at ? { ...toast, id: t.id } : t))
  return [...old.slice(-2), { ...toast, id: Math.max(0, ...old.map((t) => t.id)) + 1 }]
}

function UndoKey({ run }: { run: () => void }) {
  useKeys([{ keys: 'z', label: 'Undo what the last message names', group: 'Everywhere', run }])
  return null
}

/** Whole seconds until a moment, counted down. */
function useSecondsLeft(until: number | undefined): number | undefined {
  const [now, setNow] = useState(Date.now)
  const left = until === undefined ? undefined : Math.max(0, Math.ceil((until - now) / 1000))
  const counting = left !== undefined && left > 0
  useEffect(() => {
    if (!counting) return
    const timer = setInterval(() => setNow(Date.now()), 250)
    return () => clearInterval(timer)
  }, [counting])
  return left
}

function ToastView({ toast, onClose }: { toast: Shown; onClose: () => void }) {
  const [held, setHeld] = useState(false)
  const left = useSecondsLeft(toast.until)
  const counting = left !== undefined && left > 0
  useEffect(() => {
    if (held || counting || toast.progress) return
    const timer = setTimeout(onClose, (toast.action && toast.until === undefined) || toast.tone === 'bad' ? 10_000 : 5_000)
    return () => clearTimeout(timer)
    // oxlint-disable-next-line react/exhaustive-deps -- onClose is new each time; the timer belongs to the toast
  }, [held, counting, toast])
  const Icon = toast.tone === 'bad' ? CircleAlert : CircleCheck
  return (
    <div className={cx(css.toast, toast.tone === 'bad' && css.toastBad)} onPointerEnter={() => setHeld(true)} onPointerLeave={() => setHeld(false)}>
      {!toast.progress && <Icon size={16} strokeWidth={1.5} aria-hidden />}
      <div className={css.toastText}>
        {toast.progress ? (
          <Progress label={toast.title} value={toast.progress.value} max={toast.progress.max} note={`${toast.progress.value.toLocaleString()} of ${toast.progress.max.toLocaleString()}`} />
        ) : (
          <div>{left === 0 ? (toast.after ?? toast.title) : toast.title}</div>
        )}
        {toast.detail && <div className={css.toastDetail}>{toast.detail}</div>}
      </div>
      {counting && (
        <span className={css.toastLeft} aria-hidden>
          {left}
        </span>
      )}
      {toast.action && left !== 0 && (
        <Button
          size="small"
          onClick={() => {
            if (!toast.progress) onClose()
            toast.action?.run()
          }}
        >
          {toast.action.label}
        </Button>
      )}
      {!toast.progress && <IconButton icon={X} label="Close" size="small" onClick={onClose} />}
    </div>
  )
}
