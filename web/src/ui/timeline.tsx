import { ArrowRight, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from './cx'
import css from './timeline.module.css'

export function Day({ children, as: As = 'h3' }: { children: string; as?: 'h2' | 'h3' }) {
  return <As className={css.day}>{children}</As>
}

type EntryProps = { icon: LucideIcon; inbound?: boolean; last?: boolean; undone?: boolean; title: ReactNode; summary?: ReactNode; side: ReactNode; children?: ReactNode }

/** One thing that happened. */
export function TimelineEntry({ icon: Icon, inbound, last, undone, title, summary, side, children }: EntryProps) {
  return (
    <article className={cx(css.entry, last && css.last, undone && css.undone)}>
      <span className={cx(css.icon, inbound && css.in)}>
        <Icon size={14} strokeWidth={1.5} aria-hidden />
      </span>
      <div className={css.content}>
        <div className={css.title}>{title}</div>
        {summary && <div className={css.summary}>{summary}</div>}
        {children}
      </div>
      <div className={css.side}>{side}</div>
    </article>
  )
}

/** What changed, field by field: old, then new. */
export function Diff({ changes }: { changes: (Values & { field: string })[] }) {
  return (
    <div className={css.diff}>
      {changes.map((c) => (
        <div key={c.field} className={css.change}>
          <span className={css.field}>{c.field}</span>
          <Became before={c.before} after={c.after} />
        </div>
      ))}
    </div>
  )
}

type Values = { before: ReactNode; after: ReactNode }

/** An old value and what took its place; null is a dash. */
export function Became({ before, after }: Values) {
  return (
    <>
      {before === null ? <span className={css.old}>–</span> : <del className={css.old}>{before}</del>}
      <ArrowRight className={css.arrow} size={12} strokeWidth={1.5} aria-label="became" />
      {after === null ? <span className={css.new}>–</span> : <ins className={css.new}>{after}</ins>}
    </>
  )
}
