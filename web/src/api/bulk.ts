import { read, server } from './client'
import type { BulkResult, BulkRun, BulkQuery, CompanySet, ContactSet, TaskSet, ThreadPatch } from './types'

/** Which records: some by id, or all that a list shows. */
export type BulkTarget = { ids: string[] } | { query: BulkQuery }
export type BulkSets = { contacts: ContactSet; companies: CompanySet; tasks: TaskSet; threads: ThreadPatch }
export type BulkNoun = keyof BulkSets

type Calls = { [N in BulkNoun]: (workspace: string, body: BulkTarget & { set: BulkSets[N]; dry_run?: boolean }) => Promise<BulkResult> }

/** Changes many records of a kind alike. */
export const bulkChange: Calls = {
  contacts: (workspace, body) => read(server.POST('/v1/workspaces/{workspace}/contacts/bulk', { params: { path: { workspace } }, body })),
  companies: (workspace, body) => read(server.POST('/v1/workspaces/{workspace}/companies/bulk', { params: { path: { workspace } }, body })),
  tasks: (workspace, body) => read(server.POST('/v1/workspaces/{workspace}/tasks/bulk', { params: { path: { workspace } }, body })),
  threads: (workspace, body) => read(server.POST('/v1/workspaces/{workspace}/threads/bulk', { params: { path: { workspace } }, body })),
}

/** How many records a list shows in all. */
export async function countMatching(workspace: string, noun: BulkNoun, query: BulkQuery): Promise<number> {
  const { run } = await bulkChange[noun](workspace, { query, set: {}, dry_run: true })
  return run?.total ?? 0
}

export function readRun(workspace: string, id: string): Promise<BulkRun> {
  return read(server.GET('/v1/workspaces/{workspace}/bulk-runs/{id}', { params: { path: { workspace, id } } }))
}

export function cancelRun(workspace: string, id: string): Promise<BulkRun> {
  return read(server.POST('/v1/workspaces/{workspace}/bulk-runs/{id}/cancel', { params: { path: { workspace, id } } }))
}

/** Takes a batch of changes back, however many calls that needs; says how many were and how many stayed. */
export async function undoBatch(workspace: string, batch: string): Promise<{ undone: number; kept: number }> {
  const sum = { undone: 0, kept: 0 }
  let before: string | undefined
  do {
    const part = await read(server.POST('/v1/workspaces/{workspace}/changes/undo', { params: { path: { workspace } }, body: { batch_id: batch, before } }))
    sum.undone += part.undone.length
    sum.kept += part.conflicts.length
    before = part.before ?? undefined
  } while (before)
  return sum
}
