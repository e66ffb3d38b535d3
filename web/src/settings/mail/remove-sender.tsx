import { useMutation } from '@tanstack/react-query'
import { useTouched, useWorkspace } from '../../shell/session'
import { useToast } from '../../shell/toasts'
import { Button } from '../../ui/button'
import { Dialog } from '../../ui/dialog'
import { FormActions } from '../../ui/form'
import { Stack, Text } from '../../ui/layout'
import { Banner } from '../../ui/state'
import type { Sender } from '../../api/types'
import { senders } from './contract'

/** Takes a sender away, with its password and what waits in its name. */
export function RemoveSender({ sender: s, onClose }: { sender: Sender; onClose: () => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const remove = useMutation({
    mutationFn: () => senders.remove(workspace, s.id),
    onSuccess: () => {
      onClose()
      toast({ title: `Removed ${s.name}` })
      return touched('senders')
    },
  })
  return (
    <Dialog title={`Remove ${s.name}`} onClose={onClose}>
      <Stack gap={4}>
        {remove.error && <Banner tone="bad">{remove.error.message}</Banner>}
        <Text as="p">Nothing more is sent as {s.address}. What waits to be sent from it fails, and says so. What was sent stays.</Text>
        <FormActions>
          <Button autoFocus onClick={onClose}>
            Keep it
          </Button>
          <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            Remove
          </Button>
        </FormActions>
      </Stack>
    </Dialog>
  )
}
