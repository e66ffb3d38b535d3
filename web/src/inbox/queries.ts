import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { onlyVersion, read, server } from '../api/client'
import { unlessLive } from '../api/live'
import { ProblemError } from '../api/problem'
import { next } from '../api/queries'
import type { Folder, ThreadPatch, ThreadRow } from '../api/types'
import { useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'

export type ThreadsAsked = { folder: Folder; q?: string; filter?: string }

export const threadsQuery = (workspace: string, asked: ThreadsAsked) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'threads', 'list', asked],
    queryFn: ({ pageParam, signal }) =>
      read(server.GET('/v1/workspaces/{workspace}/threads', { params: { path: { workspace }, query: { ...asked, sort: '-last_message_at', cursor: pageParam || undefined, limit: 100 } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
    placeholderData: keepPreviousData,
  })

const readThread = (workspace: string, id: string, signal?: AbortSignal) => read(server.GET('/v1/workspaces/{workspace}/threads/{id}', { params: { path: { workspace, id } }, signal }))

export const threadQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'threads', 'one', id],
    queryFn: ({ signal }) => readThread(workspace, id, signal),
    // While something is still being read, look again soon.
    refetchInterval: (query) => (query.state.data?.messages.some((m) => m.triage.state === 'pending' || m.intelligence.state === 'pending') ? unlessLive(2_000) : false),
  })

/** What came of changing many conversations; batch takes all of it back at once. */
export type Outcome = { changed: string[]; refused: { id: string; message: string }[]; batch?: string }

/** Sets the same state on conversations. A mere state needs no question when someone else was faster: it is set on what is there now. */
export async function setThreads(workspace: string, rows: ThreadRow[], set: ThreadPatch): Promise<Outcome> {
  const outcome: Outcome = { changed: [], refused: [] }
  const queue = [...rows]
  const work = async () => {
    for (let row = queue.shift(); row; row = queue.shift()) {
      try {
        await setThread(workspace, row, set)
        outcome.changed.push(row.id)
      } catch (error) {
        outcome.refused.push({ id: row.id, message: error instanceof ProblemError ? (error.errors[0]?.message ?? error.message) : 'The server cannot be reached.' })
      }
    }
  }
  await Promise.all([work(), work(), work(), work()])
  return outcome
}

async function setThread(workspace: string, { id, version }: { id: string; version: number }, body: ThreadPatch) {
  const send = (known: number) => read(server.PATCH('/v1/workspaces/{workspace}/threads/{id}', { params: { path: { workspace, id }, header: onlyVersion(known) }, body }))
  try {
    return await send(version)
  } catch (error) {
    if (!(error instanceof ProblemError && error.status === 412)) throw error
    return send((await readThread(workspace, id)).version)
  }
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
