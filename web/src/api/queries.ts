import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from './client'
import type { Company, Contact, CustomField, Hit, Me, Member, Page, Score, Tag, ThreadCounts, TimelineEntry, Workspace } from './types'

// What more than one part of the UI asks for. A feature's own queries stand in its folder.
// Keys start with the workspace, then the noun, so that a write can name what it touched.

export const meQuery = queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => api.get<Me>('/v1/me', {}, signal), staleTime: 60_000 })

/** The root of a workspace's addresses. */
export function root(workspace: string): string {
  return `/v1/workspaces/${workspace}`
}

export const workspaceQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, 'workspace'], queryFn: ({ signal }) => api.get<Workspace>(root(workspace), {}, signal) })

export const membersQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organization', organization, 'members'],
    queryFn: ({ signal }) => api.get<{ data: Member[] }>(`/v1/organizations/${organization}/members`, {}, signal).then((p) => p.data),
    staleTime: 60_000,
  })

export const countsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'threads', 'counts'],
    queryFn: ({ signal }) => api.get<ThreadCounts>(`${root(workspace)}/threads/counts`, {}, signal),
    refetchInterval: 30_000,
  })

export const contactQuery = (workspace: string, id: string) =>
  queryOptions({ queryKey: [workspace, 'contacts', 'one', id], queryFn: ({ signal }) => api.get<Contact>(`${root(workspace)}/contacts/${id}`, {}, signal) })

export const scoreQuery = (workspace: string, id: string) =>
  queryOptions({ queryKey: [workspace, 'contacts', 'score', id], queryFn: ({ signal }) => api.get<Score>(`${root(workspace)}/contacts/${id}/score`, {}, signal) })

export const companyQuery = (workspace: string, id: string) =>
  queryOptions({ queryKey: [workspace, 'companies', 'one', id], queryFn: ({ signal }) => api.get<Company>(`${root(workspace)}/companies/${id}`, {}, signal) })

export const tagsQuery = (workspace: string) =>
  queryOptions({ queryKey: [workspace, 'tags'], queryFn: ({ signal }) => api.get<{ data: Tag[] }>(`${root(workspace)}/tags`, {}, signal).then((p) => p.data), staleTime: 60_000 })

export const fieldsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'custom-fields'],
    queryFn: ({ signal }) => api.get<{ data: CustomField[] }>(`${root(workspace)}/custom-fields`, {}, signal).then((p) => p.data),
    staleTime: 60_000,
  })

export const searchQuery = (workspace: string, q: string) =>
  queryOptions({
    queryKey: [workspace, 'search', q],
    queryFn: ({ signal }) => api.get<{ data: Hit[] }>(`${root(workspace)}/search`, { q, limit: 12 }, signal).then((p) => p.data),
    enabled: q.trim().length > 0,
    staleTime: 10_000,
  })

export type Noun = 'contacts' | 'companies'

export const timelineQuery = (workspace: string, noun: Noun, id: string, kind?: 'message' | 'event') =>
  infiniteQueryOptions({
    queryKey: [workspace, noun, 'timeline', id, kind ?? 'all'],
    queryFn: ({ pageParam, signal }) => api.get<Page<TimelineEntry>>(`${root(workspace)}/${noun}/${id}/timeline`, { cursor: pageParam, limit: 30, kind }, signal),
    initialPageParam: '',
    getNextPageParam: next,
  })

/** The cursor of the next page, or undefined at the end. */
export function next<T>(page: Page<T>): string | undefined {
  return page.has_more ? (page.next_cursor ?? undefined) : undefined
}
