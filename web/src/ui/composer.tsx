import { Paperclip, X, type LucideIcon } from 'lucide-react'
import { useEffect, useRef, useState, type ClipboardEvent, type CSSProperties, type DragEvent, type KeyboardEvent, type ReactNode, type Ref, type SelectHTMLAttributes } from 'react'
import { Button, IconButton } from './button'
import css from './composer.module.css'
import { cx } from './cx'
import { continued, difference, linked, wrapped, type Typed } from './editor'
import { Hidden } from './layout'
import { fileSize } from './time'

type BoxProps = { label: string; full?: boolean; title: string; note?: ReactNode; actions?: ReactNode; onSend: () => void; onClose: () => void; onFiles: (files: File[]) => void; children: ReactNode }

/** Where a mail is written: Ctrl or Cmd and Enter sends, Escape closes, files may be dropped and pasted. */
export function ComposerBox({ label, full, title, note, actions, onSend, onClose, onFiles, children }: BoxProps) {
  const [over, setOver] = useState(false)
  const ref = useRef<HTMLElement>(null)
  useEffect(() => {
    ref.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) onSend()
    else if (event.key === 'Escape' && !event.defaultPrevented) onClose()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const drag = (event: DragEvent, inside: boolean) => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setOver(inside)
  }
  const onPaste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return
    event.preventDefault()
    onFiles([...event.clipboardData.files])
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys and drops of everything inside
    <section
      ref={ref}
      className={cx(css.composer, full && css.full)}
      aria-label={label}
      onKeyDown={onKeyDown}
      onPaste={onPaste}
      onDragOver={(e) => drag(e, true)}
      onDragLeave={(e) => e.currentTarget.contains(document.elementFromPoint(e.clientX, e.clientY)) || setOver(false)}
      onDrop={(e) => {
        e.preventDefault()
        setOver(false)
        onFiles([...e.dataTransfer.files])
      }}
    >
      <header className={css.head}>
        <h2 className={css.title} dir="auto">
          {title}
        </h2>
        {note && (
          <span className={css.note} role="status">
            {note}
          </span>
        )}
        {actions}
        <IconButton icon={X} label="Close; the draft stays" size="small" onClick={onClose} />
      </header>
      {children}
      {over && <div className={css.over}>Drop to attach</div>}
    </section>
  )
}

/** A line of the head of a mail: a name, its field, and what stands at the end. */
export function ComposerRow({ label, side, children }: { label: string; side?: ReactNode; children: ReactNode }) {
  return (
    <div className={css.row}>
      <span className={css.rowLabel} aria-hidden>
        {label}
      </span>
      <div className={css.rowBody}>{children}</div>
      {side && <div className={css.rowSide}>{side}</div>}
    </div>
  )
}

export function LineInput({ label, value, onChange, autoFocus }: { label: string; value: string; onChange: (value: string) => void; autoFocus?: boolean }) {
  return <input className={css.line} aria-label={label} value={value} autoFocus={autoFocus} autoComplete="off" onChange={(e) => onChange(e.target.value)} />
}

type LineSelectProps = Omit<SelectHTMLAttributes<HTMLSelectElement>, 'className' | 'style'> & { label: string; options: { value: string; label: string }[] }

export function LineSelect({ label, options, ...rest }: LineSelectProps) {
  return (
    <select className={css.line} aria-label={label} {...rest}>
      {options.map((o) => (
        <option key={o.value} value={o.value}>
          {o.label}
        </option>
      ))}
    </select>
  )
}

type EditorProps = { label: string; value: string; onChange: (value: string) => void; autoFocus?: boolean; placeholder?: string; ref?: Ref<HTMLTextAreaElement> }

/** Changes a field as if it had been typed: undo takes it back, and the caret stands where it should. */
function put(field: HTMLTextAreaElement, before: Typed, after: Typed) {
  const { from, to, words } = difference(before.text, after.text)
  field.setSelectionRange(from, to)
  document.execCommand(words === '' ? 'delete' : 'insertText', false, words)
  field.setSelectionRange(after.start, after.end)
}

