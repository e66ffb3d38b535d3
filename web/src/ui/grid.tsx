import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useEffect, useRef, useSyncExternalStore, type CSSProperties, type KeyboardEvent, type ReactNode } from 'react'
import { cx } from './cx'
import css from './grid.module.css'
import { Skeleton } from './state'

export type Column<Row> = {
  id: string
  header: string
  /** A grid track, such as "minmax(160px, 2fr)". */
  width: string
  /** What the server calls this order. */
  sort?: string
  /** The smallest screen that shows the column. */
  from?: 'medium' | 'large'
  align?: 'end'
  muted?: boolean
  cell: (row: Row) => ReactNode
}

type GridProps<Row> = {
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowId: (row: Row) => string
  sort: string | undefined
  onSort: (sort: string | undefined) => void
  active: number
  onActive: (index: number) => void
  onOpen: (row: Row) => void
  hasMore: boolean
  onMore: () => void
  loading: boolean
}

type Vars = CSSProperties & Record<`--${string}`, string>

/** Rows of records: drawn as they come into sight, asked for as the end comes near, walked by arrows. */
export function Grid<Row>(props: GridProps<Row>) {
  const { label, rows, active, onActive, onOpen, hasMore, onMore, loading } = props
  const columns = useColumnsThatFit(props.columns)
  const box = useRef<HTMLDivElement>(null)
  const rowHeight = useRowHeight()
  const count = loading ? 0 : rows.length + (hasMore ? 3 : 0)
  const virtual = useVirtualizer({ count, getScrollElement: () => box.current, estimateSize: () => rowHeight, overscan: 12, scrollPaddingStart: 34 })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && last >= rows.length - 10) onMore()
  }, [hasMore, last, rows.length, onMore])
  useEffect(() => virtual.measure(), [rowHeight, virtual])
  useEffect(() => {
    if (active >= 0) virtual.scrollToIndex(active)
  }, [active, virtual])
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active]
    const target = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: rows.length - 1 }[event.key]
    if (target !== undefined) onActive(Math.max(0, Math.min(rows.length - 1, target)))
    else if (event.key === 'Enter' && row !== undefined && event.target instanceof HTMLElement && event.target.role === 'row') onOpen(row)
    else return
    event.preventDefault()
  }
  const tracks: Vars = { '--columns': columns.map((c) => c.width).join(' ') }
  return (
    <div ref={box} className={css.grid} role="grid" aria-label={label} aria-rowcount={hasMore ? -1 : rows.length + 1} aria-busy={loading} style={tracks} onKeyDown={onKeyDown} tabIndex={-1}>
      <div role="rowgroup" className={css.head}>
        <div role="row" aria-rowindex={1} className={css.line} tabIndex={-1}>
          {columns.map((column) => (
            <HeadCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
          ))}
        </div>
      </div>
      {loading && <SkeletonRows columns={columns} height={rowHeight} />}
      <div role="rowgroup" className={css.body} style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index]
          const place = { height: item.size, transform: `translateY(${item.start}px)` }
          if (row === undefined) return <SkeletonRow key={item.key} columns={columns} place={place} />
          return (
            <GridRow key={props.rowId(row)} index={item.index} row={row} columns={columns} place={place} focused={item.index === active} reachable={item.index === Math.max(0, active)} onFocus={() => onActive(item.index)} onOpen={() => onOpen(row)} />
          )
        })}
      </div>
    </div>
  )
}

type RowProps<Row> = { index: number; row: Row; columns: Column<Row>[]; place: CSSProperties; focused: boolean; reachable: boolean; onFocus: () => void; onOpen: () => void }

function GridRow<Row>({ index, row, columns, place, focused, reachable, onFocus, onOpen }: RowProps<Row>) {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (focused && !ref.current?.contains(document.activeElement)) ref.current?.focus({ preventScroll: true })
  }, [focused])
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid handles Enter for its rows
    <div
      ref={ref}
      role="row"
      aria-rowindex={index + 2}
      tabIndex={reachable ? 0 : -1}
      className={cx(css.row, css.line)}
      style={place}
      onFocus={(e) => e.target === e.currentTarget && !focused && onFocus()}
      onClick={(e) => e.target instanceof HTMLElement && !e.target.closest('a, button') && onOpen()}
    >
      {columns.map((column) => (
        <div key={column.id} role="gridcell" className={cx(css.cell, column.align && css.end, column.muted && css.muted)}>
          {column.cell(row)}
        </div>
      ))}
    </div>
  )
}

function HeadCell<Row>({ column, sort, onSort }: { column: Column<Row>; sort: string | undefined; onSort: (sort: string | undefined) => void }) {
  const { sort: key } = column
  if (!key)
    return (
      <div role="columnheader" className={cx(css.headCell, column.align && css.end)}>
        {column.header}
      </div>
    )
  const order = sort === key ? 'ascending' : sort === `-${key}` ? 'descending' : 'none'
  const Icon = order === 'descending' ? ArrowDown : ArrowUp
  const next = order === 'none' ? key : order === 'ascending' ? `-${key}` : undefined
  return (
    <div role="columnheader" aria-sort={order} className={cx(css.headCell, column.align && css.end)}>
      <button type="button" className={cx(css.sort, order !== 'none' && css.sorted)} onClick={() => onSort(next)}>
        {column.header}
        <Icon size={12} strokeWidth={2} aria-hidden />
      </button>
    </div>
  )
}

function SkeletonRows<Row>({ columns, height }: { columns: Column<Row>[]; height: number }) {
  return Array.from({ length: 14 }, (_, i) => <SkeletonRow key={i} columns={columns} place={{ height, position: 'relative' }} />)
}

function SkeletonRow<Row>({ columns, place }: { columns: Column<Row>[]; place: CSSProperties }) {
  return (
    <div className={cx(css.row, css.line)} style={place} aria-hidden>
      {columns.map((column, i) => (
        <div key={column.id} className={css.cell}>
          <Skeleton width={`${45 + ((i * 29) % 40)}%`} />
        </div>
      ))}
    </div>
  )
}

/** The name cell: a mark, the name, and on small screens a second line. */
export function NameCell({ mark, children, second }: { mark?: ReactNode; children: ReactNode; second?: ReactNode }) {
  const small = useMedia('(max-width: 759px)')
  return (
    <span className={css.name}>
      {mark}
      <span className={cx(small && second !== undefined && css.two)}>
        {small && second !== undefined ? <span>{children}</span> : children}
        {small && second !== undefined && <span>{second}</span>}
      </span>
    </span>
  )
}

function useColumnsThatFit<Row>(columns: Column<Row>[]): Column<Row>[] {
  const large = useMedia('(min-width: 1200px)')
  const medium = useMedia('(min-width: 760px)')
  return columns.filter((c) => !c.from || (c.from === 'large' ? large : medium))
}

function useRowHeight(): number {
  const small = useMedia('(max-width: 759px)')
  if (small) return 56
  return document.documentElement.dataset.density === 'compact' ? 28 : 36
}

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query)
      media.addEventListener('change', listener)
      return () => media.removeEventListener('change', listener)
    },
    () => matchMedia(query).matches,
  )
}
