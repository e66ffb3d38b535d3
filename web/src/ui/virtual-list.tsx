import { useEffect, useMemo, useRef, type ReactNode } from 'react'
import css from './grid.module.css'
import { useAround, useWindow } from './window'

type VirtualListProps<Row> = {
  label: string
  rows: Row[]
  rowId: (row: Row) => string
  height: number
  /** The row to keep in sight; -1 for none. */
  active: number
  hasMore: boolean
  onMore: () => void
  children: (row: Row, index: number) => ReactNode
}

/** How many rows before the end the next ones are asked for: about three screens. */
const ahead = 40

/** A long list of entries of one height, drawn as they come into sight. What is in sight stays there when rows come or go above it. */
export function VirtualList<Row>({ label, rows, rowId, height, active, hasMore, onMore, children }: VirtualListProps<Row>) {
  const box = useRef<HTMLDivElement>(null)
  // oxlint-disable-next-line react/exhaustive-deps -- how a row is named never changes
  const ids = useMemo(() => rows.map(rowId), [rows])
  const { indexes, end, show } = useWindow({ box, ids, count: rows.length, height, around: useAround(12) })
  const activeId = ids[active]
  useEffect(() => {
    if (hasMore && end > rows.length - ahead) onMore()
  }, [hasMore, end, rows.length, onMore])
  useEffect(() => {
    if (active >= 0) show(active)
    // oxlint-disable-next-line react/exhaustive-deps -- another row, not another place of the same row, is the occasion
  }, [activeId])
  return (
    <div ref={box} className={css.list}>
      <ul aria-label={label} className={css.body} style={{ height: rows.length * height }}>
        {indexes.map((index) => {
          const row = rows[index]
          if (row === undefined) return null
          return (
            <li key={ids[index]} className={css.entry} style={{ height, transform: `translateY(${index * height}px)` }} aria-setsize={hasMore ? -1 : rows.length} aria-posinset={index + 1}>
              {children(row, index)}
            </li>
          )
        })}
      </ul>
    </div>
  )
}
