import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check, RotateCcw, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import type { Task } from '../api/types'
import { useMembers, useSession, useWorkspace } from '../shell/session'
import { Button, IconButton } from '../ui/button'
import { TextAreaField } from '../ui/form'
import { EditableProperty, Properties, Property } from '../ui/inline-edit'
import { Row, Stack, Text } from '../ui/layout'
import { ErrorState, SkeletonLines } from '../ui/state'
import { absoluteIn } from '../ui/time'
import { When } from '../ui/when'
import { taskQuery, useComplete, useRemoveTask, useTaskPatch } from './queries'
import { fromField, parseQuick, toField } from './quick'
import { isOver, TaskAbout } from './task-row'

const priorities = (['low', 'medium', 'high', 'urgent'] as const).map((p) => ({ value: p, label: p.charAt(0).toUpperCase() + p.slice(1) }))
const statuses = [
  { value: 'open', label: 'Open' },
  { value: 'in_progress', label: 'In progress' },
  { value: 'done', label: 'Done' },
  { value: 'cancelled', label: 'Cancelled' },
]

/** A task with everything, to be read and changed in place. */
export function TaskPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const workspace = useWorkspace()
  const task = useQuery(taskQuery(workspace, id))
  if (task.isPending) return <SkeletonLines count={6} />
  if (task.isError)
    return (
      <Stack>
        <Row justify="end">
          <IconButton icon={X} label="Close" onClick={onClose} />
        </Row>
        <ErrorState title="This task could not be read" error={task.error} onRetry={() => void task.refetch()} />
      </Stack>
    )
  return <TaskView task={task.data} onClose={onClose} />
}

function TaskView({ task, onClose }: { task: Task; onClose: () => void }) {
  const { canWrite } = useSession()
  const complete = useComplete()
  const remove = useRemoveTask()
  return (
    <Stack gap={4}>
      <Row justify="between" align="top">
        <Text as="h2" size={16} weight={600} dir="auto">
          {task.title}
        </Text>
        <IconButton icon={X} label="Close" onClick={onClose} />
      </Row>
      {canWrite && (
        <Row>
          <Button icon={isOver(task) ? RotateCcw : Check} variant={isOver(task) ? 'secondary' : 'primary'} onClick={() => complete(task)}>
            {isOver(task) ? 'Open again' : 'Complete'}
          </Button>
          <Button icon={Trash2} variant="danger" busy={remove.isPending} onClick={() => remove.mutate(task, { onSuccess: onClose })}>
            Delete
          </Button>
        </Row>
      )}
      <TaskProperties task={task} />
      <Description key={task.version} task={task} />
    </Stack>
  )
}

function TaskProperties({ task }: { task: Task }) {
  const { canWrite, workspace } = useSession()
  const members = useMembers()
  const patch = useTaskPatch()
  const save = (change: Parameters<typeof patch.mutate>[0]['patch']) => patch.mutate({ task, patch: change })
  const due = task.due_at ? toField(task.due_at, workspace.time_zone) : ''
  return (
    <Properties>
      <EditableProperty label="Title" value={task.title} disabled={!canWrite} onSave={(title) => title && save({ title })} />
      <EditableProperty
        label="Due"
        value={due.replace('T', ' ')}
        shown={task.due_at && absoluteIn(task.due_at, workspace.time_zone)}
        disabled={!canWrite}
        onSave={(value) => save({ due_at: readDue(value, workspace.time_zone) ?? (value ? task.due_at : null) })}
      />
      <EditableProperty label="Priority" value={task.priority} shown={priorities.find((p) => p.value === task.priority)?.label} options={priorities} disabled={!canWrite} onSave={(priority) => save({ priority })} />
      <EditableProperty label="Status" value={task.status} shown={statuses.find((s) => s.value === task.status)?.label} options={statuses} disabled={!canWrite} onSave={(status) => save({ status })} />
      <EditableProperty
        label="Assignee"
        value={task.assignee_id ?? ''}
        shown={members.find((m) => m.user_id === task.assignee_id)?.name ?? 'Somebody'}
        options={[{ value: '', label: 'Nobody' }, ...members.filter((m) => m.active).map((m) => ({ value: m.user_id, label: m.name }))]}
        disabled={!canWrite}
        onSave={(id) => save({ assignee_id: id || null })}
      />
      {task.entity_id && (
        <Property label="About">
          <TaskAbout task={task} />
        </Property>
      )}
      {task.thread_id && (
        <Property label="From">
          <Link to="/w/$workspace/inbox" params={{ workspace: workspace.slug }} search={{ folder: 'all', thread: task.thread_id }}>
            the conversation
          </Link>
        </Property>
      )}
      <Property label="Added">
        <When at={task.created_at} />
      </Property>
      {task.completed_at && (
        <Property label="Completed">
          <When at={task.completed_at} />
        </Property>
      )}
    </Properties>
  )
}

/** "2026-01-31 15:00", or words such as "tomorrow" and "fri 3pm". */
function readDue(value: string, zone: string): string | undefined {
  return fromField(value.replace(' ', 'T'), zone) ?? parseQuick(`x ${value}`, Date.now(), zone).due
}

function Description({ task }: { task: Task }) {
  const { canWrite } = useSession()
  const patch = useTaskPatch()
  const [draft, setDraft] = useState(task.description)
  return (
    <TextAreaField
      label="Description"
      value={draft}
      disabled={!canWrite}
      maxLength={20_000}
      onChange={(e) => setDraft(e.target.value)}
      onBlur={() => draft !== task.description && patch.mutate({ task, patch: { description: draft } })}
    />
  )
}