/** Plain text that goes on with lists and quotations, and marks words bold or italic by Ctrl or Cmd and B or I; K makes a link of what is chosen. */
export function Editor({ label, value, onChange, autoFocus, placeholder, ref }: EditorProps) {
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const field = event.currentTarget
    const typed = { text: field.value, start: field.selectionStart, end: field.selectionEnd }
    const command = event.metaKey || event.ctrlKey
    const mark = { b: '**', i: '*' }[event.key]
    const link = command && event.key === 'k' && typed.start !== typed.end
    const next = link ? linked(typed) : command && mark ? wrapped(typed, mark) : event.key === 'Enter' && !command && !event.shiftKey ? continued(typed) : undefined
    if (!next) return
    event.preventDefault()
    event.stopPropagation()
    put(field, typed, next)
  }
  return <textarea ref={ref} className={css.text} aria-label={label} dir="auto" placeholder={placeholder} value={value} autoFocus={autoFocus} onChange={(e) => onChange(e.target.value)} onKeyDown={onKeyDown} />
}

export function ComposerMore({ children }: { children: ReactNode }) {
  return <div className={css.more}>{children}</div>
}

export function QuotedText({ children }: { children: string }) {
  return (
    <details className={css.fold}>
      <summary aria-label="Show or hide the text that is quoted">…</summary>
      <div className={css.quote}>{children}</div>
    </details>
  )
}

export function SignatureText({ children }: { children: string }) {
  return <div className={css.signature}>{children}</div>
}

export function ComposerFoot({ children }: { children: ReactNode }) {
  return <footer className={css.foot}>{children}</footer>
}

export function FootSpace() {
  return <span className={css.footSpace} />
}

/** A main button with a smaller one for the other ways beside it. */
export function SplitButton({ children }: { children: ReactNode }) {
  return <span className={css.split}>{children}</span>
}

/** A button that lets files be chosen. */
export function PickFiles({ label, onFiles }: { label: string; onFiles: (files: File[]) => void }) {
  return (
    <span className={css.pick}>
      <Button variant="quiet" icon={Paperclip} tabIndex={-1} aria-hidden>
        Attach
      </Button>
      <input
        type="file"
        multiple
        aria-label={label}
        title={label}
        onChange={(e) => {
          onFiles([...(e.target.files ?? [])])
          e.target.value = ''
        }}
      />
    </span>
  )
}

export type Attached = { key: string; name: string; size: number; done: number; error?: string }
type Vars = CSSProperties & Record<`--${string}`, string>

/** Files of a mail, with how much of each has arrived. */
export function AttachedFiles({ files, onRemove }: { files: Attached[]; onRemove: (key: string) => void }) {
  if (files.length === 0) return null
  return (
    <ul className={css.files} aria-label="Files to send">
      {files.map((f) => {
        const style: Vars = { '--done': `${Math.round(f.done * 100)}%` }
        return (
          <li key={f.key} className={cx(css.file, f.error && css.fileBad)} title={f.error ?? f.name}>
            <Paperclip size={14} strokeWidth={1.5} aria-hidden />
            <span className={css.fileName}>{f.name}</span>
            <span className={css.note}>{f.error ?? (f.done < 1 ? `${Math.round(f.done * 100)}%` : fileSize(f.size))}</span>
            {f.done < 1 && !f.error && <Hidden>is on its way</Hidden>}
            <IconButton icon={X} label={`Remove ${f.name}`} size="small" onClick={() => onRemove(f.key)} />
            {f.done < 1 && !f.error && <span className={css.bar} style={style} />}
          </li>
        )
      })}
    </ul>
  )
}

type NoteProps = { icon: LucideIcon; tone?: 'bad' | 'warn'; title: ReactNode; detail?: ReactNode; children?: ReactNode }

/** A mail that is not with its readers yet: on its way, waiting, failed, or nobody knows. */
export function SendingNote({ icon: Icon, tone, title, detail, children }: NoteProps) {
  return (
    <div role={tone === 'bad' ? 'alert' : 'status'} className={cx(css.sending, tone === 'bad' && css.sendingBad, tone === 'warn' && css.sendingWarn)}>
      <Icon size={16} strokeWidth={1.5} aria-hidden />
      <div>
        <div>{title}</div>
        {detail && <div className={css.sendingDetail}>{detail}</div>}
      </div>
      {children && <div className={css.sendingActions}>{children}</div>}
    </div>
  )
}
