import { Plus, SearchX, type LucideIcon } from 'lucide-react'
import { useDeferredValue, useMemo, useState, type ReactNode } from 'react'
import type { Noun, Rows } from '../api/records'
import { useSession } from '../shell/session'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { SearchField } from '../ui/form'
import { Grid, useMedia, type Column } from '../ui/grid'
import { Page, Text, WithPanel } from '../ui/layout'
import { EmptyState, ErrorState } from '../ui/state'
import { BulkBar } from './bulk-bar'
import { formatWhere, parseWhere, toFilter, type FilterField } from './filter'
import { FilterBar } from './filter-bar'
import { useActiveRow, useRecords } from './list'
import type { ListSearch } from './list-search'
import { extended, nothing, toggled } from './selection'
import { ViewTabs } from './view-tabs'
import { joined, rigid, useViews } from './views'

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
  const { list, rows, onMore } = useRecords(noun, { q, sort: search.sort ?? defaultSort, filter: joined(toFilter(clauses, fields), fixed) })
  const [selection, setSelection] = useState(nothing)
  const ids = useMemo(() => rows.map((row) => row.id), [rows])
  const wide = useMedia('(min-width: 1100px)')
  const create = () => canWrite && onSearch({ ...search, create: true })
  const peek = (id: string | undefined) => (wide || id === undefined ? onSearch({ ...search, open: id }) : onOpen(id))
  const [active, setActive] = useActiveRow({ ids, open: onOpen, peek, peeked: search.open, selection, onSelection: setSelection, create })
  const filtered = clauses.length > 0 || Boolean(search.q) || fixed !== undefined
  const chosen = rows.filter((row) => selection.ids.has(row.id))
  const add = canWrite && (
    <Button variant="primary" icon={Plus} onClick={create}>
      New {one}
    </Button>
  )
  return (
    <Page
      title={title}
      tabs={<ViewTabs entity={entities[noun]} all="All" fields={fields} search={search} onSearch={onSearch} />}
      actions={
        <>
          <SearchField label={`Search ${title.toLowerCase()}`} value={search.q ?? ''} onChange={(value) => onSearch({ ...search, q: value || undefined })} />
          {add}
        </>
      }
      sub={
        <>
          <FilterBar fields={fields} clauses={clauses} onChange={(c) => onSearch({ ...search, where: formatWhere(c) })} />
          {fixed && <Badge title={JSON.stringify(fixed)}>and what this view asks for</Badge>}
        </>
      }
      footer={chosen.length > 0 ? <BulkBar noun={noun} one={one} rows={chosen} onDone={() => setSelection(nothing)} /> : <Footer count={rows.length} more={list.hasNextPage} title={title} loading={list.isPending} />}
    >
      {list.isError && rows.length === 0 ? (
        <ErrorState title={`${title} could not be read`} error={list.error} onRetry={() => void list.refetch()} />
      ) : list.isSuccess && rows.length === 0 ? (
        <NoRows {...props} filtered={filtered} add={add} />
      ) : (
        <WithPanel label={one} panel={wide && search.open ? props.peek : undefined} onClose={() => peek(undefined)} onOpen={() => search.open && onOpen(search.open)}>
          <Grid
            label={title}
            columns={props.columns}
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
                    onChoose: (id, range) => setSelection(range ? extended(selection, ids, id) : toggled(selection, id)),
                    onAll: (all) => setSelection(all ? { ids: new Set(ids), anchor: undefined } : nothing),
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
      {count.toLocaleString()}
      {more ? ' read, more below' : ` ${title.toLowerCase()}`}
    </Text>
  )
}
