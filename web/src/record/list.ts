import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { next } from '../api/queries'
import { records, type ListQuery, type Noun } from '../api/records'
import { pageSize } from '../early'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import type { FilterField } from './filter'
import { extended, nothing, toggled, type Selection } from './selection'

/** The rows of a list, page after page. */
export const listQuery = <N extends Noun>(workspace: string, noun: N, query: ListQuery) =>
  infiniteQueryOptions({
    queryKey: [workspace, noun, 'list', query],
    queryFn: ({ pageParam, signal }) => records[noun].list(workspace, { ...query, cursor: pageParam || undefined, limit: pageSize }, signal),
    initialPageParam: '',
    getNextPageParam: next,
    placeholderData: keepPreviousData,
  })

/** The rows of a list of records, page after page. */
export function useRecords<N extends Noun>(noun: N, query: ListQuery) {
  const workspace = useWorkspace()
  const list = useInfiniteQuery(listQuery(workspace, noun, query))
  const rows = useMemo(() => list.data?.pages.flatMap((p) => p.data) ?? [], [list.data])
  const { fetchNextPage, isFetchingNextPage } = list
  const onMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, isFetchingNextPage])
  return { list, rows, onMore }
}

type Walked = { ids: string[]; open: (id: string) => void; peek: (id: string | undefined) => void; peeked: string | undefined; selection: Selection; onSelection: (selection: Selection) => void; create: () => void }

/** The row that the keyboard is on: j and k walk, Enter opens, Space shows beside, x chooses. */
export function useActiveRow({ ids, open, peek, peeked, selection, onSelection, create }: Walked): [number, (index: number) => void] {
  const [active, setActive] = useState(() => (peeked === undefined ? -1 : ids.indexOf(peeked)))
  const at = Math.min(active, ids.length - 1)
  const current = ids[at]
  const go = (index: number) => {
    const next = Math.max(0, Math.min(ids.length - 1, index))
    setActive(next)
    const id = ids[next]
    // An open panel follows the row.
    if (peeked !== undefined && id !== undefined && id !== peeked) peek(id)
  }
  const choose = (range: boolean) => current !== undefined && onSelection(range ? extended(selection, ids, current) : toggled(selection, current))
  const close = () => {
    if (selection.ids.size > 0) onSelection(nothing)
    else peek(undefined)
  }
  const group = 'This list'
  useKeys([
    { keys: 'j', label: 'Next row', group, run: () => go(at + 1) },
    { keys: 'k', label: 'Row before', group, run: () => go(at - 1) },
    { keys: 'enter', label: 'Open the row', group, run: () => current !== undefined && open(current) },
    { keys: 'o', label: 'Show the row beside the list', group, run: () => current !== undefined && peek(current) },
    { keys: 'x', label: 'Choose the row', group, run: () => choose(false) },
    { keys: 'X', label: 'Choose all up to here', group, run: () => choose(true) },
    { keys: 'escape', label: 'Drop the choice, close the panel', group, run: close },
    { keys: 'c', label: 'New', group, run: create },
  ])
  return [at, go]
}

/** People of the organization as choices of a filter. */
export function useOwnerField(members: { user_id: string; name: string }[]): FilterField {
  const { me } = useSession()
  const options = members.map((m) => ({ value: m.user_id, label: m.user_id === me.user.id ? `${m.name} (me)` : m.name }))
  return { name: 'owner_id', label: 'Owner', kind: 'choice', options }
}
