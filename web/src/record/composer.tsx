import { useMutation } from '@tanstack/react-query'
import { ListPlus, Phone, StickyNote, Users } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { QuickAdd } from '../tasks/quick-add'
import { fromField, toField } from '../tasks/quick'
import { Button, ButtonGroup } from '../ui/button'
import { Checkbox, Form, FormActions, entry, TextAreaField, TextField } from '../ui/form'
import { Stack } from '../ui/layout'
import { useNow } from '../ui/now'
import { ComposerBox, Fields, Prose } from '../ui/work'
import { useWork, type WorkKind } from './work'

/** What a note, task or call is added to. */
export type Subject = { entity: 'contact' | 'company'; id: string }

type Mode = 'note' | 'task' | 'call' | 'meeting'
const modes = [
  { id: 'note', label: 'Note', icon: StickyNote, keys: 'n' },
  { id: 'task', label: 'Task', icon: ListPlus, keys: 't' },
  { id: 'call', label: 'Log call', icon: Phone, keys: 'l' },
  { id: 'meeting', label: 'Log meeting', icon: Users, keys: 'm' },
] satisfies { id: Mode; label: string; icon: typeof Phone; keys: string }[]

/** Writes into the story of a contact or company: a note, a task, a call, a meeting. */
export function Composer({ subject }: { subject: Subject }) {
  const { canWrite } = useSession()
  const [mode, setMode] = useState<Mode>()
  useKeys(modes.map((m) => ({ keys: m.keys, label: m.label, group: 'This record', run: () => canWrite && setMode(m.id) })))
  if (!canWrite) return null
  const close = () => setMode(undefined)
  return (
    <Stack gap={2}>
      <ButtonGroup label="Add">
        {modes.map((m) => (
          <Button key={m.id} size="small" icon={m.icon} aria-pressed={mode === m.id} onClick={() => setMode(mode === m.id ? undefined : m.id)}>
            {m.label}
          </Button>
        ))}
      </ButtonGroup>
      {mode === 'note' && <NoteForm subject={subject} onClose={close} />}
      {mode === 'task' && (
        <ComposerBox>
          <QuickAdd autoFocus about={{ entity: subject.entity, entity_id: subject.id }} onAdded={close} />
        </ComposerBox>
      )}
      {(mode === 'call' || mode === 'meeting') && <ActivityForm key={mode} kind={mode} subject={subject} onClose={close} />}
    </Stack>
  )
}

type Written = { id: string; version: number; body: string; pinned: boolean }

/** Writes a note, or changes one; the preview is the server's. */
export function NoteForm({ subject, note, onClose }: { subject?: Subject; note?: Written; onClose: () => void }) {
  const workspace = useWorkspace()
  const work = useWork()
  const [body, setBody] = useState(note?.body ?? '')
  const [pinned, setPinned] = useState(note?.pinned ?? false)
  const preview = useMutation({ mutationFn: (text: string) => read(server.POST('/v1/workspaces/{workspace}/notes/preview', { params: { path: { workspace } }, body: { body: text } })) })
  const done = { onSuccess: onClose }
  const save = () => {
    if (!body.trim()) return
    if (note) work.changeNote.mutate({ note, patch: { body, pinned } }, done)
    else if (subject) work.addNote.mutate({ entity: subject.entity, entity_id: subject.id, body, pinned }, done)
  }
  const problem = work.addNote.error ?? work.changeNote.error
  return (
    <ComposerBox>
      <Form label={note ? 'Change the note' : 'New note'} onSubmit={save}>
        {preview.data ? (
          <Prose html={preview.data.html || '<p>Nothing yet.</p>'} />
        ) : (
          <TextAreaField
            label="Note"
            autoFocus
            value={body}
            maxLength={50_000}
            help="Markdown: **bold**, - list, # heading, links."
            error={problem?.message}
            onChange={(e) => setBody(e.target.value)}
            onKeyDown={(e) => {
              if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) save()
              if (e.key === 'Escape' && body === (note?.body ?? '')) onClose()
            }}
          />
        )}
        <FormActions>
          <Button type="submit" variant="primary" busy={work.addNote.isPending || work.changeNote.isPending} disabled={!body.trim()}>
            {note ? 'Save note' : 'Add note'}
          </Button>
          <Button busy={preview.isPending} onClick={() => (preview.data ? preview.reset() : preview.mutate(body))}>
            {preview.data ? 'Write' : 'Preview'}
          </Button>
          <Button variant="quiet" onClick={onClose}>
            Cancel
          </Button>
          <Checkbox label="Pin" checked={pinned} onChange={setPinned} />
        </FormActions>
      </Form>
    </ComposerBox>
  )
}

type Logged = { id: string; version: number; subject: string; body: string; at: string; outcome: string; duration?: number }
type ActivityProps = { kind: Extract<WorkKind, 'call' | 'meeting'>; subject?: Subject; activity?: Logged; onClose: () => void }

/** Logs a call or a meeting, or changes what was logged. */
export function ActivityForm({ kind, subject, activity, onClose }: ActivityProps) {
  const { workspace } = useSession()
  const work = useWork()
  const now = useNow()
  const [missing, setMissing] = useState(false)
  const save = (data: FormData) => {
    const minutes = Number(entry(data, 'minutes'))
    const at = fromField(entry(data, 'at'), workspace.time_zone)
    const title = entry(data, 'subject')
    setMissing(!title || !at)
    if (!title || !at) return
    const said = { subject: title, body: entry(data, 'body'), at, outcome: entry(data, 'outcome'), ...(minutes > 0 && { duration_minutes: minutes }) }
    if (activity) work.changeActivity.mutate({ activity, patch: said }, { onSuccess: onClose })
    else if (subject) work.addActivity.mutate({ kind, ...said, ...(subject.entity === 'contact' ? { contact_ids: [subject.id] } : { company_id: subject.id }) }, { onSuccess: onClose })
  }
  const problem = work.addActivity.error ?? work.changeActivity.error
  return (
    <ComposerBox>
      <Form label={kind === 'call' ? 'Call' : 'Meeting'} onSubmit={save}>
        <TextField label="About" name="subject" defaultValue={activity?.subject ?? (kind === 'call' ? 'Call' : 'Meeting')} maxLength={300} autoFocus error={missing ? 'Say what it was about, and when.' : problem?.message} />
        <Fields>
          <TextField label="When" name="at" type="datetime-local" defaultValue={toField(activity?.at ?? new Date(now).toISOString(), workspace.time_zone)} />
          <TextField label="Minutes" name="minutes" type="number" min={0} max={10080} defaultValue={activity?.duration ?? ''} />
          <TextField label="Outcome" name="outcome" maxLength={300} defaultValue={activity?.outcome ?? ''} />
        </Fields>
        <TextAreaField label="Notes" name="body" maxLength={50_000} defaultValue={activity?.body ?? ''} />
        <FormActions>
          <Button type="submit" variant="primary" busy={work.addActivity.isPending || work.changeActivity.isPending}>
            {activity ? 'Save' : kind === 'call' ? 'Log call' : 'Log meeting'}
          </Button>
          <Button variant="quiet" onClick={onClose}>
            Cancel
          </Button>
        </FormActions>
      </Form>
    </ComposerBox>
  )
}
