import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Inbox, SearchX } from 'lucide-react'
import { countsQuery } from '../api/queries'
import type { Folder, ThreadRow } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { VirtualList } from '../ui/virtual-list'
import type { InboxSearch } from './search'
import type { Selection } from '../record/selection'
import { ThreadListEntry } from './thread-entry'

type Listed = { isPending: boolean; isError: boolean; error: Error | null; hasNextPage: boolean; refetch: () => unknown }
type ThreadListProps = {
  list: Listed
  rows: ThreadRow[]
  search: InboxSearch
  selection: Selection
  onChoose: (id: string, range: boolean) => void
  onMore: () => void
  onReset: () => void
}

/** The conversations of a folder. */
export function ThreadList({ list, rows, search, selection, onChoose, onMore, onReset }: ThreadListProps) {
  const { canWrite } = useSession()
  if (list.isPending) return <SkeletonLines count={10} avatar />
  if (list.isError && rows.length === 0) return <ErrorState title="The inbox could not be read" error={list.error} onRetry={() => void list.refetch()} />
  if (rows.length === 0 && (search.q || search.where))
    return (
      <EmptyState icon={SearchX} title="No conversation matches" actions={<Button onClick={onReset}>Show the whole folder</Button>}>
        Try fewer words or another folder.
      </EmptyState>
    )
  if (rows.length === 0) return <EmptyFolder folder={search.folder ?? 'needs_reply'} />
  const picking = selection.ids.size > 0
  return (
    <VirtualList label="Conversations" rows={rows} rowId={(r) => r.id} height={80} active={rows.findIndex((r) => r.id === search.thread)} hasMore={list.hasNextPage} onMore={onMore}>
      {(row) => <ThreadListEntry row={row} search={search} chosen={selection.ids.has(row.id)} picking={picking} onChoose={canWrite ? onChoose : undefined} />}
    </VirtualList>
  )
}

const emptyWords: Record<Folder, { title: string; text: string }> = {
  needs_reply: { title: 'Nobody waits for you', text: 'Mail from people who expect an answer appears here.' },
  open: { title: 'No open conversation', text: 'Conversations stay here until they are done, waiting or snoozed.' },
  waiting: { title: 'You wait for nobody', text: 'Mark a conversation as waiting (W) when the next word is theirs.' },
  snoozed: { title: 'Nothing is snoozed', text: 'Snoozed conversations (S) come back by themselves.' },
  done: { title: 'Nothing done yet', text: 'Press E in a conversation to put it here.' },
  bulk: { title: 'No bulk mail', text: 'Newsletters, lists and robots end up here, with the reason.' },
  all: { title: 'No mail yet', text: 'Import a mailbox and every conversation appears here.' },
}

function EmptyFolder({ folder }: { folder: Folder }) {
  const workspace = useWorkspace()
  const { title, text } = emptyWords[folder]
  const none = useQuery(countsQuery(workspace)).data?.all === 0
  return (
    <EmptyState
      icon={Inbox}
      title={title}
      actions={
        none && (
          <Link to="/w/$workspace/imports" params={{ workspace }}>
            Import mail
          </Link>
        )
      }
    >
      {text}
    </EmptyState>
  )
}
