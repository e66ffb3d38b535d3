import { useMutation } from '@tanstack/react-query'
import { counted } from '../../record/words'
import { useTouched, useWorkspace } from '../../shell/session'
import { useToast } from '../../shell/toasts'
import { Button } from '../../ui/button'
import { Dialog } from '../../ui/dialog'
import { FormActions } from '../../ui/form'
import { Stack, Text } from '../../ui/layout'
import { Banner } from '../../ui/state'
import type { Mailbox } from '../../api/types'
import { mailboxes } from './contract'

/** Takes an account away, which has no undo: the password is gone. */
export function RemoveDialog({ mailbox: m, onClose }: { mailbox: Mailbox; onClose: () => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const remove = useMutation({
    mutationFn: () => mailboxes.remove(workspace, m.id),
    onSuccess: () => {
      onClose()
      toast({ title: `Disconnected ${m.name}` })
      return touched('mailboxes', 'senders')
    },
  })
  return (
    <Dialog title={`Disconnect ${m.name}`} onClose={onClose}>
      <Stack gap={4}>
        {remove.error && <Banner tone="bad">{remove.error.message}</Banner>}
        <Text as="p">
          New mail of {m.address} no longer comes in. {counted(m.message_count, 'message')} already here {m.message_count === 1 ? 'stays' : 'stay'}, and nothing changes on the mail server.
        </Text>
        <FormActions>
          <Button autoFocus onClick={onClose}>
            Keep it
          </Button>
          <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            Disconnect
          </Button>
        </FormActions>
      </Stack>
    </Dialog>
  )
}
