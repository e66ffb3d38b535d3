import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWorkspace } from '../shell/session'
import { messageQuery } from './queries'

type RecordProps = { entity: string; id: string; children: ReactNode }

/** A link to a record, whatever it is; mere words where it has no page. */
export function RecordLink({ entity, id, children }: RecordProps) {
  const workspace = useWorkspace()
  const params = { workspace, id }
  switch (entity) {
    case 'contact':
      return <Link to="/w/$workspace/contacts/$id" params={params}>{children}</Link>
    case 'company':
      return <Link to="/w/$workspace/companies/$id" params={params}>{children}</Link>
    case 'content':
      return <Link to="/w/$workspace/content/$id" params={params}>{children}</Link>
    case 'run':
      return <Link to="/w/$workspace/runs/$id" params={params}>{children}</Link>
    case 'task':
      return <Link to="/w/$workspace/tasks" params={{ workspace }} search={{ task: id }}>{children}</Link>
    case 'thread':
      return <Link to="/w/$workspace/inbox" params={{ workspace }} search={{ folder: 'all', thread: id }}>{children}</Link>
    case 'message':
      return <MessageLink id={id}>{children}</MessageLink>
    default:
      return <span>{children}</span>
  }
}

function MessageLink({ id, children }: { id: string; children: ReactNode }) {
  const message = useQuery(messageQuery(useWorkspace(), id)).data
  if (!message) return <span>{children}</span>
  return <RecordLink entity="thread" id={message.thread_id}>{children}</RecordLink>
}
