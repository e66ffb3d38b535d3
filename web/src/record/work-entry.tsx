import { CheckSquare, ListTodo, Pencil, Phone, Pin, StickyNote, Trash2, Users, type LucideIcon } from 'lucide-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { TimelineEntry as Entry } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import { useComplete } from '../tasks/queries'
import { Badge } from '../ui/badge'
import { Button, IconButton } from '../ui/button'
import { Text } from '../ui/layout'
import { TimelineEntry } from '../ui/timeline'
import { When } from '../ui/when'
import { Prose } from '../ui/work'
import { ActivityForm, NoteForm } from './composer'
import { useWork, type WorkKind } from './work'

type Work = Entry & { kind: WorkKind }
const icons: Record<WorkKind, LucideIcon> = { note: StickyNote, task: ListTodo, call: Phone, meeting: Users }

/** Whether an entry is somebody's work, which can be changed where it stands. */
export function isWork(entry: Entry): entry is Work {
  return entry.kind === 'note' || entry.kind === 'task' || entry.kind === 'call' || entry.kind === 'meeting'
}

/** A note, task, call or meeting in the stream. */
export function WorkEntry({ entry, last }: { entry: Work; last: boolean }) {
  const { canWrite } = useSession()
  const [editing, setEditing] = useState(false)
  const work = useWork()
  const { record } = entry
  if (editing) return <EditForm entry={entry} onClose={() => setEditing(false)} />
  const side = (
    <>
      {canWrite && entry.kind === 'task' && <CompleteButton entry={entry} />}
      {canWrite && entry.kind === 'note' && (
        <IconButton icon={Pin} size="small" label={record.pinned ? 'Unpin the note' : 'Pin the note'} aria-pressed={record.pinned} onClick={() => work.changeNote.mutate({ note: { id: entry.id, version: record.version }, patch: { pinned: !record.pinned } })} />
      )}
      {canWrite && entry.kind !== 'task' && <IconButton icon={Pencil} size="small" label={`Change the ${entry.kind}`} onClick={() => setEditing(true)} />}
      {canWrite && <IconButton icon={Trash2} size="small" label={`Delete the ${entry.kind}`} busy={work.remove.isPending} onClick={() => work.remove.mutate({ kind: entry.kind, id: entry.id })} />}
      <When at={entry.at} short />
    </>
  )
  return (
    <TimelineEntry icon={icons[entry.kind]} last={last} title={<WorkTitle entry={entry} />} side={side}>
      {record.html && <Prose html={record.html} />}
      {entry.kind === 'task' && entry.summary && <Text tone="muted">{entry.summary}</Text>}
    </TimelineEntry>
  )
}

function WorkTitle({ entry }: { entry: Work }) {
  const workspace = useWorkspace()
  const { record } = entry
  if (entry.kind === 'note')
    return (
      <>
        {entry.actor.name || 'Somebody'} noted {record.pinned && <Badge icon={Pin}>pinned</Badge>}
      </>
    )
  if (entry.kind === 'task')
    return (
      <>
        <Link to="/w/$workspace/tasks" params={{ workspace }} search={{ task: entry.id, who: 'all' }}>
          {entry.title}
        </Link>{' '}
        {record.status === 'done' ? <Badge tone="good">done</Badge> : record.status === 'cancelled' ? <Badge>cancelled</Badge> : record.due_at ? <Badge>due {<When at={record.due_at} />}</Badge> : <Badge>to do</Badge>}
      </>
    )
  const people = (record.contacts ?? []).map((c) => c.name).join(', ')
  const facts = [people && `with ${people}`, record.duration_minutes && `${record.duration_minutes} min`, record.outcome].filter(Boolean).join(' · ')
  return (
    <>
      {entry.title}{' '}
      {facts && (
        <Text size={12} tone="muted">
          {facts}
        </Text>
      )}
    </>
  )
}

function CompleteButton({ entry }: { entry: Work }) {
  const complete = useComplete()
  const over = entry.record.status === 'done' || entry.record.status === 'cancelled'
  return (
    <Button size="small" variant="quiet" icon={CheckSquare} onClick={() => complete({ id: entry.id, version: entry.record.version, title: entry.title, status: over ? 'done' : 'open' })}>
      {over ? 'Open again' : 'Done'}
    </Button>
  )
}

function EditForm({ entry, onClose }: { entry: Work; onClose: () => void }) {
  const { record } = entry
  const target = { id: entry.id, version: record.version, body: record.body ?? '' }
  if (entry.kind === 'call' || entry.kind === 'meeting')
    return <ActivityForm kind={entry.kind} activity={{ ...target, subject: entry.title, at: entry.at, outcome: record.outcome ?? '', duration: record.duration_minutes ?? undefined }} onClose={onClose} />
  return <NoteForm note={{ ...target, pinned: record.pinned ?? false }} onClose={onClose} />
}
