import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState, type CSSProperties, type KeyboardEvent, type MouseEvent, type ReactNode, type RefObject } from 'react'
import { cx } from './cx'
import { GridCell, type Column } from './grid-cell'
import { HeadCell, type Arranging } from './grid-head'
import css from './grid.module.css'
import { useMedia } from './media'
import { Skeleton } from './state'
import { useAround, useWindow } from './window'

export type { Column } from './grid-cell'
export type { Arranging } from './grid-head'

type GridProps<Row> = {
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowId: (row: Row) => string
  sort: string | undefined
  onSort: (sort: string | undefined) => void
  active: number
  onActive: (index: number) => void
  /** Enter on a row. */
  onOpen: (row: Row) => void
  /** A press on a row; without it a press opens. */
  onPress?: (row: Row) => void
  /** Which rows are chosen; without it none can be. */
  chosen?: Choosing<Row>
  /** How columns are moved and made wider; without it they are not. */
  arranging?: Arranging
  hasMore: boolean
  onMore: () => void
  loading: boolean
}

export type Choosing<Row> = { ids: ReadonlySet<string>; onChoose: (id: string, range: boolean) => void; onAll: (all: boolean) => void; name: (row: Row) => string }

/** Of the head, which stays above the rows. */
const headHeight = 34

type Vars = CSSProperties & Record<`--${string}`, string>

type At = { row: number; column: number; editing?: string }

/** What rows ask of the grid. They find the newest of it behind a reference that stays, so that scrolling draws no row again. */
type Acts<Row> = {
  focus: (index: number) => void
  press: (row: Row) => void
  choose: (id: string, range: boolean) => void
  name: (row: Row) => string
  at: (row: number, at: At | undefined) => void
  tab: (from: At, by: 1 | -1) => void
}

