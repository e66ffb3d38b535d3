import { Link } from '@tanstack/react-router'
import { Flame, MessageSquare } from 'lucide-react'
import type { Task } from '../api/types'
import { useMembers, useSession, useWorkspace } from '../shell/session'
import { Avatar, Badge } from '../ui/badge'
import { Hidden } from '../ui/layout'
import { useNow } from '../ui/now'
import { When } from '../ui/when'
import { TaskLine } from '../ui/work'
import { useComplete } from './queries'

export function isOver(task: Pick<Task, 'status'>): boolean {
  return task.status === 'done' || task.status === 'cancelled'
}

type RowProps = { task: Task; active?: boolean; selected?: boolean; onOpen: () => void }

/** A task in a list. */
export function TaskRow({ task, active, selected, onOpen }: RowProps) {
  const { canWrite, me } = useSession()
  const complete = useComplete()
  const now = useNow()
  const late = !isOver(task) && task.due_at !== null && Date.parse(task.due_at) < now
  const urgent = task.priority === 'urgent' || task.priority === 'high'
  const other = task.assignee_id !== null && task.assignee_id !== me.user.id
  return (
    <TaskLine
      title={task.title}
      about={<TaskAbout task={task} />}
      done={isOver(task)}
      active={active}
      selected={selected}
      disabled={!canWrite}
      onDone={() => complete(task)}
      onOpen={onOpen}
      side={
        <>
          {task.status === 'cancelled' && <Badge>cancelled</Badge>}
          {task.status === 'in_progress' && <Badge tone="accent">in progress</Badge>}
          {urgent && !isOver(task) && (
            <Badge tone={task.priority === 'urgent' ? 'bad' : 'warn'} icon={Flame}>
              {task.priority}
            </Badge>
          )}
          {task.thread_id && <MessageSquare size={14} strokeWidth={1.5} aria-label="From a message" />}
          {other && task.assignee_id && <Assignee id={task.assignee_id} />}
          {task.due_at && !isOver(task) && (late ? <Badge tone="bad">{<When at={task.due_at} />}</Badge> : <When at={task.due_at} short />)}
          {task.completed_at && <When at={task.completed_at} short />}
        </>
      }
    />
  )
}

/** What a task is about, as a link. */
export function TaskAbout({ task }: { task: Pick<Task, 'entity' | 'entity_id' | 'entity_name'> }) {
  const workspace = useWorkspace()
  if (!task.entity_id || !task.entity_name) return null
  if (task.entity === 'contact')
    return (
      <Link to="/w/$workspace/contacts/$id" params={{ workspace, id: task.entity_id }}>
        {task.entity_name}
      </Link>
    )
  if (task.entity === 'company')
    return (
      <Link to="/w/$workspace/companies/$id" params={{ workspace, id: task.entity_id }}>
        {task.entity_name}
      </Link>
    )
  return (
    <Link to="/w/$workspace/inbox" params={{ workspace }} search={{ folder: 'all', thread: task.entity_id }}>
      {task.entity_name}
    </Link>
  )
}

function Assignee({ id }: { id: string }) {
  const name = useMembers().find((m) => m.user_id === id)?.name ?? 'Somebody'
  return (
    <span title={name}>
      <Avatar name={name} id={id} size={20} />
      <Hidden>{name}</Hidden>
    </span>
  )
}
