import { Link } from '@tanstack/react-router'
import { AlarmClock, Clock, CornerUpLeft, Flame, Paperclip } from 'lucide-react'
import type { ThreadRow } from '../api/types'
import { useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { Text } from '../ui/layout'
import { ThreadEntry, ThreadLines } from '../ui/mail'
import { useNow } from '../ui/now'
import { When } from '../ui/when'
import type { InboxSearch } from './search'
import { categoryWords, urgencyTone, words } from './words'

/** A conversation in the list. */
export function ThreadListEntry({ row, search }: { row: ThreadRow; search: InboxSearch }) {
  const workspace = useWorkspace()
  return (
    <ThreadEntry active={row.id === search.thread} unread={row.unread}>
      <Link to="/w/$workspace/inbox" params={{ workspace }} search={{ ...search, thread: row.id }} replace aria-current={row.id === search.thread || undefined}>
        <ThreadLines
          unread={row.unread}
          from={row.contact_name ?? (row.from_name || row.from_address)}
          count={row.message_count}
          time={<When at={row.last_message_at} short />}
          subject={row.subject || 'No subject'}
          snippet={row.snippet}
          badges={<Signs row={row} />}
        />
      </Link>
    </ThreadEntry>
  )
}

function Signs({ row }: { row: ThreadRow }) {
  const now = useNow()
  if (row.category && row.category !== 'personal')
    return (
      <>
        <Badge>{categoryWords[row.category]}</Badge>
        <Text size={12} tone="muted" truncate title={row.category_reason ?? undefined}>
          {row.category_reason}
        </Text>
      </>
    )
  const overdue = row.due_at !== null && Date.parse(row.due_at) < now
  const urgent = row.urgency === 'high' || row.urgency === 'critical'
  return (
    <>
      {urgent && row.urgency && (
        <Badge tone={urgencyTone[row.urgency]} icon={Flame}>
          {words(row.urgency)}
        </Badge>
      )}
      {row.requires_response && row.status === 'open' && row.due_at && (
        <Badge tone={overdue ? 'bad' : 'neutral'} icon={Clock}>
          {overdue ? 'Overdue' : <When at={row.due_at} />}
        </Badge>
      )}
      {row.status === 'snoozed' && row.snoozed_until && (
        <Badge icon={AlarmClock}>
          <When at={row.snoozed_until} />
        </Badge>
      )}
      {row.intent && <Badge tone="ai">{words(row.intent)}</Badge>}
      {row.last_direction === 'outbound' && <CornerUpLeft size={14} strokeWidth={1.5} aria-label="You wrote last" />}
      {row.has_attachments && <Paperclip size={14} strokeWidth={1.5} aria-label="Has attachments" />}
    </>
  )
}
