import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { next } from '../api/queries'
import type { AiOutcome } from '../api/types'

const often = 5_000

export const providersQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'ai', 'providers'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/ai/providers', { params: { path: { workspace } }, signal })),
    refetchInterval: often,
  })

export const costsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'ai', 'costs'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/ai/costs', { params: { path: { workspace } }, signal })),
    refetchInterval: 30_000,
  })

export const usageQuery = (workspace: string, by: string) =>
  queryOptions({
    queryKey: [workspace, 'ai', 'usage', by],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/ai/usage', { params: { path: { workspace }, query: { by } }, signal })),
    refetchInterval: 30_000,
  })

export const budgetQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'ai', 'budget'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/ai/budget', { params: { path: { workspace } }, signal })),
    refetchInterval: 30_000,
  })

export const policyQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'ai-policy', 'one'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/ai/policy', { params: { path: { workspace } }, signal })),
  })

export const modelsQuery = queryOptions({
  queryKey: ['ai-models'],
  queryFn: ({ signal }) => read(server.GET('/v1/ai/models', { signal })),
  staleTime: 600_000,
})

export const aiKeysQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'ai-keys', 'list'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/ai/keys', { params: { path: { workspace } }, signal })).then((p) => p.data),
  })

export type CallFilter = { outcome?: AiOutcome; provider?: string; run?: string }

export const callsQuery = (workspace: string, { outcome, provider, run }: CallFilter, limit = 25) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'ai', 'calls', outcome ?? '', provider ?? '', run ?? '', limit],
    queryFn: ({ pageParam, signal }) =>
      read(server.GET('/v1/workspaces/{workspace}/ai/calls', { params: { path: { workspace }, query: { outcome, provider, run_id: run, limit, cursor: pageParam || undefined } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
    refetchInterval: (query) => (run || (query.state.data?.pages.length ?? 0) > 1 ? false : often),
  })

export const callQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'ai', 'call', id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/ai/calls/{id}', { params: { path: { workspace, id } }, signal })),
    staleTime: Infinity,
  })
