import { useMutation } from '@tanstack/react-query'
import { read, server } from '../api/client'
import type { Approval } from '../api/types'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { stateWords } from './words'

type Allowing = { approval: Approval; args?: Record<string, unknown>; password?: string }

/** How many may be allowed at once. */
export const mostAtOnce = 25

/** The ways to decide. Whatever became of it, everybody who looks on is told by the feed. */
export function useDecide(onDecided: (id: string) => void) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const tell = (a: Approval) => {
    if (a.state === 'done') {
      toast({ title: 'Approved and done', detail: a.title, tone: 'good' })
      onDecided(a.id)
    } else toast({ title: `Not done: ${stateWords(a.state).label.toLowerCase()}`, detail: a.reason, tone: 'bad' })
  }
  const approve = useMutation({
    mutationFn: ({ approval, args, password }: Allowing) =>
      read(server.POST('/v1/workspaces/{workspace}/approvals/{id}/approve', { params: { path: { workspace, id: approval.id } }, body: { hash: approval.hash, args, password: password || undefined } })).then((a) => ({
        ...approval,
        ...a,
      })),
    onSuccess: tell,
    onSettled: () => touched('approvals', 'runs'),
  })
  const reject = useMutation({
    mutationFn: ({ approval, reason }: { approval: Approval; reason: string }) =>
      read(server.POST('/v1/workspaces/{workspace}/approvals/{id}/reject', { params: { path: { workspace, id: approval.id } }, body: { reason } })),
    onSuccess: (a) => {
      toast({ title: 'Rejected', detail: a.title })
      onDecided(a.id)
    },
    onSettled: () => touched('approvals', 'runs', 'memories'),
  })
  return { approve, reject }
}

export type Deciding = ReturnType<typeof useDecide>

/** Allows several at once, each decided by itself. */
export function useApproveGroup() {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  return useMutation({
    mutationFn: (chosen: { id: string; hash: string; title: string }[]) =>
      read(server.POST('/v1/workspaces/{workspace}/approvals/approve', { params: { path: { workspace } }, body: { items: chosen.map(({ id, hash }) => ({ id, hash })) } })).then((answer) =>
        answer.data.map((d) => ({ ...d, title: chosen.find((c) => c.id === d.id)?.title ?? d.id })),
      ),
    onError: (error) => toast({ title: 'Not approved', detail: error.message, tone: 'bad' }),
    onSettled: () => touched('approvals', 'runs'),
  })
}
