import { useState } from 'react'
import { ProblemError } from '../api/problem'
import type { Approval, ApprovalDecided } from '../api/types'
import { counted } from '../record/words'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { entry, Form, FormActions, PasswordField, secretEntry, TextAreaField, TextField } from '../ui/form'
import { Row, Stack, Text } from '../ui/layout'
import { EntryHead, RowEntry, Rows } from '../ui/rows'
import { Banner } from '../ui/state'
import type { Deciding } from './actions'
import { parsedObject, rewritten, stateWords, subjectOf, textOf } from './words'

type DialogProps = { approval: Approval; deciding: Deciding; onClose: () => void }

/** Asks why; the reason is what the agent learns from. */
export function RejectDialog({ approval, deciding: { reject }, onClose }: DialogProps) {
  const [wrong, setWrong] = useState<string>()
  const problem = reject.error instanceof ProblemError ? reject.error : undefined
  const submit = (data: FormData) => {
    const reason = entry(data, 'reason')
    setWrong(reason ? undefined : 'Say why, in a few words.')
    if (reason) reject.mutate({ approval, reason }, { onSuccess: onClose })
  }
  return (
    <Dialog title="Reject this?" onClose={onClose}>
      <Form label="Reject" onSubmit={submit}>
        <Text as="p" dir="auto">
          {approval.title}
        </Text>
        {reject.error && !problem?.field('reason') && <Banner tone="bad">{reject.error.message}</Banner>}
        <TextAreaField label="Reason" name="reason" rows={3} maxLength={2000} required help={approval.agent ? 'The agent remembers it as a lesson.' : 'It is kept with the request.'} error={wrong ?? problem?.field('reason')} />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="danger" busy={reject.isPending}>
            Reject
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}

/** Asks for the password of the only one who could decide. */
export function PasswordDialog({ approval, deciding: { approve }, onClose }: DialogProps) {
  return (
    <Dialog title="Approve with your password" onClose={onClose}>
      <Form label="Approve" onSubmit={(data) => approve.mutate({ approval, password: secretEntry(data, 'password') }, { onSuccess: onClose })}>
        <Text as="p">It was asked for on your behalf, its risk is high, and nobody else here could decide it.</Text>
        <PasswordField label="Your password" name="password" autoComplete="current-password" required error={approve.error?.message} />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={approve.isPending}>
            Approve
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}

/** Changes what would be done, and allows that. */
export function EditDialog({ approval, deciding: { approve }, onClose }: DialogProps) {
  const [wrong, setWrong] = useState<string>()
  const { mail } = approval.preview
  const problem = approve.error instanceof ProblemError ? approve.error : undefined
  const submit = (data: FormData) => {
    const password = secretEntry(data, 'password')
    if (mail) return approve.mutate({ approval, args: rewritten(approval.args, mail, entry(data, 'subject'), entry(data, 'text')), password }, { onSuccess: onClose })
    const parsed = parsedObject(entry(data, 'args'))
    setWrong('fault' in parsed ? parsed.fault : undefined)
    if ('value' in parsed) approve.mutate({ approval, args: parsed.value, password }, { onSuccess: onClose })
  }
  const elsewhere = problem?.errors.filter((e) => !mail || !['/subject', '/text', 'subject', 'text'].includes(e.pointer ?? '')) ?? []
  return (
    <Dialog title="Change it before you approve" onClose={onClose} wide>
      <Form label="Change it" onSubmit={submit}>
        {approve.error && (elsewhere.length > 0 || !problem?.errors.length) && (
          <Banner tone="bad">
            {elsewhere.length === 0 ? approve.error.message : <FieldFaults faults={elsewhere} />}
          </Banner>
        )}
        {mail ? (
          <>
            <TextField label="Subject" name="subject" defaultValue={subjectOf(approval.args, mail)} dir="auto" error={problem?.field('subject')} />
            <TextAreaField label="Text" name="text" rows={14} defaultValue={textOf(approval.args, mail)} dir="auto" help="Recipients, attachments and the time stay as they are." error={problem?.field('text')} />
          </>
        ) : (
          <TextAreaField label="Arguments" name="args" rows={12} spellCheck={false} defaultValue={JSON.stringify(approval.args, null, 2)} help={`What ${approval.operation} is called with, as JSON.`} error={wrong} />
        )}
        {approval.password && <PasswordField label="Your password" name="password" autoComplete="current-password" />}
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={approve.isPending}>
            Approve as changed
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}

function FieldFaults({ faults }: { faults: { pointer?: string; message: string }[] }) {
  return (
    <Stack gap={1}>
      {faults.map((f) => (
        <span key={`${f.pointer} ${f.message}`}>
          {f.pointer && <Text mono>{f.pointer.replace(/^\//, '')}: </Text>}
          {f.message}
        </span>
      ))}
    </Stack>
  )
}

/** What became of each of a group. */
export function GroupOutcome({ decided, onClose }: { decided: (ApprovalDecided & { title: string })[]; onClose: () => void }) {
  const done = decided.filter((d) => d.state === 'done').length
  return (
    <Dialog title={`${done} of ${counted(decided.length, 'request')} done`} onClose={onClose} wide>
      <Rows label="What became of each">
        {decided.map((d) => (
          <RowEntry key={d.id}>
            <EntryHead>
              <Stack gap={0}>
                <Text weight={500} dir="auto">
                  {d.title}
                </Text>
                {d.reason && (
                  <Text size={13} tone="muted">
                    {d.reason}
                  </Text>
                )}
              </Stack>
              <Badge tone={d.state === 'pending' ? 'warn' : stateWords(d.state).tone}>{d.state === 'pending' ? 'Not decided' : stateWords(d.state).label}</Badge>
            </EntryHead>
          </RowEntry>
        ))}
      </Rows>
      <Row justify="end">
        <Button variant="primary" onClick={onClose}>
          Close
        </Button>
      </Row>
    </Dialog>
  )
}
