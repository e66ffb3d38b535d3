import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Inbox, MailOpen, SearchX } from 'lucide-react'
import { useCallback, useMemo } from 'react'
import { countsQuery } from '../api/queries'
import type { ThreadRow } from '../api/types'
import { useKeys } from '../shell/keys-provider'
import { useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { SearchField, Select } from '../ui/form'
import { useMedia } from '../ui/grid'
import { Count, Page, Split, TabLinks } from '../ui/layout'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { VirtualList } from '../ui/virtual-list'
import { threadsQuery } from './queries'
import { folders, type InboxSearch } from './search'
import { ThreadPane } from './thread-pane'
import { ThreadListEntry } from './thread-entry'

const route = getRouteApi('/w/$workspace/inbox')

export function InboxPage() {
  const workspace = useWorkspace()
  const search = route.useSearch()
  const navigate = useNavigate()
  const folder = search.folder ?? 'needs_reply'
  const list = useInfiniteQuery(threadsQuery(workspace, search))
  const rows = useMemo(() => list.data?.pages.flatMap((p) => p.data) ?? [], [list.data])
  const go = (change: Partial<InboxSearch>) => void navigate({ to: '/w/$workspace/inbox', params: { workspace }, search: { ...search, ...change }, replace: true })
  const index = rows.findIndex((r) => r.id === search.thread)
  const step = (by: 1 | -1) => {
    const target = rows[index === -1 && by === -1 ? 0 : index + by]
    if (target) go({ thread: target.id })
  }
  const leave = () => go({ thread: (rows[index + 1] ?? rows[index - 1])?.id })
  const wide = useMedia('(min-width: 1024px)')
  useInboxKeys({ step, open: () => index === -1 && step(1), close: () => go({ thread: undefined }) })
  return (
    <Page title="Inbox" focused={search.thread !== undefined} tabs={<Folders search={search} current={folder} />} actions={<SearchField label="Search mail" value={search.q ?? ''} onChange={(q) => go({ q: q || undefined })} />} sub={<Filters search={search} onChange={go} />}>
      <Split
        open={search.thread !== undefined}
        list={<ThreadList list={list} rows={rows} search={search} index={index} onReset={() => go({ q: undefined, urgency: undefined, intent: undefined })} />}
        detail={
          search.thread ? (
            <ThreadPane key={search.thread} id={search.thread} onClose={() => go({ thread: undefined })} onLeave={wide ? leave : () => go({ thread: undefined })} />
          ) : (
            <EmptyState icon={MailOpen} title={rows.length > 0 ? 'Choose a conversation' : 'Nothing to read here'}>
              {rows.length > 0 ? 'Press J to open the first one.' : ''}
            </EmptyState>
          )
        }
      />
    </Page>
  )
}

function useInboxKeys({ step, open, close }: { step: (by: 1 | -1) => void; open: () => void; close: () => void }) {
  const group = 'Inbox'
  useKeys([
    { keys: 'j', label: 'Next conversation', group, run: () => step(1) },
    { keys: 'k', label: 'Conversation before', group, run: () => step(-1) },
    { keys: 'enter', label: 'Open the first conversation', group, run: open },
    { keys: 'escape', label: 'Close the conversation', group, run: close },
  ])
}

function Folders({ search, current }: { search: InboxSearch; current: string }) {
  const workspace = useWorkspace()
  const counts = useQuery(countsQuery(workspace)).data
  return (
    <TabLinks label="Folders">
      {folders.map((f) => (
        <Link key={f.id} to="/w/$workspace/inbox" params={{ workspace }} search={{ folder: f.id, q: search.q }} activeProps={{}} aria-current={f.id === current ? 'page' : undefined} data-status={undefined}>
          {f.label} <Count value={counts?.[f.id]} />
        </Link>
      ))}
    </TabLinks>
  )
}

const urgencies = ['low', 'medium', 'high', 'critical'].map((u) => ({ value: u, label: u }))
const intents = ['meeting_request', 'question', 'complaint', 'feature_request', 'pricing_inquiry', 'proposal', 'feedback', 'support_request', 'sales_inquiry', 'partnership', 'introduction', 'follow_up', 'information_sharing'].map((i) => ({
  value: i,
  label: i.replaceAll('_', ' '),
}))

function Filters({ search, onChange }: { search: InboxSearch; onChange: (change: Partial<InboxSearch>) => void }) {
  return (
    <>
      <Select label="Urgency" options={[{ value: '', label: 'Any urgency' }, ...urgencies]} value={search.urgency ?? ''} onChange={(e) => onChange({ urgency: e.target.value || undefined })} />
      <Select label="Intent" options={[{ value: '', label: 'Any intent' }, ...intents]} value={search.intent ?? ''} onChange={(e) => onChange({ intent: e.target.value || undefined })} />
    </>
  )
}

type ThreadListProps = { list: ReturnType<typeof useThreads>; rows: ThreadRow[]; search: InboxSearch; index: number; onReset: () => void }

// Only for the type of what the list shows.
function useThreads(workspace: string, search: InboxSearch) {
  return useInfiniteQuery(threadsQuery(workspace, search))
}

function ThreadList({ list, rows, search, index, onReset }: ThreadListProps) {
  const workspace = useWorkspace()
  const { fetchNextPage, isFetchingNextPage } = list
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, isFetchingNextPage])
  if (list.isPending) return <SkeletonLines count={10} avatar />
  if (list.isError && rows.length === 0) return <ErrorState title="The inbox could not be read" error={list.error} onRetry={() => void list.refetch()} />
  if (rows.length === 0 && (search.q || search.urgency || search.intent))
    return (
      <EmptyState icon={SearchX} title="No conversation matches" actions={<Button onClick={onReset}>Show the whole folder</Button>}>
        Try fewer words or another folder.
      </EmptyState>
    )
  if (rows.length === 0) return <EmptyFolder folder={search.folder ?? 'needs_reply'} workspace={workspace} />
  return (
    <VirtualList label="Conversations" rows={rows} rowId={(r) => r.id} height={96} active={index} hasMore={list.hasNextPage} onMore={more}>
      {(row) => <ThreadListEntry row={row} search={search} />}
    </VirtualList>
  )
}

const emptyWords = {
  needs_reply: { title: 'Nobody waits for you', text: 'Mail from people who expect an answer appears here.' },
  open: { title: 'No open conversation', text: 'Conversations stay here until they are done, waiting or snoozed.' },
  waiting: { title: 'You wait for nobody', text: 'Mark a conversation as waiting when the next word is theirs.' },
  snoozed: { title: 'Nothing is snoozed', text: 'Snoozed conversations come back by themselves.' },
  done: { title: 'Nothing done yet', text: 'Press E in a conversation to put it here.' },
  bulk: { title: 'No bulk mail', text: 'Newsletters, lists and robots end up here, with the reason.' },
  all: { title: 'No mail yet', text: 'Import a mailbox and every conversation appears here.' },
}

function EmptyFolder({ folder, workspace }: { folder: keyof typeof emptyWords; workspace: string }) {
  const { title, text } = emptyWords[folder]
  return (
    <EmptyState
      icon={Inbox}
      title={title}
      actions={
        <Link to="/w/$workspace/imports" params={{ workspace }}>
          Import mail
        </Link>
      }
    >
      {text}
    </EmptyState>
  )
}
