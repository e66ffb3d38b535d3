import { Plus, SearchX, type LucideIcon } from 'lucide-react'
import { useDeferredValue, type ReactNode } from 'react'
import type { Noun, Rows } from '../api/records'
import { useSession } from '../shell/session'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { SearchField } from '../ui/form'
import { Grid, type Column } from '../ui/grid'
import { Page, Text } from '../ui/layout'
import { EmptyState, ErrorState } from '../ui/state'
import { formatWhere, parseWhere, toFilter, type FilterField } from './filter'
import { FilterBar } from './filter-bar'
import { useActiveRow, useRecords } from './list'
import type { ListSearch } from './list-search'
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
  onOpen: (row: Rows[N]) => void
  empty: { text: string; alternative: ReactNode }
  children?: ReactNode
}

/** A page of records of one kind. What is shown (words, filters, order) stands in the address. */
export function ListPage<N extends Noun>(props: ListPageProps<N>) {
  const { noun, title, one, fields, columns, search, onSearch, onOpen, defaultSort } = props
  const { canWrite } = useSession()
  const clauses = parseWhere(search.where, fields)
  const q = useDeferredValue(search.q)
  const fixed = useFixedFilter(noun, search, fields)
  const { list, rows, onMore } = useRecords(noun, { q, sort: search.sort ?? defaultSort, filter: joined(toFilter(clauses, fields), fixed) })
  const [active, setActive] = useActiveRow(rows.length, (index) => {
    const row = rows[index]
    if (row) onOpen(row)
  })
  const create = () => onSearch({ ...search, create: true })
  const filtered = clauses.length > 0 || Boolean(search.q) || fixed !== undefined
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
      footer={<Footer count={rows.length} more={list.hasNextPage} title={title} loading={list.isPending} />}
    >
      {list.isError && rows.length === 0 ? (
        <ErrorState title={`${title} could not be read`} error={list.error} onRetry={() => void list.refetch()} />
      ) : list.isSuccess && rows.length === 0 ? (
        <NoRows {...props} filtered={filtered} add={add} />
      ) : (
        <Grid
          label={title}
          columns={columns}
          rows={rows}
          rowId={(row) => row.id}
          sort={search.sort ?? defaultSort}
          onSort={(sort) => onSearch({ ...search, sort })}
          active={active}
          onActive={setActive}
          onOpen={onOpen}
          hasMore={list.hasNextPage}
          onMore={onMore}
          loading={list.isPending}
        />
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
