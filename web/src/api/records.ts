import { onlyVersion, read, server } from './client'
import type { Company, CompanyPatch, CompanyRow, Contact, ContactPatch, ContactRow, Page, TimelineEntry, TimelineKind } from './types'

/** The records that share one grid, one page, one timeline. */
export type Noun = 'contacts' | 'companies'
export type Rows = { contacts: ContactRow; companies: CompanyRow }
export type Ones = { contacts: Contact; companies: Company }
export type Patches = { contacts: ContactPatch; companies: CompanyPatch }

export type ListQuery = { q?: string; sort?: string; filter?: string; include?: 'fields'; cursor?: string; limit?: number }

type Calls<N extends Noun> = {
  list: (workspace: string, query: ListQuery, signal?: AbortSignal) => Promise<Page<Rows[N]>>
  get: (workspace: string, id: string, signal?: AbortSignal) => Promise<Ones[N]>
  patch: (workspace: string, id: string, body: Patches[N], version: number) => Promise<Ones[N]>
  tag: (workspace: string, id: string, tags: string[]) => Promise<Ones[N]>
}

const contacts: Calls<'contacts'> = {
  list: (workspace, query, signal) => read(server.GET('/v1/workspaces/{workspace}/contacts', { params: { path: { workspace }, query }, signal })),
  get: (workspace, id, signal) => read(server.GET('/v1/workspaces/{workspace}/contacts/{id}', { params: { path: { workspace, id } }, signal })),
  patch: (workspace, id, body, version) => read(server.PATCH('/v1/workspaces/{workspace}/contacts/{id}', { params: { path: { workspace, id }, header: onlyVersion(version) }, body })),
  tag: (workspace, id, tags) => read(server.PUT('/v1/workspaces/{workspace}/contacts/{id}/tags', { params: { path: { workspace, id } }, body: { tags } })),
}

const companies: Calls<'companies'> = {
  list: (workspace, query, signal) => read(server.GET('/v1/workspaces/{workspace}/companies', { params: { path: { workspace }, query }, signal })),
  get: (workspace, id, signal) => read(server.GET('/v1/workspaces/{workspace}/companies/{id}', { params: { path: { workspace, id } }, signal })),
  patch: (workspace, id, body, version) => read(server.PATCH('/v1/workspaces/{workspace}/companies/{id}', { params: { path: { workspace, id }, header: onlyVersion(version) }, body })),
  tag: (workspace, id, tags) => read(server.PUT('/v1/workspaces/{workspace}/companies/{id}/tags', { params: { path: { workspace, id } }, body: { tags } })),
}

/** What can be asked of each kind of record. */
export const records: { [N in Noun]: Calls<N> } = { contacts, companies }

export function removeRecord(workspace: string, noun: Noun, id: string) {
  return server.DELETE(`/v1/workspaces/{workspace}/${noun}/{id}`, { params: { path: { workspace, id } } })
}

export function restoreRecord(workspace: string, noun: Noun, id: string) {
  return server.POST(`/v1/workspaces/{workspace}/${noun}/{id}/restore`, { params: { path: { workspace, id } } })
}

type TimelineQuery = { cursor?: string; kind?: TimelineKind }

export function readTimeline(workspace: string, noun: Noun, id: string, query: TimelineQuery, signal: AbortSignal): Promise<Page<TimelineEntry>> {
  return read(server.GET(`/v1/workspaces/{workspace}/${noun}/{id}/timeline`, { params: { path: { workspace, id }, query: { ...query, limit: 30 } }, signal }))
}
