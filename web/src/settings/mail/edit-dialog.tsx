import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { ProblemError } from '../../api/problem'
import { useTouched, useWorkspace } from '../../shell/session'
import { useToast } from '../../shell/toasts'
import { Button } from '../../ui/button'
import { Dialog } from '../../ui/dialog'
import { Checkbox, entry, Form, FormActions, TextField } from '../../ui/form'
import { Banner } from '../../ui/state'
import type { Mailbox, MailboxPatch } from '../../api/types'
import { mailboxes } from './contract'
import { ServerFields } from './server-fields'

/** Changes an account; a new server, user name or password is tried before it is kept. */
export function EditDialog({ mailbox: m, onClose }: { mailbox: Mailbox; onClose: () => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const [imap, setImap] = useState(m.imap)
  const save = useMutation({
    mutationFn: (body: MailboxPatch) => mailboxes.update(workspace, m, body),
    onSuccess: () => {
      onClose()
      toast({ title: `Saved ${m.name}` })
      return touched('mailboxes')
    },
  })
  const problem = save.error instanceof ProblemError ? save.error : undefined
  const submit = (data: FormData) => {
    const username = entry(data, 'username')
    const password = data.get('password')
    const moved = imap.host !== m.imap.host || imap.port !== m.imap.port || imap.security !== m.imap.security
    save.mutate({
      name: entry(data, 'name') || m.address,
      ...(username && username !== m.username && { username }),
      ...(typeof password === 'string' && password && { password }),
      ...(moved && { imap }),
      since: entry(data, 'since') || null,
      mark_seen: data.has('marks'),
    })
  }
  return (
    <Dialog title={`Edit ${m.name}`} wide onClose={onClose}>
      <Form label={`Edit ${m.name}`} onSubmit={submit}>
        {m.trouble && m.state === 'paused' && !save.error && <Banner tone="warn">{m.reason}</Banner>}
        {save.error && !problem?.errors.length && <Banner tone="bad">{save.error.message}</Banner>}
        <TextField label="Name" name="name" defaultValue={m.name} error={problem?.field('name')} />
        {m.auth === 'password' && (
          <>
            <TextField label="User name" name="username" defaultValue={m.username} spellCheck={false} autoCapitalize="off" error={problem?.field('username')} />
            <TextField label="New password" name="password" type="password" autoFocus={m.trouble} autoComplete="new-password" help="Leave it empty to keep the one that is stored." error={problem?.field('password')} />
            <ServerFields kind="imap" label="Incoming (IMAP)" server={imap} onChange={setImap} problem={problem} />
          </>
        )}
        <TextField label="Mail since" name="since" type="date" defaultValue={m.since ?? ''} help="Older mail stays out. Empty reads everything, newest first." error={problem?.field('since')} />
        <Checkbox name="marks" label="Mark as read on the server what is read here" defaultChecked={m.mark_seen} />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.isPending}>
            Save
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}
