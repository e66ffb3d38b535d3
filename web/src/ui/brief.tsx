import { TrendingDown, TrendingUp } from 'lucide-react'
import type { ReactNode } from 'react'
import css from './brief.module.css'
import { cx } from './cx'

/** Sentences that were written about somebody, behind a violet line. */
export function BriefBlock({ children }: { children: ReactNode }) {
  return <div className={css.brief}>{children}</div>
}

export function BriefList({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ol aria-label={label} className={css.list}>
      {children}
    </ol>
  )
}

export function BriefSentence({ children }: { children: ReactNode }) {
  return (
    <li className={css.sentence} dir="auto">
      {children}
    </li>
  )
}

/** The number of a source; pressing shows the words there. */
export function Cite({ number, about, onPress }: { number: number; about: string; onPress: () => void }) {
  return (
    <button type="button" className={css.cite} aria-label={`Source ${number}: ${about}`} title={about} onClick={onPress}>
      {number}
    </button>
  )
}

/** Short facts, name and value. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className={css.facts}>{children}</dl>
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

export function Signals({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul aria-label={label} className={css.signals}>
      {children}
    </ul>
  )
}

/** Something that speaks for or against. */
export function SignalLine({ good, children }: { good: boolean; children: ReactNode }) {
  const Icon = good ? TrendingUp : TrendingDown
  return (
    <li className={cx(css.signal, good ? css.for : css.against)}>
      <Icon size={14} strokeWidth={1.5} aria-hidden />
      <span>{children}</span>
    </li>
  )
}

export function NextAction({ children }: { children: ReactNode }) {
  return (
    <section className={css.action} aria-label="Next best action">
      {children}
    </section>
  )
}

/** The words of somebody else, set apart. */
export function Quoted({ children }: { children: ReactNode }) {
  return (
    <blockquote className={css.quoted} dir="auto">
      {children}
    </blockquote>
  )
}
