import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { ProblemError } from '../../api/problem'
import { useTouched, useWorkspace } from '../../shell/session'
import { useToast } from '../../shell/toasts'
import { Button, TextButton } from '../../ui/button'
import { Checkbox, Fieldset, Form, FormActions, TextField } from '../../ui/form'
import { Stack, Text } from '../../ui/layout'
import { Banner } from '../../ui/state'
import type { MailProvider, MailServer, MailboxAttempt, NewMailbox } from '../../api/types'
import { mailboxes } from './contract'
import { hostOf } from './hosts'
import { ServerFields } from './server-fields'

type Draft = { address: string; password: string; username: string; name: string; since: string; imap?: MailServer; smtp?: MailServer; sends: boolean; marks: boolean }

const blank: Draft = { address: '', password: '', username: '', name: '', since: '', sends: true, marks: false }
const noImap: MailServer = { host: '', port: 993, security: 'tls' }
const noSmtp: MailServer = { host: '', port: 587, security: 'starttls' }

/** The draft as the server takes it; what nobody touched follows from the address. */
function bodyOf(d: Draft): NewMailbox {
  const guess = hostOf(d.address)
  return {
    address: d.address.trim(),
    auth: 'password',
    password: d.password,
    name: d.name.trim() || undefined,
    username: d.username.trim() || undefined,
    imap: d.imap ?? guess?.imap ?? noImap,
    smtp: d.sends ? (d.smtp ?? guess?.smtp ?? noSmtp) : undefined,
    since: d.since || undefined,
    mark_seen: d.marks,
  }
}

/** An account by its address and password; the servers are guessed and can be changed. */
export function PasswordForm({ onClose, onProvider }: { onClose: () => void; onProvider: (provider: MailProvider) => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const [draft, setDraft] = useState(blank)
  const guess = hostOf(draft.address)
  const test = useMutation({ mutationFn: () => mailboxes.test(workspace, bodyOf(draft)) })
  const connect = useMutation({
    mutationFn: () => mailboxes.create(workspace, bodyOf(draft)),
    onSuccess: (m) => {
      onClose()
      toast({ title: `Connected ${m.name}`, detail: 'Its mail comes in now, newest first.' })
      return touched('mailboxes', 'senders')
    },
  })
  const set = (change: Partial<Draft>) => {
    setDraft({ ...draft, ...change })
    test.reset()
    connect.reset()
  }
  const problem = problemOf(connect.error ?? test.error)
  return (
    <Form label="Add a mailbox" onSubmit={() => connect.mutate()}>
      <Trouble error={connect.error ?? test.error} />
      <TextField label="Address" type="email" autoFocus spellCheck={false} placeholder="you@example.com" value={draft.address} onChange={(e) => set({ address: e.target.value, imap: undefined, smtp: undefined })} error={problem?.field('address')} />
      {guess?.note && (
        <Banner
          actions={
            guess.oauth && (
              <TextButton type="button" onClick={() => guess.oauth && onProvider(guess.oauth)}>
                Connect with {guess.oauth === 'google' ? 'Google' : 'Microsoft'}
              </TextButton>
            )
          }
        >
          {guess.note}
        </Banner>
      )}
      <TextField label="Password" type="password" autoComplete="new-password" value={draft.password} onChange={(e) => set({ password: e.target.value })} help="It is kept sealed, and sent to the mail server alone." error={problem?.field('password')} />
      <ServerFields kind="imap" label="Incoming (IMAP)" server={draft.imap ?? guess?.imap ?? noImap} placeholder="imap.example.com" onChange={(imap) => set({ imap })} problem={problem} />
      {guess && !guess.known && !draft.imap && <Text size={12} tone="muted">These are the usual names. If they are not right, your provider’s help pages have the right ones.</Text>}
      <Checkbox label="Send from this address too" checked={draft.sends} onChange={(sends) => set({ sends })} />
      {draft.sends && <ServerFields kind="smtp" label="Outgoing (SMTP)" server={draft.smtp ?? guess?.smtp ?? noSmtp} placeholder="smtp.example.com" onChange={(smtp) => set({ smtp })} problem={problem} />}
      <More draft={draft} onChange={set} problem={problem} />
      {test.data && <Works attempt={test.data} />}
      <FormActions>
        <Button busy={test.isPending} disabled={connect.isPending} onClick={() => test.mutate()}>
          Test
        </Button>
        <Button type="submit" variant="primary" busy={connect.isPending} disabled={test.isPending}>
          Connect
        </Button>
      </FormActions>
    </Form>
  )
}

function problemOf(error: Error | null): ProblemError | undefined {
  return error instanceof ProblemError ? error : undefined
}

const shownAtFields = /^\/(address|password|username|name|since|(imap|smtp)\/(host|port|security))$/

/** What is wrong and has no field of its own. */
function Trouble({ error }: { error: Error | null }) {
  if (!error) return null
  const faults = error instanceof ProblemError ? error.errors : []
  const rest = faults.filter((f) => !shownAtFields.test(f.pointer ?? ''))
  if (faults.length > 0 && rest.length === 0) return null
  return <Banner tone="bad">{rest.map((f) => f.message).join(' ') || error.message}</Banner>
}

function Works({ attempt }: { attempt: MailboxAttempt }) {
  const names = attempt.folders.map((f) => f.name)
  return (
    <Banner tone="good">
      It works. {names.length === 1 ? 'One folder' : `${names.length} folders`}: {names.slice(0, 8).join(', ')}
      {names.length > 8 && ` and ${names.length - 8} more`}.
    </Banner>
  )
}

function More({ draft, onChange, problem }: { draft: Draft; onChange: (change: Partial<Draft>) => void; problem?: ProblemError }) {
  const [open, setOpen] = useState(false)
  if (!open && !problem?.field('username') && !problem?.field('name') && !problem?.field('since'))
    return (
      <div>
        <TextButton aria-expanded={false} onClick={() => setOpen(true)}>
          More: user name, starting date, read state
        </TextButton>
      </div>
    )
  return (
    <Fieldset legend="More">
      <Stack gap={3}>
        <TextField label="User name" autoFocus value={draft.username} placeholder={draft.address || 'the address'} spellCheck={false} autoCapitalize="off" onChange={(e) => onChange({ username: e.target.value })} error={problem?.field('username')} />
        <TextField label="Name of the mailbox" value={draft.name} placeholder={draft.address || 'the address'} onChange={(e) => onChange({ name: e.target.value })} error={problem?.field('name')} />
        <TextField label="Mail since" type="date" value={draft.since} onChange={(e) => onChange({ since: e.target.value })} help="Older mail stays out. Empty reads everything, newest first." error={problem?.field('since')} />
        <Checkbox label="Mark as read on the server what is read here" checked={draft.marks} onChange={(marks) => onChange({ marks })} />
      </Stack>
    </Fieldset>
  )
}
