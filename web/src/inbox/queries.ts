import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { onlyVersion, read, server } from '../api/client'
import { unlessLive } from '../api/live'
import { ProblemError } from '../api/problem'
import { next } from '../api/queries'
import type { ThreadPatch } from '../api/types'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import type { InboxSearch } from './search'

export const threadsQuery = (workspace: string, { folder, q, urgency, intent }: InboxSearch) => {
  const leaves = [urgency && { field: 'urgency', op: 'eq', value: urgency }, intent && { field: 'intent', op: 'eq', value: intent }].filter(Boolean)
  const filter = leaves.length > 0 ? JSON.stringify({ and: leaves }) : undefined
  const query = { folder: folder ?? 'needs_reply', q, sort: '-last_message_at', filter }
  return infiniteQueryOptions({
    queryKey: [workspace, 'threads', 'list', query],
    queryFn: ({ pageParam, signal }) => 
      read(server.GET('/v1/workspaces/{workspace}/threads', { params: { path: { workspace }, query: { ...query, cursor: pageParam || undefined, limit: 50 } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
    placeholderData: keepPreviousData,
  })
}

const readThread = (workspace: string, id: string, signal?: AbortSignal) => read(server.GET('/v1/workspaces/{workspace}/threads/{id}', { params: { path: { workspace, id } }, signal }))

export const threadQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'threads', 'one', id],
    queryFn: ({ signal }) => readThread(workspace, id, signal),
    // While something is still being read, look again soon.
    refetchInterval: (query) => (query.state.data?.messages.some((m) => m.triage.state === 'pending' || m.intelligence.state === 'pending') ? unlessLive(2_000) : false),
  })

type Target = { id: string; version: number }

/** Changes a conversation. A mere state needs no question when someone else was faster: it is set on what is there now. */
export function useThreadPatch() {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const touched = useTouched()
  const toast = useToast()
  const send = ({ id, version }: Target, body: ThreadPatch) =>
    read(server.PATCH('/v1/workspaces/{workspace}/threads/{id}', { params: { path: { workspace, id }, header: onlyVersion(version) }, body }))
  return useMutation({
    mutationFn: async ({ thread, patch }: { thread: Target; patch: ThreadPatch }) => {
      try {
        return await send(thread, patch)
      } catch (error) {
        if (!(error instanceof ProblemError && error.status === 412)) throw error
        return send(await readThread(workspace, thread.id), patch)
      }
    },
    onSuccess: (saved, { thread }) => {
      client.setQueryData(threadQuery(workspace, thread.id).queryKey, (old) => old && { ...old, ...saved, messages: old.messages })
      return touched('threads')
    },
    onError: (error) => toast({ title: 'Not changed', detail: error.message, tone: 'bad' }),
  })
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