/** Rows of records: drawn as they come into sight, asked for as the end comes near, walked by arrows. From a row the right arrow leads into its cells. */
export function Grid<Row>(props: GridProps<Row>) {
  const { label, rows, active, onActive, onOpen, hasMore, onMore, loading, chosen } = props
  const columns = useColumnsThatFit(props.columns)
  const box = useRef<HTMLDivElement>(null)
  const rowHeight = useRowHeight()
  const [at, setAt] = useState<At>()
  const cell = at && at.row === active ? at : undefined
  const { rowId } = props
  // oxlint-disable-next-line react/exhaustive-deps -- how a row is named never changes
  const ids = useMemo(() => rows.map(rowId), [rows])
  const count = loading ? 0 : rows.length + (hasMore ? 3 : 0)
  const { indexes, end, show } = useWindow({ box, ids, count, height: rowHeight, head: headHeight, around: useAround(16) })
  useEffect(() => {
    if (hasMore && end > rows.length - 60) onMore()
  }, [hasMore, end, rows.length, onMore])
  useEffect(() => {
    if (active >= 0) show(active)
    // oxlint-disable-next-line react/exhaustive-deps -- another row is the occasion
  }, [active])
  const walk = (event: KeyboardEvent) => {
    const target = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: rows.length - 1 }[event.key]
    if (target === undefined) return false
    const row = Math.max(0, Math.min(rows.length - 1, target))
    onActive(row)
    setAt(cell && { row, column: cell.column })
    return true
  }
  const aside = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (by === undefined || active < 0) return false
    const column = (cell?.column ?? -1) + by
    if (column < columns.length) setAt(column < 0 ? undefined : { row: active, column })
    return true
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active]
    const inField = event.target instanceof HTMLElement && event.target.matches('input, select, textarea')
    if (inField || event.metaKey || event.ctrlKey) return
    const onRow = event.target instanceof HTMLElement && (event.target.role === 'row' || event.target.role === 'gridcell')
    if (walk(event) || aside(event)) event.preventDefault()
    else if (event.key === 'Escape' && cell) {
      setAt(undefined)
      event.preventDefault()
    } else if (event.key === 'Enter' && row !== undefined && onRow) {
      onOpen(row)
      event.preventDefault()
    }
  }
  const tab = (from: At, by: 1 | -1) => {
    const editable = columns.flatMap((c, i) => (c.edit ? [i] : []))
    const next = by === 1 ? editable.find((i) => i > from.column) : editable.findLast((i) => i < from.column)
    const row = next === undefined ? from.row + by : from.row
    const column = next ?? (by === 1 ? editable[0] : editable.at(-1))
    const target = rows[row]
    const edit = column === undefined ? undefined : columns[column]?.edit
    if (column === undefined || target === undefined || !edit) return setAt({ row: from.row, column: from.column })
    onActive(row)
    setAt({ row, column, editing: edit.value(target) })
  }
  const acts = useLatest<Acts<Row>>({
    focus: onActive,
    press: props.onPress ?? onOpen,
    choose: (id, range) => chosen?.onChoose(id, range),
    name: (row) => chosen?.name(row) ?? '',
    at: (row, next) => {
      onActive(row)
      setAt(next)
    },
    tab,
  })
  const tracks: Vars = { '--columns': tracksOf(columns.map((c) => c.width), chosen !== undefined) }
  return (
    <div ref={box} className={css.grid} role="grid" aria-label={label} aria-rowcount={hasMore ? -1 : rows.length + 1} aria-multiselectable={chosen ? true : undefined} aria-busy={loading} style={tracks} onKeyDown={onKeyDown} tabIndex={-1}>
      <div role="rowgroup" className={css.head}>
        <div role="row" aria-rowindex={1} className={css.line} tabIndex={-1}>
          {chosen && <ChooseAll chosen={chosen} count={rows.length} />}
          {columns.map((column, i) => (
            <HeadCell
              key={column.id}
              column={column}
              sticky={i === 0}
              sort={props.sort}
              onSort={props.onSort}
              arranging={props.arranging}
              left={i > 1 ? columns[i - 1]?.id : undefined}
              right={columns[i + 1]?.id}
              beyond={columns[i + 2]?.id}
              onDrag={(id, width) => box.current?.style.setProperty('--columns', tracksOf(columns.map((c) => (c.id === id ? `${width}px` : c.width)), chosen !== undefined))}
            />
          ))}
        </div>
      </div>
      {loading && <SkeletonRows columns={columns} choosing={chosen !== undefined} height={rowHeight} />}
      <div role="rowgroup" className={css.body} data-picking={chosen && chosen.ids.size > 0 ? true : undefined} style={{ height: count * rowHeight }}>
        {indexes.map((index) => {
          const row = rows[index]
          const id = ids[index]
          if (row === undefined || id === undefined) return <SkeletonRow key={index} columns={columns} choosing={chosen !== undefined} place={placed(index * rowHeight, rowHeight)} />
          const here = index === active
          return (
            <GridRow
              key={id}
              id={id}
              index={index}
              row={row}
              columns={columns}
              top={index * rowHeight}
              height={rowHeight}
              focused={here}
              at={here ? cell : undefined}
              picked={chosen?.ids.has(id)}
              acts={acts}
              reachable={index === Math.max(0, active)}
            />
          )
        })}
      </div>
    </div>
  )
}

function tracksOf(widths: string[], choosing: boolean): string {
  return [...(choosing ? ['36px'] : []), ...widths].join(' ')
}

type RowProps<Row> = {
  id: string
  index: number
  row: Row
  columns: Column<Row>[]
  top: number
  height: number
  focused: boolean
  reachable: boolean
  at: At | undefined
  /** Undefined where rows cannot be chosen. */
  picked: boolean | undefined
  acts: RefObject<Acts<Row>>
}

// oxlint-disable-next-line typescript/consistent-type-assertions -- memo forgets that its component is generic
const GridRow = memo(BareRow) as typeof BareRow

