import { useMutation } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { counted, fieldLabel } from './words'

type Target = { event: string } | { batch: string }

/** Takes back one change or a batch; says which fields stayed because they were changed since. */
export function useUndo() {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  return useMutation({
    mutationFn: (target: Target) =>
      'event' in target
        ? read(server.POST('/v1/workspaces/{workspace}/changes/{id}/undo', { params: { path: { workspace, id: target.event } } }))
        : read(server.POST('/v1/workspaces/{workspace}/changes/undo', { params: { path: { workspace } }, body: { batch_id: target.batch } })),
    onSuccess: async ({ undone, conflicts }) => {
      const kept = conflicts.map((c) => fieldLabel(c.field)).join(', ')
      toast({
        title: undone.length > 0 ? `Took back ${counted(undone.length, 'change')}` : 'Nothing was taken back',
        detail: conflicts.length > 0 ? `Changed again since, so kept: ${kept}` : undefined,
        tone: undone.length > 0 ? 'good' : 'bad',
      })
      await touched('contacts', 'companies', 'threads', 'changes')
    },
    onError: (error) => toast({ title: 'Not undone', detail: error.message, tone: 'bad' }),
  })
}
