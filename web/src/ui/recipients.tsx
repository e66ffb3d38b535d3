import { X } from 'lucide-react'
import { useId, useState, type ClipboardEvent, type KeyboardEvent } from 'react'
import { addressee, isAddress, parseAddresses, type Addressee } from './addresses'
import { Avatar } from './badge'
import css from './composer.module.css'
import { cx } from './cx'

type RecipientsProps = {
  label: string
  value: Addressee[]
  onChange: (value: Addressee[]) => void
  words: string
  onWords: (words: string) => void
  /** What fits the words; the caller looks it up. */
  suggestions: (Addressee & { note?: string })[]
  autoFocus?: boolean
}

/** Addresses as chips behind a field that suggests people. Enter, a comma or leaving takes what was typed. */
export function Recipients({ label, value, onChange, words, onWords, suggestions, autoFocus }: RecipientsProps) {
  const [at, setAt] = useState(0)
  const [open, setOpen] = useState(false)
  const list = useId()
  const offered = open && words.trim() !== '' ? suggestions.filter((s) => !value.some((v) => v.address.toLowerCase() === s.address.toLowerCase())) : []
  const index = Math.min(at, Math.max(0, offered.length - 1))
  const add = (more: Addressee[]) => {
    onWords('')
    setAt(0)
    const fresh = more.filter((m) => !value.some((v) => v.address.toLowerCase() === m.address.toLowerCase()))
    if (fresh.length > 0) onChange([...value, ...fresh])
  }
  const take = () => {
    const typed = parseAddresses(words)
    if (typed.length > 0) add(typed)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const chosen = offered[index]
    if (step && offered.length > 0) setAt((index + step + offered.length) % offered.length)
    else if (event.key === 'Enter' && event.metaKey === false && event.ctrlKey === false && chosen && !isAddress(words)) add([addressee(chosen)])
    else if ((event.key === 'Enter' && !event.metaKey && !event.ctrlKey && words.trim()) || (event.key === ',' && isAddress(words)) || event.key === ';') take()
    else if (event.key === 'Tab' && !event.shiftKey && chosen) add([addressee(chosen)])
    else if (event.key === 'Backspace' && words === '') onChange(value.slice(0, -1))
    else if (event.key === 'Escape' && offered.length > 0) setOpen(false)
    else return
    event.preventDefault()
    if (event.key === 'Escape') event.stopPropagation()
  }
  const onPaste = (event: ClipboardEvent) => {
    const pasted = parseAddresses(event.clipboardData.getData('text'))
    if (!pasted.some((p) => isAddress(p.address))) return
    event.preventDefault()
    add(pasted)
  }
  return (
    <>
      <div className={css.people}>
        {value.map((person) => (
          <span key={person.address} className={cx(css.person, !isAddress(person.address) && css.personBad)} title={isAddress(person.address) ? person.address : `“${person.address}” is not an address`}>
            <span dir="auto">{person.name || person.address}</span>
            <button type="button" tabIndex={-1} aria-label={`Remove ${person.name || person.address}`} onClick={() => onChange(value.filter((v) => v !== person))}>
              <X size={12} strokeWidth={2} aria-hidden />
            </button>
          </span>
        ))}
        <input
          className={css.who}
          role="combobox"
          aria-label={label}
          aria-expanded={offered.length > 0}
          aria-controls={list}
          aria-activedescendant={offered[index] ? `${list}-${index}` : undefined}
          autoComplete="off"
          autoFocus={autoFocus}
          value={words}
          onChange={(e) => {
            onWords(e.target.value)
            setOpen(true)
            setAt(0)
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          onBlur={() => {
            setOpen(false)
            take()
          }}
        />
      </div>
      <div id={list} role="listbox" aria-label={`People for ${label}`} className={css.suggestions} hidden={offered.length === 0}>
        {offered.map((person, i) => (
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the field keeps the focus and handles the keys
          <div
            key={person.address}
            id={`${list}-${i}`}
            role="option"
            aria-selected={i === index}
            className={css.suggestion}
            onPointerDown={(e) => {
              e.preventDefault()
              add([addressee(person)])
            }}
            onPointerMove={() => setAt(i)}
          >
            <Avatar name={person.name || person.address} id={person.address} size={20} />
            <span dir="auto">{person.name || person.address}</span>
            <span className={css.suggestionNote}>{person.note ?? person.address}</span>
          </div>
        ))}
      </div>
    </>
  )
}
