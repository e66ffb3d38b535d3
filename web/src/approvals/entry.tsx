import { Link } from '@tanstack/react-router'
import { Clock } from 'lucide-react'
import type { ApprovalLine } from '../api/types'
import { useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { ThreadEntry, ThreadLines } from '../ui/mailbox'
import { When } from '../ui/when'
import type { ApprovalsSearch } from './search'
import { askerOf, bandWords } from './words'

type EntryProps = { row: ApprovalLine; search: ApprovalsSearch; chosen: boolean; picking: boolean; onChoose?: (range: boolean) => void }

/** A request in the queue. */
export function ApprovalEntry({ row, search, chosen, picking, onChoose }: EntryProps) {
  const workspace = useWorkspace()
  const active = row.id === search.id
  const asker = askerOf(row)
  const band = bandWords(row.band)
  return (
    <ThreadEntry name={asker} what={row.title} id={row.agent || (row.requester.id ?? asker)} active={active} unread={false} chosen={chosen} picking={picking} onChoose={onChoose}>
      <Link to="/w/$workspace/approvals" params={{ workspace }} search={{ ...search, id: row.id }} replace preload={false} aria-current={active || undefined}>
        <ThreadLines
          unread={false}
          from={row.title}
          count={1}
          time={<When at={row.decided_at ?? row.created_at} short />}
          subject={row.subject_name ? `${asker} · ${row.subject_name}` : asker}
          marks={null}
          snippet={row.state === 'pending' ? row.why : row.reason || row.why}
          badges={
            <>
              <Badge tone={band.tone}>
                {band.label} {row.risk}
              </Badge>
              {row.overdue && (
                <Badge tone="bad" icon={Clock}>
                  Overdue
                </Badge>
              )}
            </>
          }
        />
      </Link>
    </ThreadEntry>
  )
}
