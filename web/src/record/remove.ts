import { useMutation, useQueryClient } from '@tanstack/react-query'
import { removeRecord, restoreRecord, type Noun } from '../api/records'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'

/** Deletes a record and offers to bring it back. */
export function useRemove(noun: Noun, onGone: () => Promise<void>) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const client = useQueryClient()
  const restore = useMutation({
    mutationFn: ({ id }: { id: string; name: string }) => restoreRecord(workspace, noun, id),
    onSuccess: (_, { name }) => {
      toast({ title: `${name} is back` })
      return touched(noun)
    },
    onError: (error) => toast({ title: 'Not restored', detail: error.message, tone: 'bad' }),
  })
  return useMutation({
    mutationFn: ({ id }: { id: string; name: string }) => removeRecord(workspace, noun, id),
    onSuccess: async (_, record) => {
      await onGone()
      client.removeQueries({ queryKey: [workspace, noun, 'one', record.id] })
      toast({ title: `Deleted ${record.name}`, action: { label: 'Undo', run: () => restore.mutate(record) } })
      await touched(noun, 'search')
    },
    onError: (error) => toast({ title: 'Not deleted', detail: error.message, tone: 'bad' }),
  })
}
