import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { read, root, server } from './client'
import { unlessLive } from './live'
import { readTimeline, records, type Noun } from './records'
import type { Page, TimelineKind } from './types'

// What more than one part of the UI asks for. A feature's own queries stand in its folder.
// Keys start with the workspace, then the noun, so that a write can name what it touched.

export const meQuery = queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => read(server.GET('/v1/me', { signal })), staleTime: 60_000 })

export { root }
/** Whether somebody may make an account here, whether it would be the first one, and whether the installation sends mail. */
export const doorQuery = queryOptions({ queryKey: ['registration'], queryFn: ({ signal }) => read(server.GET('/v1/auth/registration', { signal })), staleTime: 60_000 })

export const workspaceQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'workspace'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}', { params: { path: { workspace } }, signal })),
  })

export const membersQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organization', organization, 'members'],
    queryFn: ({ signal }) => read(server.GET('/v1/organizations/{organization}/members', { params: { path: { organization } }, signal })).then((p) => p.data),
    staleTime: 60_000,
  })

export const countsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'threads', 'counts'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/threads/counts', { params: { path: { workspace } }, signal })),
    refetchInterval: () => unlessLive(30_000),
  })

export const taskCountsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'tasks', 'counts'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/tasks/counts', { params: { path: { workspace } }, signal })),
    refetchInterval: 60_000,
  })

export const contactQuery = (workspace: string, id: string) =>
  queryOptions({ queryKey: [workspace, 'contacts', 'one', id], queryFn: ({ signal }) => records.contacts.get(workspace, id, signal) })

export const scoreQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'contacts', 'score', id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/contacts/{id}/score', { params: { path: { workspace, id } }, signal })),
  })

export const companyQuery = (workspace: string, id: string) =>
  queryOptions({ queryKey: [workspace, 'companies', 'one', id], queryFn: ({ signal }) => records.companies.get(workspace, id, signal) })

export const tagsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'tags'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/tags', { params: { path: { workspace } }, signal })).then((p) => p.data),
    staleTime: 60_000,
  })

export const fieldsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'custom-fields'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/custom-fields', { params: { path: { workspace } }, signal })).then((p) => p.data),
    staleTime: 60_000,
  })

export const searchQuery = (workspace: string, q: string) =>
  queryOptions({
    queryKey: [workspace, 'search', q],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/search', { params: { path: { workspace }, query: { q, limit: 12 } }, signal })),
    enabled: q.trim().length > 0,
    staleTime: 10_000,
  })

export const timelineQuery = (workspace: string, noun: Noun, id: string, kind?: TimelineKind) =>
  infiniteQueryOptions({
    queryKey: [workspace, noun, 'timeline', id, kind ?? 'all'],
    queryFn: ({ pageParam, signal }) => readTimeline(workspace, noun, id, { cursor: pageParam || undefined, kind }, signal),
    initialPageParam: '',
    getNextPageParam: next,
  })

export const unreadQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'notifications', 'count'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/notifications/count', { params: { path: { workspace } }, signal })).then((c) => c.unread),
    refetchInterval: () => unlessLive(60_000),
  })

export const notificationsQuery = (workspace: string, unread: boolean) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'notifications', 'list', unread],
    queryFn: ({ pageParam, signal }) =>
      read(server.GET('/v1/workspaces/{workspace}/notifications', { params: { path: { workspace }, query: { unread, cursor: pageParam || undefined, limit: 30 } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
  })

/** The cursor of the next page, or undefined at the end. */
export function next<T>(page: Page<T>): string | undefined {
  return page.has_more ? (page.next_cursor ?? undefined) : undefined
}
