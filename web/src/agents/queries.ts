import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { next } from '../api/queries'
import type { RunState } from '../api/types'

export const agentsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'runs', 'agents'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/agents', { params: { path: { workspace } }, signal })).then((p) => p.data),
  })

export type RunFilter = { agent?: string; state?: RunState }

/** Runs of many steps, newest first. */
export const runsQuery = (workspace: string, { agent, state }: RunFilter) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'runs', 'list', agent ?? '', state ?? ''],
    queryFn: ({ pageParam, signal }) =>
      read(server.GET('/v1/workspaces/{workspace}/runs', { params: { path: { workspace }, query: { agent, state, program: true, limit: 25, cursor: pageParam || undefined } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
  })

export const runQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'runs', 'one', id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/runs/{id}', { params: { path: { workspace, id } }, signal })),
  })
