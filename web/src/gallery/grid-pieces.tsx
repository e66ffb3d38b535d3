import { Tag } from 'lucide-react'
import { useState } from 'react'
import { Avatar, Badge } from '../ui/badge'
import { Button, TextButton } from '../ui/button'
import { ChoiceRow, ChoiceTable } from '../ui/choices'
import { Clamped } from '../ui/code'
import { Entry } from '../ui/form'
import { Grid, NameCell, type Column } from '../ui/grid'
import { Actions, Box, Panel, Stack } from '../ui/layout'
import { VirtualList } from '../ui/virtual-list'

type Person = { id: string; name: string; title: string; status: string }

const people: Person[] = [
  { id: '1', name: 'Ana Duarte', title: 'Head of Operations', status: 'lead' },
  { id: '2', name: 'Bartholomew Featherstonehaugh-Cholmondeley the Younger', title: '', status: 'customer' },
  { id: '3', name: 'דנה לוי', title: 'Buyer', status: 'prospect' },
]
const nothing = () => {}
const states = ['prospect', 'lead', 'customer'].map((value) => ({ value, label: value }))

/** Rows of records, and what is done with them. */
export function GridPieces() {
  const [rows, setRows] = useState(people)
  const [active, setActive] = useState(0)
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set(['2']))
  const [which, setWhich] = useState<'first' | 'second'>('first')
  const change = (row: Person, part: Partial<Person>) => setRows(rows.map((r) => (r.id === row.id ? { ...r, ...part } : r)))
  const columns = columnsOf(change)
  const toggle = (id: string) => setIds(ids.has(id) ? new Set([...ids].filter((i) => i !== id)) : new Set([...ids, id]))
  return (
    <Panel title="Grid, choices, long lists">
      <Stack gap={4}>
        <Box height={180}>
          <Grid
            label="People, as an example"
            columns={columns}
            rows={rows}
            rowId={(p) => p.id}
            sort="name"
            onSort={nothing}
            active={active}
            onActive={setActive}
            onOpen={nothing}
            chosen={{ ids, onChoose: toggle, onAll: (all) => setIds(new Set(all ? people.map((p) => p.id) : [])), name: (p) => p.name }}
            hasMore={false}
            onMore={nothing}
            loading={false}
          />
        </Box>
        <Actions label={`${ids.size} chosen`}>
          <Button size="small" variant="quiet" icon={Tag}>
            Tag
          </Button>
        </Actions>
        <Box height={140}>
          <Grid label="People that are being read" columns={columns} rows={[]} rowId={(p) => p.id} sort={undefined} onSort={nothing} active={-1} onActive={nothing} onOpen={nothing} hasMore onMore={nothing} loading />
        </Box>
        <ChoiceTable label="Both values, as an example" head={['Field', 'Yours', 'Theirs']}>
          <ChoiceRow name="Title" first="Director" second="Head of Purchasing" chosen={which} onChoose={setWhich} />
        </ChoiceTable>
        <Entry label="A new tag, as an example" verb="Add" onDone={nothing} />
        <Clamped text="A text that is cut after two lines, whatever it says; hovering shows the rest of it." />
        <Box height={120}>
          <VirtualList label="Ten thousand rows" rows={Array.from({ length: 10_000 }, (_, i) => i)} rowId={String} height={32} active={-1} hasMore={false} onMore={nothing}>
            {(n) => <TextButton>Row {n.toLocaleString()}</TextButton>}
          </VirtualList>
        </Box>
      </Stack>
    </Panel>
  )
}

function columnsOf(change: (row: Person, part: Partial<Person>) => void): Column<Person>[] {
  return [
    { id: 'name', header: 'Name', width: 'minmax(160px, 2fr)', sort: 'name', cell: (p) => <NameCell mark={<Avatar name={p.name} id={p.id} />}>{p.name}</NameCell> },
    { id: 'title', header: 'Title', width: 'minmax(120px, 1fr)', edit: { value: (p) => p.title, save: (p, title) => change(p, { title }) }, cell: (p) => p.title || '–' },
    { id: 'status', header: 'Status', width: '120px', edit: { value: (p) => p.status, options: states, save: (p, status) => change(p, { status }) }, cell: (p) => <Badge>{p.status}</Badge> },
  ]
}
