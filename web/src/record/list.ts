import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { next } from '../api/queries'
import { records, type ListQuery, type Noun } from '../api/records'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import type { FilterField } from './filter'

const listQuery = <N extends Noun>(workspace: string, noun: N, query: ListQuery) =>
  infiniteQueryOptions({
    queryKey: [workspace, noun, 'list', query],
    queryFn: ({ pageParam, signal }) => records[noun].list(workspace, { ...query, cursor: pageParam || undefined, limit: 100 }, signal),
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

/** The row that the keyboard is on: j and k walk, Enter opens. */
export function useActiveRow(count: number, open: (index: number) => void): [number, (index: number) => void] {
  const [active, setActive] = useState(-1)
  const group = 'This list'
  useKeys([
    { keys: 'j', label: 'Next row', group, run: () => setActive(Math.min(count - 1, active + 1)) },
    { keys: 'k', label: 'Row before', group, run: () => setActive(Math.max(0, active - 1)) },
    { keys: 'enter', label: 'Open the row', group, run: () => active >= 0 && open(active) },
  ])
  return [Math.min(active, count - 1), setActive]
}

/** People of the organization as choices of a filter. */
export function useOwnerField(members: { user_id: string; name: string }[]): FilterField {
  const { me } = useSession()
  const options = members.map((m) => ({ value: m.user_id, label: m.user_id === me.user.id ? `${m.name} (me)` : m.name }))
  return { name: 'owner_id', label: 'Owner', kind: 'choice', options }
}
