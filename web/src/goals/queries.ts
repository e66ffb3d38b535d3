import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { next } from '../api/queries'

/** Goals, newest first; each page brings the known goals as well. */
export const goalsQuery = (workspace: string) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'goals', 'list'],
    queryFn: ({ pageParam, signal }) => read(server.GET('/v1/workspaces/{workspace}/goals', { params: { path: { workspace }, query: { limit: 20, cursor: pageParam || undefined } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
  })

/** A goal changes with every run that it started, so its noun is not that of runs: a hint of any of them reads it again. */
export const goalQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'goals', 'one', id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/goals/{id}', { params: { path: { workspace, id } }, signal })),
  })
