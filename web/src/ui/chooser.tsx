import { Check } from 'lucide-react'
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import css from './chooser.module.css'

export type Option = { id: string; label: string; note?: string; mark?: ReactNode; chosen?: boolean; run: () => void }
type ChooserProps = { title: string; about?: string; placeholder: string; options: Option[]; empty?: string; onClose: () => void; children?: ReactNode }

/** A short list to pick one thing from by typing, arrows and Enter, over the page. Below it there is room for what no list holds. */
export function Chooser({ title, about, placeholder, options, empty = 'Nothing matches.', onClose, children }: ChooserProps) {
  const [words, setWords] = useState('')
  const [at, setAt] = useState(0)
  const list = useId()
  const shown = options.filter((o) => o.label.toLowerCase().includes(words.trim().toLowerCase()))
  const index = Math.min(at, Math.max(0, shown.length - 1))
  const choose = (option: Option | undefined) => {
    if (!option) return
    onClose()
    option.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) setAt((index + step + shown.length) % Math.max(1, shown.length))
    else if (event.key === 'Enter') choose(shown[index])
    else return
    event.preventDefault()
  }
  return (
    <Sheet title={title} onClose={onClose}>
      <div className={css.head}>{about ?? title}</div>
      <input
        className={css.input}
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={shown[index] ? `${list}-${index}` : undefined}
        aria-label={title}
        placeholder={placeholder}
        autoFocus
        autoComplete="off"
        value={words}
        onChange={(e) => {
          setWords(e.target.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div id={list} role="listbox" aria-label={title} className={css.options} tabIndex={-1}>
        {shown.length === 0 && <div className={css.none}>{empty}</div>}
        {shown.map((option, i) => (
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the field keeps the focus and handles the keys
          <div key={option.id} id={`${list}-${i}`} role="option" aria-selected={i === index} className={css.option} onClick={() => choose(option)} onPointerMove={() => setAt(i)}>
            {option.mark}
            <span className={css.label}>{option.label}</span>
            {option.note && <span className={css.note}>{option.note}</span>}
            {option.chosen && <Check size={16} strokeWidth={1.5} aria-label="chosen" />}
          </div>
        ))}
      </div>
      {children && <div className={css.extra}>{children}</div>}
    </Sheet>
  )
}

function Sheet({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events -- a press on the backdrop; Escape does the same
    <dialog
      ref={ref}
      className={css.chooser}
      aria-label={title}
      onCancel={(e) => {
        e.preventDefault()
        onClose()
      }}
      onClick={(e) => e.target === e.currentTarget && onClose()}
    >
      {children}
    </dialog>
  )
}
