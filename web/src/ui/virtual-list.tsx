import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, type ReactNode } from 'react'
import css from './grid.module.css'

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

/** A long list of entries of one height, drawn as they come into sight. */
export function VirtualList<Row>({ label, rows, rowId, height, active, hasMore, onMore, children }: VirtualListProps<Row>) {
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => height, overscan: 8 })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && last >= rows.length - 10) onMore()
  }, [hasMore, last, rows.length, onMore])
  const top = useRef<string>(undefined)
  useLayoutEffect(() => {
    // Rows that come in above what is read must not move it; who is at the top sees them come.
    const at = top.current === undefined ? -1 : rows.findIndex((row) => rowId(row) === top.current)
    const first = Math.floor((box.current?.scrollTop ?? 0) / height)
    if (at > first && first > 0 && box.current) box.current.scrollTop += (at - first) * height
  }, [rows, rowId, height])
  const noteTop = () => {
    const row = rows[Math.floor((box.current?.scrollTop ?? 0) / height)]
    top.current = row && rowId(row)
  }
  useEffect(() => {
    if (active >= 0) virtual.scrollToIndex(active)
  }, [active, virtual])
  return (
    <div ref={box} className={css.list} onScroll={noteTop}>
      <ul aria-label={label} className={css.body} style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index]
          if (row === undefined) return null
          return (
            <li key={rowId(row)} className={css.entry} style={{ height: item.size, transform: `translateY(${item.start}px)` }} aria-setsize={hasMore ? -1 : rows.length} aria-posinset={item.index + 1}>
              {children(row, item.index)}
            </li>
          )
        })}
      </ul>
    </div>
  )
}
