import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { unlessLive } from '../api/live'
import { next } from '../api/queries'
import type { ImportState, Outcome } from '../api/types'

const ended: ImportState[] = ['done', 'failed', 'cancelled']

export function isRunning(state: ImportState): boolean {
  return !ended.includes(state)
}

export const importsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'imports', 'list'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/imports', { params: { path: { workspace }, query: { limit: 100 } }, signal })).then((p) => p.data),
    refetchInterval: (query) => (query.state.data?.some((i) => isRunning(i.state)) ? unlessLive(1_000) : false),
  })

export const importQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'imports', 'one', id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/imports/{id}', { params: { path: { workspace, id } }, signal })),
    refetchInterval: (query) => (query.state.data && isRunning(query.state.data.state) ? unlessLive(1_000) : false),
  })

export const itemsQuery = (workspace: string, id: string, outcome: Outcome | undefined, running: boolean) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'imports', 'items', id, outcome ?? 'all'],
    queryFn: ({ pageParam, signal }) => 
      read(server.GET('/v1/workspaces/{workspace}/imports/{id}/items', { params: { path: { workspace, id }, query: { outcome, cursor: pageParam || undefined, limit: 100 } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
    // The first rows are awaited; later ones may take their time.
    refetchInterval: (query) => (running ? unlessLive(query.state.data?.pages[0]?.data.length ? 5_000 : 1_000) : false),
  })
