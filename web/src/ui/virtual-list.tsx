import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode, type RefObject } from 'react'
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

/** How many rows before the end the next ones are asked for: about three screens. */
const ahead = 40

/** A long list of entries of one height, drawn as they come into sight. What is in sight stays there when rows come or go above it. */
export function VirtualList<Row>({ label, rows, rowId, height, active, hasMore, onMore, children }: VirtualListProps<Row>) {
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => height, overscan: useOverscan(12), initialRect: guess() })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  const ids = rows.map(rowId)
  const activeId = ids[active]
  useStaysInSight(box, ids, height)
  useEffect(() => {
    if (hasMore && last >= rows.length - ahead) onMore()
  }, [hasMore, last, rows.length, onMore])
  useEffect(() => {
    if (active >= 0) virtual.scrollToIndex(active)
    // oxlint-disable-next-line react/exhaustive-deps -- another row, not another place of the same row, is the occasion
  }, [activeId, virtual])
  return (
    <div ref={box} className={css.list}>
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

/** About the room that a list has, so that its first rows are drawn before it has been measured. */
export function guess(): { width: number; height: number } {
  const around = 160 // what stands above and below it
  return { width: 0, height: innerHeight - around }
}

/** How many rows are drawn out of sight: few until the first ones are on the screen. */
export function useOverscan(most: number): number {
  const [rows, setRows] = useState(1)
  useEffect(() => {
    const timer = setTimeout(() => setRows(most), 200)
    return () => clearTimeout(timer)
  }, [most])
  return rows
}

/** Moves the scroll with the first row in sight when others appear or vanish above it. At the very top, new rows show. */
export function useStaysInSight(box: RefObject<HTMLElement | null>, ids: string[], height: number) {
  const first = useRef<{ id: string | undefined; index: number }>({ id: undefined, index: 0 })
  useLayoutEffect(() => {
    const { id, index } = first.current
    const element = box.current
    if (!element || id === undefined || ids[index] === id || element.scrollTop === 0) return
    const now = ids.indexOf(id)
    if (now >= 0) element.scrollBy(0, (now - index) * height)
  })
  useEffect(() => {
    const index = Math.floor((box.current?.scrollTop ?? 0) / height)
    first.current = { id: ids[index], index }
  })
}
