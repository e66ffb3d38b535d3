import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { PenLine, Send } from 'lucide-react'
import type { Draft } from '../api/types'
import { useWorkspace } from '../shell/session'
import { Scroll } from '../ui/layout'
import { ThreadEntry, ThreadLines } from '../ui/mailbox'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { VirtualList } from '../ui/virtual-list'
import { When } from '../ui/when'
import { draftsQuery, recipients, waitingQuery } from './outgoing'
import { OnItsWay } from './pending'
import type { Box, InboxSearch } from './search'

/** One's own mail that is not in a conversation yet: what is being written, and what waits to leave or did not. */
export function BoxList({ box, search }: { box: Box; search: InboxSearch }) {
  return box === 'drafts' ? <Drafts search={search} /> : <Outbox />
}

function Drafts({ search }: { search: InboxSearch }) {
  const drafts = useQuery(draftsQuery(useWorkspace()))
  if (drafts.isPending) return <SkeletonLines count={6} avatar />
  if (drafts.isError) return <ErrorState title="The drafts could not be read" error={drafts.error} onRetry={() => void drafts.refetch()} />
  if (drafts.data.length === 0)
    return (
      <EmptyState icon={PenLine} title="No drafts">
        What you write is kept here until it is sent or thrown away.
      </EmptyState>
    )
  const active = drafts.data.findIndex((d) => d.id === search.draft)
  return (
    <VirtualList label="Drafts" rows={drafts.data} rowId={(d) => d.id} height={80} active={active} hasMore={false} onMore={() => undefined}>
      {(draft) => <DraftEntry draft={draft} search={search} />}
    </VirtualList>
  )
}

function DraftEntry({ draft, search }: { draft: Draft; search: InboxSearch }) {
  const workspace = useWorkspace()
  const name = draft.to.length > 0 ? recipients(draft.to) : 'Nobody yet'
  const active = draft.id === search.draft
  const answer = draft.mode !== 'new' && draft.thread_id ? { compose: draft.mode, thread: draft.thread_id, message: draft.message_id ?? undefined } : { compose: 'new' as const, thread: undefined, message: undefined }
  return (
    <ThreadEntry name={name} id={draft.to[0]?.address ?? draft.id} active={active} unread={false} chosen={false} picking={false}>
      <Link to="/w/$workspace/inbox" params={{ workspace }} search={{ ...search, ...answer, draft: draft.id }} replace preload={false} aria-current={active || undefined}>
        <ThreadLines unread={false} from={name} count={1} time={<When at={draft.updated_at} short />} subject={draft.subject || 'No subject'} marks={null} snippet={draft.text.trim().slice(0, 200) || 'No text yet'} badges={null} />
      </Link>
    </ThreadEntry>
  )
}

function Outbox() {
  const waiting = useQuery(waitingQuery(useWorkspace()))
  if (waiting.isPending) return <SkeletonLines count={4} />
  if (waiting.isError) return <ErrorState title="The outbox could not be read" error={waiting.error} onRetry={() => void waiting.refetch()} />
  if (waiting.data.length === 0)
    return (
      <EmptyState icon={Send} title="Everything has left">
        Mail that waits for its time, is tried again or could not be sent appears here.
      </EmptyState>
    )
  return (
    <Scroll>
      {waiting.data.map((mail) => (
        <OnItsWay key={mail.id} mail={mail} named />
      ))}
    </Scroll>
  )
}
