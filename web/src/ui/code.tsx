import { Check, Copy } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { IconButton } from './button'
import { cx } from './cx'
import css from './data.module.css'
import { Hidden } from './layout'

/** A text to copy, such as a key that is shown once. */
export function CopyText({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false)
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true))
  return (
    <div className={css.code}>
      <code>{text}</code>
      <IconButton icon={copied ? Check : Copy} label={copied ? 'Copied' : label} size="small" onClick={copy} />
    </div>
  )
}

/** A cell's text in at most two lines; hover shows all of it. */
export function Clamped({ text, empty = '–' }: { text: string; empty?: string }) {
  return (
    <span className={css.clamp} dir="auto" title={text}>
      {text || empty}
    </span>
  )
}

type TableProps = { label: string; head: string[]; children: ReactNode; folds?: boolean; numbers?: string[] }

/**
 * A small table that is read whole; long ones are a Grid. One that folds shows each row as a block where the screen
 * is narrow: the first cell, the last one beside it, the others below with their data-label. Columns of numbers, whose
 * cells have data-number, stand at the right.
 */
export function Table({ label, head, children, folds, numbers = [] }: TableProps) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls sideways must be reachable by keyboard
    <div className={css.tableBox} tabIndex={0} role="region" aria-label={label}>
      <table className={cx(css.table, folds && css.folds)}>
        <thead>
          <tr>
            {head.map((h) => (
              <th key={h} scope="col" data-number={numbers.includes(h) || undefined}>
                {h || <Hidden>Actions</Hidden>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

type CheckTableProps = {
  label: string
  head: string[]
  rows: { id: string; label: string; values: (string | null)[] }[]
  held: string[]
  onChange: (held: string[]) => void
}

/** Boxes in rows and columns; null is a choice that does not exist. */
export function CheckTable({ label, head, rows, held, onChange }: CheckTableProps) {
  const flip = (value: string) => onChange(held.includes(value) ? held.filter((h) => h !== value) : [...held, value])
  return (
    <table className={css.checks} aria-label={label}>
      <thead>
        <tr>
          <td />
          {head.map((h) => (
            <th key={h} scope="col">
              {h}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <th scope="row">{row.label}</th>
            {row.values.map((value, i) => (
              <td key={head[i]}>{value && <input type="checkbox" aria-label={`${row.label}: ${head[i]}`} checked={held.includes(value)} onChange={() => flip(value)} />}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
