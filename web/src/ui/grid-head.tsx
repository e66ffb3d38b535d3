import { ArrowDown, ArrowUp } from 'lucide-react'
import { useRef, useState, type DragEvent, type KeyboardEvent, type PointerEvent } from 'react'
import { cx } from './cx'
import type { Column } from './grid-cell'
import css from './grid.module.css'

/** How the columns of a grid are arranged by whoever looks at it; the first one stays first. */
export type Arranging = { onResize: (id: string, width: number) => void; onMove: (id: string, before: string | undefined) => void }

type HeadProps<Row> = {
  column: Column<Row>
  sticky: boolean
  sort: string | undefined
  onSort: (sort: string | undefined) => void
  arranging: Arranging | undefined
  /** The columns beside it that it can change places with. */
  left: string | undefined
  right: string | undefined
  beyond: string | undefined
  /** Shows a width while it is dragged, without drawing the rows anew. */
  onDrag: (id: string, width: number) => void
}

/** The head of a column: sorts, is dragged to another place or moved by Alt and the arrows, and is made wider at its edge. */
export function HeadCell<Row>({ column, sticky, sort, onSort, arranging, left, right, beyond, onDrag }: HeadProps<Row>) {
  const [over, setOver] = useState(false)
  const { sort: key, id } = column
  const order = sort === key ? 'ascending' : sort === `-${key}` ? 'descending' : 'none'
  const Icon = order === 'descending' ? ArrowDown : ArrowUp
  const next = order === 'none' ? key : order === 'ascending' ? `-${key}` : undefined
  const movable = arranging !== undefined && !sticky
  const onKeyDown = (event: KeyboardEvent) => {
    if (!movable || !event.altKey || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return
    event.preventDefault()
    event.stopPropagation()
    if (event.key === 'ArrowLeft' && left) arranging.onMove(id, left)
    if (event.key === 'ArrowRight' && right) arranging.onMove(id, beyond)
  }
  const takes = (event: DragEvent) => movable && event.dataTransfer.types.includes(dragged)
  return (
    <div
      role="columnheader"
      tabIndex={-1}
      aria-sort={key ? order : undefined}
      className={cx(css.headCell, column.align && css.end, sticky && css.sticky, over && css.dropBefore)}
      draggable={movable}
      onDragStart={(e) => e.dataTransfer.setData(dragged, id)}
      onDragOver={(e) => {
        if (!takes(e)) return
        e.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => {
        setOver(false)
        const from = e.dataTransfer.getData(dragged)
        if (!takes(e) || !from) return
        e.preventDefault()
        arranging?.onMove(from, id)
      }}
      onKeyDown={onKeyDown}
    >
      {key ? (
        <button type="button" className={cx(css.sort, order !== 'none' && css.sorted)} onClick={() => onSort(next)}>
          {column.header}
          <Icon size={12} strokeWidth={2} aria-hidden />
        </button>
      ) : (
        <span className={css.headWords}>{column.header}</span>
      )}
      {arranging && <Edge header={column.header} id={id} onDrag={onDrag} onResize={arranging.onResize} />}
    </div>
  )
}

const dragged = 'application/x-rapport-column'
const step = 16
const [least, most] = [60, 1200]

type EdgeProps = { header: string; id: string; onDrag: (id: string, width: number) => void; onResize: (id: string, width: number) => void }

/** The edge of a column: dragged, or moved by the arrows when it has the focus. */
function Edge({ header, id, onDrag, onResize }: EdgeProps) {
  const ref = useRef<HTMLDivElement>(null)
  const from = useRef<{ x: number; width: number }>(undefined)
  const [width, setWidth] = useState<number>()
  const measured = () => ref.current?.parentElement?.getBoundingClientRect().width ?? 0
  const bounded = (w: number) => Math.round(Math.min(most, Math.max(least, w)))
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.preventDefault()
    event.stopPropagation()
    event.currentTarget.setPointerCapture(event.pointerId)
    from.current = { x: event.clientX, width: measured() }
  }
  const at = (event: PointerEvent) => from.current && bounded(from.current.width + event.clientX - from.current.x)
  const onPointerMove = (event: PointerEvent) => {
    const w = at(event)
    if (w !== undefined) onDrag(id, w)
  }
  const onPointerUp = (event: PointerEvent) => {
    const w = at(event)
    const start = from.current?.width
    from.current = undefined
    if (w !== undefined && w !== Math.round(start ?? 0)) onResize(id, w)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowRight: step, ArrowLeft: -step }[event.key]
    if (by === undefined || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    const w = bounded(measured() + by)
    setWidth(w)
    onResize(id, w)
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions, jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/no-noninteractive-tabindex -- a separator with a value is a control
    <div
      ref={ref}
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={`Width of ${header}`}
      aria-valuemin={least}
      aria-valuemax={most}
      aria-valuenow={width ?? least}
      className={css.edge}
      draggable={false}
      onFocus={() => setWidth(Math.round(measured()))}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onKeyDown={onKeyDown}
    />
  )
}