function BareRow<Row>({ id, index, row, columns, top, height, focused, reachable, at, picked, acts }: RowProps<Row>) {
  const ref = useRef<HTMLDivElement>(null)
  const inCells = at !== undefined
  useEffect(() => {
    const inside = document.activeElement?.closest('[role="gridcell"], a, button, input, select')
    if (focused && !inCells && !(inside && inside.role !== 'gridcell' && ref.current?.contains(inside))) ref.current?.focus({ preventScroll: true })
  }, [focused, inCells])
  const { column: into, editing } = at ?? {}
  useEffect(() => {
    if (into === undefined) return
    const cell = ref.current?.querySelectorAll<HTMLElement>(':scope > [data-cell]')[into]
    if (editing === undefined) cell?.focus({ preventScroll: true })
    cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [into, editing])
  const choosing = picked !== undefined
  const press = (event: MouseEvent) => {
    if (!(event.target instanceof HTMLElement) || event.target.closest('a, button, input, select, label')) return
    if (choosing && event.shiftKey) return acts.current.choose(id, true)
    if (choosing && (event.metaKey || event.ctrlKey)) return acts.current.choose(id, false)
    acts.current.press(row)
  }
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid handles Enter for its rows
    <div
      ref={ref}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={picked}
      tabIndex={reachable && !inCells ? 0 : -1}
      className={cx(css.row, css.line, picked && css.picked, focused && css.current)}
      style={placed(top, height)}
      onFocus={(e) => e.target === e.currentTarget && !focused && acts.current.focus(index)}
      onMouseDown={(e) => e.shiftKey && e.preventDefault()}
      onClick={press}
    >
      {choosing && (
        <div role="gridcell" className={css.choose}>
          <input type="checkbox" tabIndex={-1} aria-label={`Choose ${acts.current.name(row)}`} checked={picked} onChange={() => undefined} onClick={(e) => acts.current.choose(id, e.shiftKey)} />
        </div>
      )}
      {columns.map((column, i) => (
        <GridCell
          key={column.id}
          row={row}
          column={column}
          sticky={i === 0}
          focused={at?.column === i}
          editing={at?.column === i ? at.editing : undefined}
          onFocus={() => acts.current.at(index, { row: index, column: i })}
          onEdit={(editing) => acts.current.at(index, { row: index, column: i, editing })}
          onTab={(by) => acts.current.tab({ row: index, column: i }, by)}
        />
      ))}
    </div>
  )
}

function placed(top: number, height: number): CSSProperties {
  return { height, transform: `translateY(${top}px)` }
}

/** The newest of something behind a reference that stays. */
function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value)
  useLayoutEffect(() => {
    latest.current = value
  })
  return latest
}

function ChooseAll<Row>({ chosen, count }: { chosen: Choosing<Row>; count: number }) {
  const some = chosen.ids.size > 0
  const all = some && chosen.ids.size >= count
  return (
    <div role="columnheader" className={css.choose}>
      <input
        type="checkbox"
        aria-label="Choose all rows that have been read"
        checked={all}
        ref={(box) => {
          if (box) box.indeterminate = some && !all
        }}
        onChange={() => chosen.onAll(!all)}
      />
    </div>
  )
}

function SkeletonRows<Row>({ columns, choosing, height }: { columns: Column<Row>[]; choosing: boolean; height: number }) {
  return Array.from({ length: 14 }, (_, i) => <SkeletonRow key={i} columns={columns} choosing={choosing} place={{ height, position: 'relative' }} />)
}

function SkeletonRow<Row>({ columns, choosing, place }: { columns: Column<Row>[]; choosing: boolean; place: CSSProperties }) {
  return (
    <div className={cx(css.row, css.line)} style={place} aria-hidden>
      {choosing && <span />}
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
  return useMemo(() => columns.filter((c) => !c.from || (c.from === 'large' ? large : medium)), [columns, large, medium])
}

function useRowHeight(): number {
  const small = useMedia('(max-width: 759px)')
  if (small) return 56
  return document.documentElement.dataset.density === 'compact' ? 28 : 36
}
