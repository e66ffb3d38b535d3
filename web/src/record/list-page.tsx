import { Plus, SearchX, type LucideIcon } from 'lucide-react'
import { useDeferredValue, useMemo, useState, type ReactNode } from 'react'
import type { Noun, Rows } from '../api/records'
import { useKeys } from '../shell/keys-provider'
import { useSession } from '../shell/session'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { SearchField } from '../ui/form'
import { Grid, type Arranging, type Column } from '../ui/grid'
import { useMedia } from '../ui/media'
import { Page, Text, WithPanel } from '../ui/layout'
import { EmptyState, ErrorState } from '../ui/state'
import { useAll } from './all'
import { BulkBar } from './bulk-bar'
import { arranged, arrangementOf, clamp, formatColumns, moved, parseColumns, useArrange, type Arrangement } from './columns'
import { ColumnsButton } from './columns-button'
import { formatWhere, parseWhere, toFilter, type FilterField } from './filter'
import { FilterBar } from './filter-bar'
import { useActiveRow, useRecords } from './list'
import type { ListSearch } from './list-search'
import { extended, nothing, toggled } from './selection'
import { ViewTabs } from './view-tabs'
import { joined, rigid, useBase, useViews } from './views'
import { grouped } from '../ui/number'

type ListPageProps<N extends Noun> = {
  noun: N
  title: string
  one: string
  icon: LucideIcon
  fields: FilterField[]
  columns: Column<Rows[N]>[]
  defaultSort: string
  search: ListSearch
  onSearch: (search: ListSearch) => void
  onOpen: (id: string) => void
  /** What is shown of a record beside the list. */
  peek: ReactNode
  empty: { text: string; alternative: ReactNode }
  children?: ReactNode
}

/** A page of records of one kind. What is shown (words, filters, order, the record beside) stands in the address. */
export function ListPage<N extends Noun>(props: ListPageProps<N>) {
  const { noun, title, one, fields, search, onSearch, onOpen, defaultSort } = props
  const { canWrite } = useSession()
  const clauses = parseWhere(search.where, fields)
  const q = useDeferredValue(search.q)
  const fixed = useFixedFilter(noun, search, fields)
  const { columns, arrangement, arrange } = useArrangement(props)
  const filter = joined(toFilter(clauses, fields), fixed)
  const include = columns.some((c) => c.id.startsWith('field.')) ? 'fields' : undefined
  const { list, rows, onMore } = useRecords(noun, { q, sort: search.sort ?? defaultSort, filter, include })
  const [selection, setSelection] = useState(nothing)
  const ids = useMemo(() => rows.map((row) => row.id), [rows])
  const wide = useMedia('(min-width: 1100px)')
  const create = () => canWrite && onSearch({ ...search, create: true })
  const peek = (id: string | undefined) => (wide || id === undefined ? onSearch({ ...search, open: id }) : onOpen(id))
  const [active, setActive] = useActiveRow({ ids, open: onOpen, peek, peeked: search.open, selection, onSelection: setSelection, create })
  const filtered = clauses.length > 0 || Boolean(search.q) || fixed !== undefined
  const chosen = rows.filter((row) => selection.ids.has(row.id))
  const { all, chooseAll, dropAll } = useAll(noun, { q: search.q, filter: filter ? JSON.parse(filter) : undefined })
  const drop = () => {
    setSelection(nothing)
    dropAll()
  }
  const onAll = list.hasNextPage && chosen.length === rows.length ? chooseAll : undefined
  useKeys(canWrite ? [{ keys: '*', label: 'Choose all that match', group: 'This list', run: () => {
    setSelection({ ids: new Set(ids), anchor: undefined })
    void chooseAll()
  } }] : [])
  const add = canWrite && (
    <Button variant="primary" icon={Plus} onClick={create}>
      New {one}
    </Button>
  )
  return (
    <Page
      title={title}
      tabs={<ViewTabs entity={entities[noun]} all="All" fields={fields} search={search} shown={arrangement} onSearch={({ q: words, sort, where, view, cols }) => onSearch({ ...search, q: words, sort, where, view, cols })} />}
      actions={
        <>
          <SearchField label={`Search ${title.toLowerCase()}`} value={search.q ?? ''} onChange={(value) => onSearch({ ...search, q: value || undefined })} />
          {add}
        </>
      }
      sub={
        <>
          <FilterBar fields={fields} clauses={clauses} onChange={(c) => onSearch({ ...search, where: formatWhere(c) })} />
          {canWrite && <ColumnsButton all={props.columns} shown={columns} arrangement={arrangement} onChange={arrange} />}
          {fixed && <Badge title={JSON.stringify(fixed)}>and what this view asks for</Badge>}
        </>
      }
      footer={chosen.length > 0 ? <BulkBar noun={noun} called={{ one, many: title.toLowerCase() }} target={all ? { query: all.query } : { ids: chosen.map((row) => row.id) }} count={all?.count ?? chosen.length} onAll={all ? undefined : onAll} onDone={drop} /> : <Footer count={rows.length} more={list.hasNextPage} title={title} loading={list.isPending} />}
    >
      {list.isError && rows.length === 0 ? (
        <ErrorState title={`${title} could not be read`} error={list.error} onRetry={() => void list.refetch()} />
      ) : list.isSuccess && rows.length === 0 ? (
        <NoRows {...props} filtered={filtered} add={add} />
      ) : (
        <WithPanel label={one} panel={wide && search.open ? props.peek : undefined} onClose={() => peek(undefined)} onOpen={() => search.open && onOpen(search.open)}>
          <Grid
            label={title}
            columns={columns}
            arranging={canWrite ? canArrange(arrangement, columns, arrange) : undefined}
            rows={rows}
            rowId={(row) => row.id}
            sort={search.sort ?? defaultSort}
            onSort={(sort) => onSearch({ ...search, sort })}
            active={active}
            onActive={setActive}
            onOpen={(row) => onOpen(row.id)}
            onPress={(row) => {
              setActive(rows.indexOf(row))
              peek(row.id)
            }}
            chosen={
              canWrite
                ? {
                    ids: selection.ids,
                    onChoose: (id, range) => {
                      dropAll()
                      setSelection(range ? extended(selection, ids, id) : toggled(selection, id))
                    },
                    onAll: (every) => (every ? setSelection({ ids: new Set(ids), anchor: undefined }) : drop()),
                    name: (row) => row.name,
                  }
                : undefined
            }
            hasMore={list.hasNextPage}
            onMore={onMore}
            loading={list.isPending}
          />
        </WithPanel>
      )}
      {props.children}
    </Page>
  )
}

