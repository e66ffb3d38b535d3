import { useState, type ReactNode } from 'react'
import { cx } from './cx'
import css from './form.module.css'
import type { Option } from './form'
import { Hidden } from './layout'

/** A list of property rows: name left, value right. */
export function Properties({ children }: { children: ReactNode }) {
  return <div className={css.props}>{children}</div>
}

/** A property that is only read; bare leaves the space of the value to a field. */
export function Property({ label, bare, children }: { label: string; bare?: boolean; children: ReactNode }) {
  return (
    <>
      <div className={css.propLabel}>{label}</div>
      <div className={css.propValue}>
        {bare ? children : <div className={css.static}>{children}</div>}
      </div>
    </>
  )
}

type EditProps = {
  label: string
  value: string
  /** What stands there when nobody edits; the value itself by default. */
  shown?: ReactNode
  type?: 'text' | 'number' | 'date' | 'tel' | 'url'
  options?: Option[]
  disabled?: boolean
  onSave: (value: string) => void
}

/** A property that turns into a field: Enter or leaving saves, Escape reverts. What it saves is a change of the value that stood there when the editing began. */
export function EditableProperty({ label, value, shown, type = 'text', options, disabled, onSave }: EditProps) {
  const [draft, setDraft] = useState<string>()
  const [base, setBase] = useState({ value, onSave })
  const begin = () => {
    setBase({ value, onSave })
    setDraft(value)
  }
  const finish = (next: string | undefined) => {
    setDraft(undefined)
    if (next !== undefined && next.trim() !== base.value) base.onSave(next.trim())
  }
  return (
    <>
      <div className={css.propLabel}>{label}</div>
      <div className={css.propValue}>
        {draft === undefined ? (
          <button type="button" className={css.edit} disabled={disabled} onClick={begin}>
            <Hidden>Edit {label}:</Hidden>
            {value ? (shown ?? value) : <span className={css.empty}>Add</span>}
          </button>
        ) : options ? (
          <select className={cx(css.input, css.editing)} aria-label={label} autoFocus value={draft} onChange={(e) => finish(e.target.value)} onBlur={() => finish(undefined)} onKeyDown={(e) => e.key === 'Escape' && finish(undefined)}>
            {options.map((o) => (
              <option key={o.value} value={o.value}>
                {o.label}
              </option>
            ))}
          </select>
        ) : (
          <input
            className={cx(css.input, css.editing)}
            aria-label={label}
            type={type}
            autoFocus
            value={draft}
            onChange={(e) => setDraft(e.target.value)}
            onBlur={() => finish(draft)}
            onKeyDown={(e) => {
              if (e.key === 'Enter') finish(draft)
              if (e.key === 'Escape') finish(undefined)
            }}
          />
        )}
      </div>
    </>
  )
}
