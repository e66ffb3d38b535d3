import { infiniteQueryOptions } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { next } from '../api/queries'
import type { HitKind } from './search'

/** All results, page after page. */
export const resultsQuery = (workspace: string, q: string, kind?: HitKind) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'search', 'all', q, kind ?? 'any'],
    queryFn: ({ pageParam, signal }) =>
      read(server.GET('/v1/workspaces/{workspace}/search', { params: { path: { workspace }, query: { q, kinds: kind ? [kind] : undefined, limit: 50, cursor: pageParam || undefined } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
    enabled: q.trim() !== '',
    staleTime: 10_000,
  })
