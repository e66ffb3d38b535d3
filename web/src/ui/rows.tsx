import type { ReactNode } from 'react'
import css from './rows.module.css'

/** Entries below each other, each with room for more than a line of a table. */
export function Rows({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul className={css.rows} aria-label={label}>
      {children}
    </ul>
  )
}

export function RowEntry({ children }: { children: ReactNode }) {
  return <li className={css.entry}>{children}</li>
}

/** What an entry is, and what one can do about it; below each other on a phone. */
export function EntryHead({ children }: { children: ReactNode }) {
  return <div className={css.head}>{children}</div>
}

/** Short facts beside each other, as many as fit. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className={css.facts}>{children}</dl>
}

export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={css.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Choices of which one is taken, as cards beside each other; many of them are a strip on a phone. */
export function Choices({ label, many, children }: { label: string; many?: boolean; children: ReactNode }) {
  return (
    <div className={css.choices} role="group" aria-label={label} data-many={many}>
      {children}
    </div>
  )
}

type ChoiceProps = { title: string; chosen?: boolean; off?: string; onChoose: () => void; children: ReactNode }

/** One of them; off says why it cannot be taken. Without chosen it acts at once. */
export function Choice({ title, chosen, off, onChoose, children }: ChoiceProps) {
  return (
    <button type="button" className={css.choice} aria-pressed={chosen} aria-disabled={off !== undefined || undefined} onClick={off === undefined ? onChoose : undefined}>
      <span className={css.choiceTitle}>{title}</span>
      <span className={css.choiceText}>{children}</span>
      {off !== undefined && <span className={css.choiceOff}>{off}</span>}
    </button>
  )
}

/** Fields beside each other: the first takes what the others leave. */
export function FieldRow({ children }: { children: ReactNode }) {
  return <div className={css.fieldRow}>{children}</div>
}

/** A letter's text as it will be read. */
export function Preview({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section className={css.preview} aria-label={label}>
      {children}
    </section>
  )
}
