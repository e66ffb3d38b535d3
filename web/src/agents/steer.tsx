import { useMutation } from '@tanstack/react-query'
import { read, server } from '../api/client'
import type { Undone } from '../api/types'
import { counted, fieldLabel } from '../record/words'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Dialog } from '../ui/dialog'
import { Stack, Text } from '../ui/layout'

/** The ways to end a run, repeat it, and take it back. */
export function useSteer(id: string) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const params = { path: { workspace, id } }
  const refused = (title: string) => (error: Error) => toast({ title, detail: error.message, tone: 'bad' })
  const cancel = useMutation({
    mutationFn: () => read(server.POST('/v1/workspaces/{workspace}/runs/{id}/cancel', { params })),
    onSuccess: () => touched('runs'),
    onError: refused('Not cancelled'),
  })
  const retry = useMutation({
    mutationFn: () => read(server.POST('/v1/workspaces/{workspace}/runs/{id}/retry', { params })),
    onSuccess: () => touched('runs'),
    onError: refused('Not tried again'),
  })
  const undo = useMutation({
    mutationFn: () => read(server.POST('/v1/workspaces/{workspace}/runs/{id}/undo', { params, body: {} })),
    onSuccess: () => touched('contacts', 'companies', 'threads', 'tasks', 'changes', 'runs'),
    onError: refused('Not undone'),
  })
  return { cancel, retry, undo }
}

/** What was taken back, and what stayed because somebody changed it since. */
export function Conflicts({ undone, onClose }: { undone: Undone; onClose: () => void }) {
  return (
    <Dialog title={undone.undone.length > 0 ? `Took back ${counted(undone.undone.length, 'change')}` : 'Nothing was taken back'} onClose={onClose}>
      <Stack gap={3}>
        {undone.conflicts.length === 0 && <Text as="p">Everything is as it was before the run.</Text>}
        {undone.conflicts.length > 0 && (
          <>
            <Text as="p">Changed again since, and therefore kept:</Text>
            <ul aria-label="Kept">
              {undone.conflicts.map((c) => (
                <li key={`${c.entity_id}${c.field}`}>
                  {c.entity}, {fieldLabel(c.field)}: {JSON.stringify(c.actual)}
                </li>
              ))}
            </ul>
          </>
        )}
        {undone.before && <Text as="p">There is more: take it back once more.</Text>}
      </Stack>
    </Dialog>
  )
}