/** The columns as the view has them, or the person; of a view they change in the address until it is saved. */
function useArrangement<N extends Noun>({ noun, columns, search, onSearch }: ListPageProps<N>) {
  const views = useViews(entities[noun])
  const base = useBase(entities[noun])
  const keep = useArrange(entities[noun])
  const view = views.find((v) => v.id === search.view)
  const own = view ?? base
  const [draft, setDraft] = useState<Arrangement>()
  const arrangement = useMemo(() => (search.cols !== undefined ? parseColumns(search.cols) : (draft ?? arrangementOf(own))), [search.cols, own, draft])
  const shown = useMemo(() => arranged(columns, arrangement), [columns, arrangement])
  const arrange = (next: Arrangement) => {
    if (view) return onSearch({ ...search, cols: formatColumns(next) ?? columns.flatMap((c) => (c.optional ? [] : [c.id])).join(',') })
    setDraft(next) // drawn before the next key, which moves on from here
    keep.mutate(next, { onSettled: () => setDraft(undefined) })
  }
  return { columns: shown, arrangement, arrange }
}

function canArrange<Row>({ columns, widths }: Arrangement, shown: Column<Row>[], arrange: (next: Arrangement) => void): Arranging {
  const order = shown.map((c) => c.id)
  return {
    onResize: (id, width) => arrange({ columns: columns.length > 0 ? columns : order, widths: { ...widths, [id]: clamp(width) } }),
    onMove: (id, before) => arrange({ columns: moved(order, id, before), widths }),
  }
}

const entities = { contacts: 'contact', companies: 'company' } as const

/** What the view asks for that no chip can show. */
function useFixedFilter(noun: Noun, search: ListSearch, fields: FilterField[]) {
  const views = useViews(entities[noun])
  return rigid(
    views.find((v) => v.id === search.view),
    fields,
  )
}

function NoRows<N extends Noun>({ title, one, icon, empty, filtered, add, search, onSearch }: ListPageProps<N> & { filtered: boolean; add: ReactNode }) {
  if (filtered)
    return (
      <EmptyState icon={SearchX} title={`No ${one} matches`} actions={<Button onClick={() => onSearch({ sort: search.sort })}>Show all {title.toLowerCase()}</Button>}>
        Try fewer words or remove a filter.
      </EmptyState>
    )
  return (
    <EmptyState
      icon={icon}
      title={`No ${title.toLowerCase()} yet`}
      actions={
        <>
          {add}
          {empty.alternative}
        </>
      }
    >
      {empty.text}
    </EmptyState>
  )
}

function Footer({ count, more, title, loading }: { count: number; more: boolean; title: string; loading: boolean }) {
  if (loading) return <Text tone="faint">Reading…</Text>
  return (
    <Text number>
      {grouped(count)}
      {more ? ' read, more below' : ` ${title.toLowerCase()}`}
    </Text>
  )
}
