import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { outgoing } from '../api/outgoing'
import type { Address, Draft, DraftBody, Mode, Outgoing, Send } from '../api/types'
import { threadQuery } from './queries'
import { inboxSearch } from './search'
import { useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'

export const sendersQuery = (workspace: string) => queryOptions({ queryKey: [workspace, 'senders'], queryFn: () => outgoing.senders(workspace), staleTime: 60_000, retry: false })

export const prefillQuery = (workspace: string, message: string, mode: Exclude<Mode, 'new'>) =>
  queryOptions({ queryKey: [workspace, 'drafts', 'prefill', message, mode], queryFn: () => outgoing.prefill(workspace, message, mode), staleTime: 60_000 })

export const draftsQuery = (workspace: string, thread?: string) => queryOptions({ queryKey: [workspace, 'drafts', 'list', thread ?? 'all'], queryFn: () => outgoing.drafts(workspace, thread), retry: false })

/** What of a conversation is not with its readers yet; looked at often while something is under way. What has become a message is asked for with its conversation. */
export const outboxQuery = (workspace: string, thread: string) =>
  queryOptions({
    queryKey: [workspace, 'outbox', thread],
    queryFn: async ({ client }) => {
      const all = await outgoing.list(workspace, { thread })
      const known = client.getQueryData(threadQuery(workspace, thread).queryKey)
      const fresh = all.some((o) => o.message_id && !known?.messages.some((m) => m.id === o.message_id))
      if (known && fresh) void client.invalidateQueries({ queryKey: [workspace, 'threads'] })
      return all
    },
    refetchInterval: (query) => (query.state.data?.some(underWay) ? 2_000 : false),
    retry: false,
  })

/** Everything that has not left yet, or may not have: what failed first. */
export const waitingQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'outbox', 'waiting'],
    queryFn: async () => {
      const states = ['failed', 'uncertain', 'sending', 'queued'] as const
      return (await Promise.all(states.map((state) => outgoing.list(workspace, { state })))).flat()
    },
    refetchInterval: (query) => (query.state.data?.some(underWay) ? 2_000 : false),
    retry: false,
  })

function underWay(mail: Outgoing): boolean {
  if (mail.state === 'queued') return Date.parse(mail.send_after) < Date.now() + 60_000
  return mail.state === 'sending' || (mail.state === 'sent' && mail.message_id === null)
}

export function useSenders() {
  return useQuery(sendersQuery(useWorkspace()))
}

/** The people a mail goes to, in a few words. */
export function recipients(to: Address[]): string {
  const [first] = to
  if (!first) return 'nobody'
  const name = first.name || first.address
  return to.length === 1 ? name : `${name} and ${to.length - 1} more`
}

const seconds = 10

/** Hands a mail over; for some seconds it can be had back. */
export function useSend() {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  const takeBack = useTakeBack()
  return useMutation({
    mutationFn: (mail: Send) => outgoing.send(workspace, { undo_seconds: mail.send_at ? 0 : seconds, ...mail }),
    onSuccess: (sent, mail) => {
      const undo = { label: 'Undo', run: () => takeBack.mutate(sent) }
      if (mail.send_at) toast({ title: `Will be sent ${new Date(mail.send_at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}`, action: undo })
      else toast({ title: `Sending to ${recipients(mail.to)}`, action: undo, until: Date.parse(sent.send_after), after: `Sent to ${recipients(mail.to)}` })
      // Not waited for: the composer closes at once, so that the keys are the page's again.
      void refresh(client, workspace)
    },
  })
}

/** Takes a mail back that still waits, and opens it as the draft it was. */
export function useTakeBack() {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const navigate = useNavigate()
  const { folder, box } = inboxSearch(useSearch({ strict: false }))
  const toast = useToast()
  return useMutation({
    mutationFn: (mail: Outgoing) => outgoing.cancel(workspace, mail.id),
    onSuccess: async (draft) => {
      await refresh(client, workspace)
      const { mode, thread_id } = draft
      const answer = mode !== 'new' && thread_id ? { thread: thread_id, message: draft.message_id ?? undefined } : {}
      await navigate({ to: '/w/$workspace/inbox', params: { workspace }, search: { folder, box: box && 'drafts', compose: mode, draft: draft.id, ...answer } })
    },
    onError: (error) => toast({ title: 'Not taken back', detail: error.message, tone: 'bad' }),
  })
}

export function useRetry() {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  return useMutation({
    mutationFn: ({ id, confirm }: { id: string; confirm: boolean }) => outgoing.retry(workspace, id, confirm),
    onSuccess: () => refresh(client, workspace),
    onError: (error) => toast({ title: 'Not tried again', detail: error.message, tone: 'bad' }),
  })
}

/** Says of an uncertain mail that it was sent. */
export function useMarkSent() {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  return useMutation({
    mutationFn: (id: string) => outgoing.markSent(workspace, id),
    onSuccess: () => refresh(client, workspace),
    onError: (error) => toast({ title: 'Not marked as sent', detail: error.message, tone: 'bad' }),
  })
}

export function useDropDraft() {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  return useMutation({
    mutationFn: (draft: Draft) => outgoing.dropDraft(workspace, draft.id),
    onSuccess: async (_, draft) => {
      await refresh(client, workspace)
      const again = async () => {
        await outgoing.saveDraft(workspace, bodyOf(draft))
        await refresh(client, workspace)
      }
      toast({ title: `Threw the draft away: ${draft.subject || 'No subject'}`, action: { label: 'Undo', run: () => void again() } })
    },
    onError: (error) => toast({ title: 'The draft is still there', detail: error.message, tone: 'bad' }),
  })
}

/** A draft as it is written. */
function bodyOf({ mode, message_id, sender_id, to, cc, bcc, subject, text, attachments }: Draft): DraftBody {
  return { mode, message_id: message_id ?? undefined, sender_id: sender_id ?? undefined, to, cc, bcc, subject, text, attachments: attachments.map((a) => a.id) }
}

async function refresh(client: ReturnType<typeof useQueryClient>, workspace: string) {
  await Promise.all([...['outbox', 'threads'].map((noun) => client.invalidateQueries({ queryKey: [workspace, noun] })), client.invalidateQueries({ queryKey: [workspace, 'drafts', 'list'] })])
}
