import { ArrowDown, ArrowUp, GripVertical, Trash2 } from 'lucide-react'
import { useState, type KeyboardEvent, type ReactNode } from 'react'
import { IconButton } from './button'
import { Hidden } from './layout'
import css from './order.module.css'

type OrderProps<T> = {
  label: string
  items: T[]
  name: (item: T, n: number) => string
  id: (item: T) => string | number
  wrong?: (item: T, n: number) => boolean
  onChange: (items: T[]) => void
  children: (item: T, n: number) => ReactNode
}

/** Things whose order counts: dragged, moved by buttons, or with Alt and the arrow keys. */
export function OrderList<T>({ label, items, name, id, wrong, onChange, children }: OrderProps<T>) {
  const [from, setFrom] = useState<number>()
  const [over, setOver] = useState<number>()
  const [said, setSaid] = useState('')
  const move = (n: number, to: number) => {
    const item = items[n]
    if (item === undefined || to < 0 || to >= items.length || to === n) return
    const rest = items.filter((_, i) => i !== n)
    setSaid(`${name(item, n)} is number ${to + 1} of ${items.length} now`)
    onChange([...rest.slice(0, to), item, ...rest.slice(to)])
  }
  const keys = (n: number) => (e: KeyboardEvent) => {
    if (!e.altKey || (e.key !== 'ArrowUp' && e.key !== 'ArrowDown')) return
    e.preventDefault()
    move(n, e.key === 'ArrowUp' ? n - 1 : n + 1)
  }
  const drop = (n: number) => {
    if (from !== undefined) move(from, n)
    setFrom(undefined)
    setOver(undefined)
  }
  return (
    <>
      <ol className={css.list} aria-label={label}>
        {items.map((item, n) => (
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the buttons in it do the same; a key pressed in one of its fields moves the row
          <li
            key={id(item)}
            className={css.row}
            data-over={over === n && from !== n}
            data-wrong={wrong?.(item, n) ?? false}
            onKeyDown={keys(n)}
            onDragOver={(e) => {
              if (from === undefined) return
              e.preventDefault()
              setOver(n)
            }}
            onDrop={() => drop(n)}
          >
            <span className={css.handle} draggable title="Drag to another place" onDragStart={() => setFrom(n)} onDragEnd={() => drop(-1)}>
              <GripVertical size={16} strokeWidth={1.5} aria-hidden />
            </span>
            <div>{children(item, n)}</div>
            <span className={css.tools}>
              <IconButton icon={ArrowUp} size="small" label={`Move ${name(item, n)} up`} disabled={n === 0} onClick={() => move(n, n - 1)} />
              <IconButton icon={ArrowDown} size="small" label={`Move ${name(item, n)} down`} disabled={n === items.length - 1} onClick={() => move(n, n + 1)} />
              <IconButton icon={Trash2} size="small" label={`Remove ${name(item, n)}`} onClick={() => onChange(items.filter((_, i) => i !== n))} />
            </span>
          </li>
        ))}
      </ol>
      <Hidden>
        <span role="status">{said}</span>
      </Hidden>
    </>
  )
}

/** Fields beside each other as far as there is room. */
export function Fields({ children }: { children: ReactNode }) {
  return <div className={css.fields}>{children}</div>
}
