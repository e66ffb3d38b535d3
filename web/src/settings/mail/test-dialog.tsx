import { useMutation } from '@tanstack/react-query'
import { ProblemError } from '../../api/problem'
import { useSession, useTouched, useWorkspace } from '../../shell/session'
import { Button } from '../../ui/button'
import { Dialog } from '../../ui/dialog'
import { entry, Form, FormActions, TextField } from '../../ui/form'
import { Text } from '../../ui/layout'
import { Banner } from '../../ui/state'
import type { Sender } from '../../api/types'
import { senders } from './contract'

/** Sends one mail, to see that the server takes it. */
export function TestDialog({ sender: s, onClose }: { sender: Sender; onClose: () => void }) {
  const workspace = useWorkspace()
  const { me } = useSession()
  const touched = useTouched()
  const test = useMutation({ mutationFn: (to: string) => senders.test(workspace, s.id, to || undefined), onSettled: () => touched('senders') })
  const problem = test.error instanceof ProblemError ? test.error : undefined
  const elsewhere = problem?.errors.filter((e) => e.pointer !== '/to').map((e) => e.message) ?? []
  return (
    <Dialog title={`Test ${s.name}`} onClose={onClose}>
      <Form label={`Test ${s.name}`} onSubmit={(data) => test.mutate(entry(data, 'to'))}>
        {test.error && !problem?.field('to') && <Banner tone="bad">{elsewhere.join(' ') || test.error.message}</Banner>}
        {test.data && <Banner tone="good">{test.data.reply ? `The server took the mail: ${test.data.reply}` : 'The server lets this sender in. No mail was sent.'}</Banner>}
        <Text as="p">
          Signs in at {s.smtp.host} as {s.address}, and sends one short mail.
        </Text>
        <TextField label="To" name="to" type="email" autoFocus defaultValue={me.user.email} help="Empty only signs in." error={problem?.field('to')} />
        <FormActions>
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" variant="primary" busy={test.isPending}>
            Send a test
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}
