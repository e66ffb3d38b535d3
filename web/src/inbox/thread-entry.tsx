import { Link } from '@tanstack/react-router'
import { AlarmClock, Clock, CornerUpLeft, Flame, Paperclip } from 'lucide-react'
import { memo } from 'react'
import type { ThreadRow } from '../api/types'
import { useMembers, useWorkspace } from '../shell/session'
import { Avatar, Badge } from '../ui/badge'
import { ThreadEntry, ThreadLines } from '../ui/mailbox'
import { useNow } from '../ui/now'
import { When } from '../ui/when'
import type { InboxSearch } from './search'
import { categoryWords, urgencyTone, words } from './words'

type EntryProps = { row: ThreadRow; search: InboxSearch; chosen: boolean; picking: boolean; onChoose?: (id: string, range: boolean) => void }

/** A conversation in the list. */
export const ThreadListEntry = memo(function ThreadListEntry({ row, search, chosen, picking, onChoose }: EntryProps) {
  const workspace = useWorkspace()
  const name = row.contact_name ?? (row.from_name || row.from_address)
  const active = row.id === search.thread
  return (
    <ThreadEntry name={name} id={row.contact_id ?? row.from_address} active={active} unread={row.unread} chosen={chosen} picking={picking} onChoose={onChoose && ((range) => onChoose(row.id, range))}>
      <Link to="/w/$workspace/inbox" params={{ workspace }} search={{ ...search, thread: row.id, compose: undefined, message: undefined, draft: undefined }} replace preload={false} aria-current={active || undefined}>
        <ThreadLines
          unread={row.unread}
          from={name}
          count={row.message_count}
          time={<When at={row.last_message_at} short />}
          subject={row.subject || 'No subject'}
          marks={<Marks row={row} />}
          kind={row.intent && row.category === 'personal' ? words(row.intent) : undefined}
          snippet={row.snippet}
          badges={<Signs row={row} />}
        />
      </Link>
    </ThreadEntry>
  )
})

function Marks({ row }: { row: ThreadRow }) {
  const assignee = useMembers().find((m) => m.user_id === row.assignee_id)
  return (
    <>
      {row.last_direction === 'outbound' && <CornerUpLeft size={14} strokeWidth={1.5} aria-label="You wrote last" />}
      {row.has_attachments && <Paperclip size={14} strokeWidth={1.5} aria-label="Has attachments" />}
      {assignee && (
        <span title={`Assigned to ${assignee.name}`}>
          <Avatar name={assignee.name} id={assignee.user_id} size={18} />
        </span>
      )}
    </>
  )
}

function Signs({ row }: { row: ThreadRow }) {
  const now = useNow()
  if (row.category !== 'personal') return row.category === 'own' ? null : <Badge title={row.category_reason}>{categoryWords[row.category]}</Badge>
  const overdue = row.due_at !== null && Date.parse(row.due_at) < now
  const urgent = row.urgency === 'high' || row.urgency === 'critical'
  return (
    <>
      {row.status === 'snoozed' && row.snoozed_until && (
        <Badge icon={AlarmClock}>
          <When at={row.snoozed_until} />
        </Badge>
      )}
      {row.requires_response && row.status === 'open' && row.due_at && row.last_direction === 'inbound' && (
        <Badge tone={overdue ? 'bad' : 'neutral'} icon={Clock}>
          {overdue ? 'Overdue' : <When at={row.due_at} />}
        </Badge>
      )}
      {urgent && row.urgency && !overdue && (
        <Badge tone={urgencyTone[row.urgency]} icon={Flame}>
          {words(row.urgency)}
        </Badge>
      )}
    </>
  )
}
