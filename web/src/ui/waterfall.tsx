import { ChevronDown, ChevronRight, CircleAlert } from 'lucide-react'
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react'
import { cx } from './cx'
import { rowsOf, type Bar, type BarRow } from './span-tree'
import { Hidden } from './layout'
import css from './waterfall.module.css'

type Props<B extends Bar> = { label: string; bars: B[]; total: number; words: (ms: number) => string; chosen: string | undefined; onChoose: (id: string) => void }

/** What happened within something, as bars over time below each other. Arrow keys walk, fold and unfold. */
export function Waterfall<B extends Bar>({ label, bars, total, words, chosen, onChoose }: Props<B>) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const id = useId()
  const rows = rowsOf(bars, folded)
  const index = Math.max(0, rows.findIndex((r) => r.bar.id === chosen))
  const fold = (which: string, shut: boolean) => setFolded(new Set(shut ? [...folded, which] : [...folded].filter((f) => f !== which)))
  const choose = (i: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, i))]
    if (row) onChoose(row.bar.id)
  }
  const parent = (row: BarRow<B>) => rows.slice(0, index).findLastIndex((r) => r.level < row.level)
  const left = (row: BarRow<B>) => (row.inside > 0 && !row.folded ? fold(row.bar.id, true) : row.level > 0 && choose(parent(row)))
  const right = (row: BarRow<B>) => (row.folded ? fold(row.bar.id, false) : row.inside > 0 && choose(index + 1))
  const onKeyDown = (e: KeyboardEvent) => {
    const row = rows[index]
    const act = { ArrowDown: () => choose(index + 1), j: () => choose(index + 1), ArrowUp: () => choose(index - 1), k: () => choose(index - 1), Home: () => choose(0), End: () => choose(rows.length - 1), ArrowLeft: () => row && left(row), ArrowRight: () => row && right(row) }[e.key]
    if (!act || e.metaKey || e.ctrlKey || e.altKey) return
    e.preventDefault()
    e.stopPropagation()
    act()
  }
  return (
    <div className={css.box}>
      <div className={css.scale} aria-hidden>
        <span />
        <span className={css.ends}>
          {[0, 0.25, 0.5, 0.75, 1].map((p) => (
            <span key={p} style={{ left: `${p * 100}%` }}>
              {p === 0 ? '0' : words(p * total)}
            </span>
          ))}
        </span>
      </div>
      <div role="tree" aria-label={label} tabIndex={0} className={css.tree} aria-activedescendant={rows[index] && `${id}-${rows[index].bar.id}`} onKeyDown={onKeyDown}>
        {rows.map((row) => (
          <Line key={row.bar.id} id={`${id}-${row.bar.id}`} row={row} total={total} words={words} chosen={row.bar.id === chosen} onChoose={() => onChoose(row.bar.id)} onFold={() => fold(row.bar.id, !row.folded)} />
        ))}
      </div>
    </div>
  )
}

type LineProps<B extends Bar> = { id: string; row: BarRow<B>; total: number; words: (ms: number) => string; chosen: boolean; onChoose: () => void; onFold: () => void }

function Line<B extends Bar>({ id, row, total, words, chosen, onChoose, onFold }: LineProps<B>) {
  const { bar } = row
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (chosen) ref.current?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  const begin = total > 0 ? Math.min(99.5, (bar.offset_ms / total) * 100) : 0
  const size = total > 0 ? Math.min(100 - begin, Math.max(0.5, (bar.duration_ms / total) * 100)) : 100
  const Fold = row.folded ? ChevronRight : ChevronDown
  const took = bar.unfinished ? 'unfinished' : words(bar.duration_ms)
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the tree has the keys
    <div ref={ref} id={id} role="treeitem" tabIndex={-1} aria-level={row.level + 1} aria-expanded={row.inside > 0 ? !row.folded : undefined} aria-selected={chosen} className={css.line} onClick={onChoose}>
      <span className={css.name} style={{ paddingInlineStart: Math.min(row.level, 9) * 14 }}>
        {row.inside > 0 ? (
          <span
            className={css.fold}
            role="presentation"
            onClick={(e) => {
              e.stopPropagation()
              onFold()
            }}
          >
            <Fold size={14} strokeWidth={1.5} aria-hidden />
          </span>
        ) : (
          <span className={css.fold} />
        )}
        {bar.error && <CircleAlert className={css.bad} size={14} strokeWidth={1.75} aria-hidden />}
        <span className={css.words}>{bar.name}</span>
        <span className={css.took}>{took}</span>
        {bar.error && <Hidden>failed: {bar.error}</Hidden>}
      </span>
      <span className={css.lane}>
        <span className={cx(css.bar, css[bar.kind], bar.error && css.failed)} style={{ left: `${begin}%`, width: `${size}%` }} />
      </span>
    </div>
  )
}
