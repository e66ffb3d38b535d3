import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from '../api/client'
import { next, root } from '../api/queries'
import type { Import, ImportItem, ImportState, Outcome, Page } from '../api/types'

const ended: ImportState[] = ['done', 'failed', 'cancelled']

export function isRunning(state: ImportState): boolean {
  return !ended.includes(state)
}

export const importsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'imports', 'list'],
    queryFn: ({ signal }) => api.get<Page<Import>>(`${root(workspace)}/imports`, { limit: 100 }, signal).then((p) => p.data),
    refetchInterval: (query) => (query.state.data?.some((i) => isRunning(i.state)) ? 1_000 : false),
  })

export const importQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'imports', 'one', id],
    queryFn: ({ signal }) => api.get<Import>(`${root(workspace)}/imports/${id}`, {}, signal),
    refetchInterval: (query) => (query.state.data && isRunning(query.state.data.state) ? 1_000 : false),
  })

export const itemsQuery = (workspace: string, id: string, outcome: Outcome | undefined, running: boolean) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'imports', 'items', id, outcome ?? 'all'],
    queryFn: ({ pageParam, signal }) => api.get<Page<ImportItem>>(`${root(workspace)}/imports/${id}/items`, { outcome, cursor: pageParam, limit: 100 }, signal),
    initialPageParam: '',
    getNextPageParam: next,
    refetchInterval: running ? 5_000 : false,
  })
