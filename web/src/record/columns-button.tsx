import { ArrowDown, ArrowUp, Columns3 } from 'lucide-react'
import { IconButton, Button } from '../ui/button'
import { Checkbox } from '../ui/form'
import type { Column } from '../ui/grid'
import { Row, Stack, Text } from '../ui/layout'
import { Popover } from '../ui/popover'
import { moved, type Arrangement } from './columns'

type Props<R> = { all: Column<R>[]; shown: Column<R>[]; arrangement: Arrangement; onChange: (arrangement: Arrangement) => void }

/** Which columns there are: ticked ones are shown, in this order. */
export function ColumnsButton<R>({ all, shown, arrangement, onChange }: Props<R>) {
  const order = shown.map((c) => c.id)
  const [first] = order
  const set = (columns: string[]) => onChange({ ...arrangement, columns })
  const others = all.filter((c) => !order.includes(c.id))
  return (
    <Popover
      label="Columns"
      look="quiet"
      trigger={
        <Row gap={1}>
          <Columns3 size={14} strokeWidth={1.5} aria-hidden />
          Columns
        </Row>
      }
    >
      <Stack gap={1}>
        {shown.map((c, i) => (
          <Row key={c.id} gap={1} justify="between">
            <Checkbox label={c.header} checked disabled={c.id === first} onChange={() => set(order.filter((id) => id !== c.id))} />
            <Row gap={1}>
              <IconButton icon={ArrowUp} size="small" label={`Move ${c.header} up`} disabled={i < 2} onClick={() => set(moved(order, c.id, order[i - 1]))} />
              <IconButton icon={ArrowDown} size="small" label={`Move ${c.header} down`} disabled={i === 0 || i === shown.length - 1} onClick={() => set(moved(order, c.id, order[i + 2]))} />
            </Row>
          </Row>
        ))}
        {others.map((c) => (
          <Checkbox key={c.id} label={c.header} checked={false} onChange={() => set([...order, c.id])} />
        ))}
        <Text size={12} tone="muted">
          Drag a head to move its column, its edge to make it wider.
        </Text>
        <Button size="small" disabled={arrangement.columns.length === 0 && Object.keys(arrangement.widths).length === 0} onClick={() => onChange({ columns: [], widths: {} })}>
          As at first
        </Button>
      </Stack>
    </Popover>
  )
}
