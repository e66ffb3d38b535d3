import { useMutation, useQuery } from '@tanstack/react-query'
import { ProblemError } from '../../api/problem'
import { useTouched, useWorkspace } from '../../shell/session'
import { useToast } from '../../shell/toasts'
import { Button } from '../../ui/button'
import { Dialog } from '../../ui/dialog'
import { Checkbox, entry, Form, FormActions, TextField } from '../../ui/form'
import { Stack, Text } from '../../ui/layout'
import { Banner, ErrorState, SkeletonLines } from '../../ui/state'
import type { MailProvider, Mailbox, NewMailbox } from '../../api/types'
import { mailboxes } from './contract'
import { hostOfProvider } from './hosts'
import { grantsQuery } from './queries'

type Grant = { id: string; provider: MailProvider; address: string }

/** What follows on the way back from a provider: the account becomes a mailbox, or an old one goes on. */
export function GrantedDialog({ grant, again, onClose }: { grant: string; again?: Mailbox; onClose: () => void }) {
  const workspace = useWorkspace()
  const grants = useQuery(grantsQuery(workspace))
  const found = grants.data?.find((g) => g.id === grant)
  return (
    <Dialog title={found ? `Connected to ${found.provider === 'google' ? 'Google' : 'Microsoft'}` : 'Connected'} onClose={onClose}>
      {grants.isPending && <SkeletonLines count={3} />}
      {grants.isError && <ErrorState title="The account could not be read" error={grants.error} onRetry={() => void grants.refetch()} />}
      {grants.data && !found && <Banner tone="bad">This account is not among those of the workspace. Connect it again.</Banner>}
      {found && (again ? <GoOn mailbox={again} grant={found} onClose={onClose} /> : <NewOne grant={found} onClose={onClose} />)}
    </Dialog>
  )
}

function GoOn({ mailbox, grant, onClose }: { mailbox: Mailbox; grant: Grant; onClose: () => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const other = grant.id !== mailbox.grant_id
  const resume = useMutation({
    mutationFn: () => (other ? mailboxes.update(workspace, mailbox, { grant_id: grant.id }) : mailboxes.turn(workspace, mailbox.id, 'retry')),
    onSuccess: () => {
      onClose()
      toast({ title: `${mailbox.name} goes on` })
      return touched('mailboxes')
    },
  })
  return (
    <Stack gap={4}>
      {resume.error && <Banner tone="bad">{resume.error.message}</Banner>}
      {other && (
        <Banner tone="warn">
          You signed in as {grant.address}. The mailbox {mailbox.name} belongs to {mailbox.address}: go on only if both are the same account.
        </Banner>
      )}
      <Text as="p">
        {mailbox.name} has access again and goes on where it stopped.
      </Text>
      <FormActions>
        {other && <Button onClick={onClose}>Cancel</Button>}
        <Button variant="primary" autoFocus busy={resume.isPending} onClick={() => resume.mutate()}>
          {other ? `Use ${grant.address}` : 'Go on'}
        </Button>
      </FormActions>
    </Stack>
  )
}

function NewOne({ grant, onClose }: { grant: Grant; onClose: () => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const host = hostOfProvider(grant.provider)
  const connect = useMutation({
    mutationFn: (body: NewMailbox) => mailboxes.create(workspace, body),
    onSuccess: (m) => {
      onClose()
      toast({ title: `Connected ${m.name}`, detail: 'Its mail comes in now, newest first.' })
      return touched('mailboxes', 'senders')
    },
  })
  const problem = connect.error instanceof ProblemError ? connect.error : undefined
  const submit = (data: FormData) =>
    connect.mutate({
      address: grant.address,
      auth: grant.provider,
      grant_id: grant.id,
      name: entry(data, 'name') || undefined,
      imap: host.imap,
      smtp: data.has('sends') ? host.smtp : undefined,
      since: entry(data, 'since') || undefined,
      mark_seen: data.has('marks'),
    })
  return (
    <Form label="Finish connecting" onSubmit={submit}>
      {connect.error && <Banner tone="bad">{problem?.errors.map((e) => e.message).join(' ') || connect.error.message}</Banner>}
      <Text as="p">
        <strong>{grant.address}</strong> allows Rapport to read and send its mail.
      </Text>
      <TextField label="Name of the mailbox" name="name" autoFocus placeholder={grant.address} error={problem?.field('name')} />
      <TextField label="Mail since" name="since" type="date" help="Older mail stays out. Empty reads everything, newest first." error={problem?.field('since')} />
      <Checkbox name="sends" label="Send from this address too" defaultChecked />
      <Checkbox name="marks" label="Mark as read on the server what is read here" />
      <FormActions>
        <Button onClick={onClose}>Later</Button>
        <Button type="submit" variant="primary" busy={connect.isPending}>
          Read its mail
        </Button>
      </FormActions>
    </Form>
  )
}
