import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { cx } from './cx'
import form from './form.module.css'
import css from './grid.module.css'

/** How a cell is changed in its place. */
export type CellEdit<Row> = {
  /** A field of its own kind instead; start is what was typed to begin, and end leaves it. */
  editor?: (row: Row, start: string, end: () => void) => ReactNode
  value: (row: Row) => string; options?: { value: string; label: string }[]; type?: 'text' | 'tel' | 'url' | 'number' | 'date'; save: (row: Row, value: string) => void }

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
  /** Shown to those who ask for it only. */
  optional?: boolean
  muted?: boolean
  cell: (row: Row) => ReactNode
  edit?: CellEdit<Row>
}

type CellProps<Row> = {
  row: Row
  column: Column<Row>
  sticky: boolean
  focused: boolean
  onFocus: () => void
  /** Goes to the next editable cell, or the one before, and edits it. */
  onTab: (by: 1 | -1) => void
  editing: string | undefined
  onEdit: (start: string | undefined) => void
}

/** One value of a row; the row moves the focus to it. A screen has hundreds of cells, so it keeps nothing. Enter, F2, a double press or typing changes it where it stands. */
export function GridCell<Row>({ row, column, sticky, focused, onFocus, onTab, editing, onEdit }: CellProps<Row>) {
  const { edit } = column
  const onKeyDown = (event: KeyboardEvent) => {
    if (!edit || editing !== undefined || event.target !== event.currentTarget) return
    const typed = event.key.length === 1 && !event.metaKey && !event.ctrlKey && !event.altKey
    if (event.key === 'Enter' || event.key === 'F2') onEdit(edit.value(row))
    else if (event.key === 'Backspace' || event.key === 'Delete') onEdit(edit.options ? edit.value(row) : '')
    else if (typed) onEdit(edit.options ? edit.value(row) : event.key === ' ' ? edit.value(row) : event.key)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- the cell that is walked to has the focus
    <div
      role="gridcell"
      data-cell
      tabIndex={focused ? 0 : undefined}
      className={cx(css.cell, column.align && css.end, column.muted && css.muted, sticky && css.sticky, edit && css.editable)}
      onKeyDown={onKeyDown}
      onDoubleClick={() => {
        if (!edit) return
        onFocus()
        onEdit(edit.value(row))
      }}
    >
      {edit ? <span className={css.content}>{column.cell(row)}</span> : column.cell(row)}
      {edit?.editor && editing !== undefined && <OwnEditor>{edit.editor(row, editing === edit.value(row) ? '' : editing, () => onEdit(undefined))}</OwnEditor>}
      {edit && !edit.editor && editing !== undefined && (
        <CellEditor
          label={column.header}
          row={row}
          edit={edit}
          start={editing}
          onEnd={(move) => {
            onEdit(undefined)
            if (move) onTab(move)
          }}
        />
      )}
    </div>
  )
}

/** A press on what such a field offers is none on the row. */
function OwnEditor({ children }: { children: ReactNode }) {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions -- only keeps presses to itself
    <span className={css.ownEditor} onClick={(e) => e.stopPropagation()} onDoubleClick={(e) => e.stopPropagation()}>
      {children}
    </span>
  )
}

type EditorProps<Row> = { label: string; row: Row; edit: CellEdit<Row>; start: string; onEnd: (move?: 1 | -1) => void }

/** The field over a cell. What it saves is a change of the row as it was when the editing began. */
function CellEditor<Row>({ label, row, edit, start, onEnd }: EditorProps<Row>) {
  const [base] = useState(row)
  const before = edit.value(base)
  const [value, setValue] = useState(start)
  const over = useRef(false)
  const end = (next: string | undefined, move?: 1 | -1) => {
    if (over.current) return
    over.current = true
    onEnd(move)
    if (next !== undefined && next.trim() !== before) edit.save(base, next.trim())
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') end(undefined)
    else if (event.key === 'Enter') end(value)
    else if (event.key === 'Tab') end(value, event.shiftKey ? -1 : 1)
    else return event.stopPropagation()
    event.preventDefault()
    event.stopPropagation()
  }
  const shared = { className: cx(form.input, css.editor), 'aria-label': label, autoFocus: true, value, onKeyDown }
  if (edit.options)
    return (
      <select {...shared} onChange={(e) => end(e.target.value)} onBlur={() => end(undefined)}>
        {edit.options.map((o) => (
          <option key={o.value} value={o.value}>
            {o.label}
          </option>
        ))}
      </select>
    )
  return <input {...shared} type={edit.type ?? 'text'} autoComplete="off" onFocus={(e) => start === before && e.target.select()} onChange={(e) => setValue(e.target.value)} onBlur={() => end(value)} />
}
