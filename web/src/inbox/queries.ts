import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { unlessLive } from '../api/live'
import { ProblemError } from '../api/problem'
import { next } from '../api/queries'
import type { Folder, ThreadPatch } from '../api/types'
import { pageSize } from '../early'
import { useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'

export type ThreadsAsked = { folder: Folder; q?: string; filter?: string }

export const threadsQuery = (workspace: string, asked: ThreadsAsked) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'threads', 'list', asked],
    queryFn: ({ pageParam, signal }) =>
      read(server.GET('/v1/workspaces/{workspace}/threads', { params: { path: { workspace }, query: { ...asked, sort: '-last_message_at', cursor: pageParam || undefined, limit: pageSize } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
    // Rows stay while they are narrowed. Those of another folder do not: keys would act on what is not there.
    placeholderData: (before, query) => (isOf(asked.folder, query?.queryKey) ? before : undefined),
  })

function isOf(folder: Folder, key: QueryKey | undefined): boolean {
  const asked = key?.[3]
  return typeof asked === 'object' && asked !== null && 'folder' in asked && asked.folder === folder
}

const readThread = (workspace: string, id: string, signal?: AbortSignal) => read(server.GET('/v1/workspaces/{workspace}/threads/{id}', { params: { path: { workspace, id } }, signal }))

export const threadQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'threads', 'one', id],
    queryFn: ({ signal }) => readThread(workspace, id, signal),
    // While something is still being read, look again soon.
    refetchInterval: (query) => (query.state.data?.messages.some((m) => m.triage.state === 'pending' || m.intelligence.state === 'pending') ? unlessLive(2_000) : false),
  })

/** What came of changing many conversations; the batches take all of it back. There are none when only read marks changed. */
export type Outcome = { refused: { id: string; message: string }[]; batches: string[] }

const most = 200

/** Sets the same state on conversations. A mere state needs no question when someone else was faster: it is set on what is there now. */
export async function setThreads(workspace: string, ids: string[], set: ThreadPatch): Promise<Outcome> {
  const outcome: Outcome = { refused: [], batches: [] }
  for (let from = 0; from < ids.length; from += most) {
    const some = ids.slice(from, from + most)
    try {
      const { refused, batch_id } = await read(server.POST('/v1/workspaces/{workspace}/threads/bulk', { params: { path: { workspace } }, body: { ids: some, set } }))
      outcome.refused.push(...refused)
      if (batch_id) outcome.batches.push(batch_id)
    } catch (error) {
      const message = error instanceof ProblemError ? (error.errors[0]?.message ?? error.message) : 'The server cannot be reached.'
      outcome.refused.push(...some.map((id) => ({ id, message })))
    }
  }
  return outcome
}

/** Takes batches of changes back, and says in words what stayed. */
export async function undoThreads(workspace: string, batches: string[]): Promise<string | undefined> {
  let kept = 0
  for (const batch_id of batches) {
    const { conflicts } = await read(server.POST('/v1/workspaces/{workspace}/changes/undo', { params: { path: { workspace } }, body: { batch_id } }))
    kept += conflicts.length
  }
  return kept > 0 ? 'What was changed again since then stays.' : undefined
}

/** Asks for a message to be read again. */
export function useAnalyse(thread: string) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  return useMutation({
    mutationFn: (id: string) => server.POST('/v1/workspaces/{workspace}/messages/{id}/analyze', { params: { path: { workspace, id } } }),
    onSuccess: () => {
      toast({ title: 'Reading the message again' })
      return client.invalidateQueries(threadQuery(workspace, thread))
    },
    onError: (error) => toast({ title: 'Not started', detail: error.message, tone: 'bad' }),
  })
}
