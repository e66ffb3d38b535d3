import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ProblemError } from '../../api/problem'
import { useSession, useTouched, useWorkspace } from '../../shell/session'
import { useToast } from '../../shell/toasts'
import { Button } from '../../ui/button'
import { Dialog } from '../../ui/dialog'
import { Checkbox, Form, FormActions, SelectField, TextAreaField, TextField } from '../../ui/form'
import { Stack, Text } from '../../ui/layout'
import { Preview } from '../../ui/rows'
import { Banner } from '../../ui/state'
import type { MailServer, NewSender, Sender } from '../../api/types'
import { senders } from './contract'
import { hostOf } from './hosts'
import { mailboxesQuery } from './queries'
import { ServerFields } from './server-fields'

type Draft = { name: string; address: string; signature: string; mailbox: string; smtp?: MailServer; username: string; password: string; preferred: boolean }

function draftOf(s: Sender | undefined, name: string): Draft {
  return {
    name: s?.name ?? name,
    address: s?.address ?? '',
    signature: s?.signature ?? '',
    mailbox: s?.mailbox_id ?? '',
    smtp: s && { host: s.smtp.host, port: s.smtp.port, security: s.smtp.security },
    username: s?.smtp.username ?? '',
    password: '',
    preferred: s?.is_default ?? false,
  }
}

const noSmtp: MailServer = { host: '', port: 587, security: 'starttls' }

function serverOf(d: Draft): MailServer {
  return d.smtp ?? hostOf(d.address)?.smtp ?? noSmtp
}

function bodyOf(d: Draft, before?: Sender): Partial<NewSender> & Pick<NewSender, 'name' | 'address' | 'signature'> {
  const own = d.mailbox ? undefined : { ...serverOf(d), username: d.username.trim() || undefined, password: d.password || undefined }
  return { name: d.name, address: d.address.trim(), signature: d.signature, mailbox_id: before ? undefined : d.mailbox || undefined, smtp: own, is_default: d.preferred || undefined }
}

/** Adds a sender, or changes one. */
export function SenderDialog({ sender, onClose }: { sender?: Sender; onClose: () => void }) {
  const workspace = useWorkspace()
  const { me } = useSession()
  const touched = useTouched()
  const toast = useToast()
  const boxes = useQuery(mailboxesQuery(workspace)).data ?? []
  const [draft, setDraft] = useState(() => draftOf(sender, me.user.name))
  const save = useMutation({
    mutationFn: () => (sender ? senders.update(workspace, sender, bodyOf(draft, sender)) : senders.create(workspace, bodyOf(draft))),
    onSuccess: (s) => {
      onClose()
      toast({ title: sender ? `Saved ${s.name}` : `Added ${s.name}` })
      return touched('senders')
    },
  })
  const set = (change: Partial<Draft>) => {
    setDraft({ ...draft, ...change })
    save.reset()
  }
  const borrow = (id: string) => set({ mailbox: id, address: boxes.find((m) => m.id === id)?.address ?? draft.address })
  const problem = save.error instanceof ProblemError ? save.error : undefined
  const sources = [{ value: '', label: 'A server of its own' }, ...boxes.map((m) => ({ value: m.id, label: `The login of ${m.name}` }))]
  return (
    <Dialog title={sender ? `Edit ${sender.name}` : 'Add a sender'} wide onClose={onClose}>
      <Form label={sender ? `Edit ${sender.name}` : 'Add a sender'} onSubmit={() => save.mutate()}>
        {save.error && !problem?.errors.length && <Banner tone="bad">{save.error.message}</Banner>}
        <TextField label="Name" autoFocus={!sender} value={draft.name} onChange={(e) => set({ name: e.target.value })} help="Recipients see it beside the address." error={problem?.field('name')} />
        {!sender && boxes.length > 0 && <SelectField label="Sends through" options={sources} value={draft.mailbox} onChange={(e) => borrow(e.target.value)} error={problem?.field('mailbox_id')} />}
        <TextField label="Address" type="email" spellCheck={false} value={draft.address} onChange={(e) => set({ address: e.target.value })} error={problem?.field('address')} />
        {!draft.mailbox && <OwnServer draft={draft} onChange={set} problem={problem} stored={sender !== undefined} />}
        <Signature draft={draft} onChange={set} error={problem?.field('signature')} autoFocus={sender !== undefined} />
        <Checkbox label="New mail is sent as this, unless somebody chooses another" checked={draft.preferred} disabled={sender?.is_default} onChange={(preferred) => set({ preferred })} />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.isPending}>
            {sender ? 'Save' : 'Add sender'}
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}

type Part = { draft: Draft; onChange: (change: Partial<Draft>) => void }

function OwnServer({ draft, onChange, problem, stored }: Part & { problem?: ProblemError; stored: boolean }) {
  return (
    <>
      <ServerFields kind="smtp" label="Outgoing (SMTP)" server={serverOf(draft)} placeholder="smtp.example.com" onChange={(smtp) => onChange({ smtp })} problem={problem} />
      <TextField label="User name" value={draft.username} spellCheck={false} autoCapitalize="off" onChange={(e) => onChange({ username: e.target.value })} help="Often the address. Empty for a server that asks nobody." error={problem?.field('smtp/username')} />
      <TextField
        label={stored ? 'New password' : 'Password'}
        type="password"
        autoComplete="new-password"
        value={draft.password}
        onChange={(e) => onChange({ password: e.target.value })}
        help={stored ? 'Leave it empty to keep the one that is stored.' : 'It is kept sealed, and sent to this server alone.'}
        error={problem?.field('smtp/password')}
      />
    </>
  )
}

function Signature({ draft, onChange, error, autoFocus }: Part & { error?: string; autoFocus: boolean }) {
  return (
    <Stack gap={2}>
      <TextAreaField label="Signature" rows={4} maxLength={5000} autoFocus={autoFocus} value={draft.signature} onChange={(e) => onChange({ signature: e.target.value })} help="Plain text, below every mail that is sent as this." error={error} />
      {draft.signature.trim() !== '' && (
        <Stack gap={1}>
          <Text size={12} tone="muted">
            As it will be read
          </Text>
          <Preview label="Preview of a mail">{`Hello Ben,\n\nthank you for your message.\n\n-- \n${draft.signature.trimEnd()}`}</Preview>
        </Stack>
      )}
    </Stack>
  )
}
