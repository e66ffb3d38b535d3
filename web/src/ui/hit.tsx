import type { LucideIcon } from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { cx } from './cx'
import css from './hit.module.css'
import { markedPieces } from './marks'

/** A part of a text on one line, with what matched marked. */
export function Snippet({ text }: { text: string }) {
  return (
    <span className={css.snippet} dir="auto">
      {markedPieces(text).map((piece, i) => (piece.marked ? <mark key={i}>{piece.text}</mark> : piece.text))}
    </span>
  )
}

type HitEntryProps = { icon: LucideIcon; kind: string; title: string; subtitle: string; snippet: string; time: ReactNode; active: boolean; onOpen: () => void; onPoint?: () => void }

/** Something that was found, on a page of results. */
export function HitEntry({ icon: Icon, kind, title, subtitle, snippet, time, active, onOpen, onPoint }: HitEntryProps) {
  const ref = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (active) ref.current?.scrollIntoView({ block: 'nearest' })
  }, [active])
  return (
    <li>
      <button ref={ref} type="button" className={cx(css.entry, active && css.active)} aria-current={active || undefined} onClick={onOpen} onPointerMove={onPoint}>
        <Icon size={16} strokeWidth={1.5} aria-label={kind} />
        <span className={css.lines}>
          <span className={css.top}>
            <span className={css.title} dir="auto">
              {title || 'No subject'}
            </span>
            <span className={css.subtitle} dir="auto">
              {subtitle}
            </span>
            <span className={css.time}>{time}</span>
          </span>
          {snippet && <Snippet text={snippet} />}
        </span>
      </button>
    </li>
  )
}

export function HitList({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ol className={css.list} aria-label={label}>
      {children}
    </ol>
  )
}

/** Operators with what each does; a press puts one into the search. */
export function Operators({ entries, onChoose }: { entries: { example: string; means: string }[]; onChoose: (example: string) => void }) {
  return (
    <dl className={css.operators}>
      {entries.map((e) => (
        <div key={e.example} className={css.operator}>
          <dt>
            <button type="button" className={css.example} onClick={() => onChoose(e.example)}>
              {e.example}
            </button>
          </dt>
          <dd>{e.means}</dd>
        </div>
      ))}
    </dl>
  )
}
