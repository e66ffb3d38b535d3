import { infiniteQueryOptions, queryOptions, useQuery } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { unlessLive } from '../api/live'
import { next } from '../api/queries'
import { useWorkspace } from '../shell/session'
import type { ContentSearch } from './search'

export const contentQuery = (workspace: string, { kind, status, contact }: ContentSearch) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'contents', 'list', { kind, status, contact }],
    queryFn: ({ pageParam, signal }) =>
      read(server.GET('/v1/workspaces/{workspace}/content', { params: { path: { workspace }, query: { kind, status, contact_id: contact, cursor: pageParam || undefined, limit: 50 } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
  })

export const draftQuery = (workspace: string, id: string) =>
  queryOptions({ queryKey: [workspace, 'contents', 'one', id], queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/content/{id}', { params: { path: { workspace, id } }, signal })) })

export const versionsQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'contents', 'versions', id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/content/{id}/versions', { params: { path: { workspace, id } }, signal })).then((p) => p.data),
  })

export const kindsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'content-kinds'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/content/kinds', { params: { path: { workspace } }, signal })).then((p) => p.data),
    staleTime: Infinity,
  })

export const metricsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'contents', 'metrics'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/content/metrics', { params: { path: { workspace } }, signal })).then((p) => p.data),
  })

export const voiceQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, 'brand-voices'], queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/brand-voice', { params: { path: { workspace } }, signal })) })

const ended = ['done', 'skipped', 'failed', 'cancelled', 'dead']

export function isOver(state: string): boolean {
  return ended.includes(state)
}

/** A run of the agent while somebody waits for it. */
export const writingQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'runs', 'writing', id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/runs/{id}', { params: { path: { workspace, id } }, signal })),
    refetchInterval: (query) => (query.state.data && isOver(query.state.data.state) ? false : (unlessLive(700) || 2_000)),
  })

/** What a run has written. */
export const writtenQuery = (workspace: string, run: string) =>
  queryOptions({
    queryKey: [workspace, 'contents', 'of-run', run],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/content', { params: { path: { workspace }, query: { run_id: run, limit: 1 } }, signal })).then((p) => p.data[0] ?? null),
  })

/** The kinds by name; empty until they are known. */
export function useKinds() {
  return useQuery(kindsQuery(useWorkspace())).data ?? []
}
