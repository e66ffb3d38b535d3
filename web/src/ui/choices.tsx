import { useId, type ReactNode } from 'react'
import css from './data.module.css'
import { Table } from './code'

export function ChoiceTable({ label, head, children }: { label: string; head: string[]; children: ReactNode }) {
  return (
    <Table label={label} head={head}>
      {children}
    </Table>
  )
}

type ChoiceRowProps = { name: string; first: ReactNode; second: ReactNode; chosen: 'first' | 'second'; onChoose: (which: 'first' | 'second') => void }

/** A row of a table in which one of two values is chosen. */
export function ChoiceRow({ name, first, second, chosen, onChoose }: ChoiceRowProps) {
  const group = useId()
  const cell = (which: 'first' | 'second', value: ReactNode) => (
    <td>
      <label className={css.choice} data-chosen={chosen === which}>
        <input type="radio" name={group} checked={chosen === which} onChange={() => onChoose(which)} />
        <span dir="auto">{value}</span>
      </label>
    </td>
  )
  return (
    <tr>
      <th scope="row">{name}</th>
      {cell('first', first)}
      {cell('second', second)}
    </tr>
  )
}
