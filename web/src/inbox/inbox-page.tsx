import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { MailOpen, PenLine } from 'lucide-react'
import { Suspense, useCallback, useDeferredValue, useMemo, useState } from 'react'
import { FilterBar } from '../record/filter-bar'
import { formatWhere, parseWhere, toFilter } from '../record/filter'
import { useSession, useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { deferred } from '../ui/deferred'
import { SearchField } from '../ui/form'
import { useMedia } from '../ui/media'
import { Page, Row } from '../ui/layout'
import { Mailbox } from '../ui/mailbox'
import { useAll } from '../record/all'
import { ViewActions } from '../record/view-tabs'
import { changed, joined, rigid, useViews, type Asked } from '../record/views'
import { useKeys } from '../shell/keys-provider'
import { EmptyState, SkeletonLines } from '../ui/state'
import { useThreadActions } from './actions'
import { BoxList } from './box-list'
import { ChosenBar } from './chosen-bar'
import { useThreadFields } from './filters'
import { Folders } from './folders'
import { useInboxKeys } from './keys'
import { threadQuery, threadsQuery } from './queries'
import type { Box, InboxSearch } from './search'
import { extended, nothing, toggled } from '../record/selection'
import { askedOf, inboxOf, viewSearch } from './view-search'
import { ThreadList } from './thread-list'

const NewMail = deferred(() => import('./new-mail').then((m) => m.NewMail))
const ThreadPane = deferred(() => import('./thread-pane').then((m) => m.ThreadPane))

const route = getRouteApi('/w/$workspace/inbox')

/** Folders, conversations, the open one. What is shown stands in the address. */
export function InboxPage() {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const search = route.useSearch()
  const navigate = useNavigate()
  const [selection, setSelection] = useState(nothing)
  const fields = useThreadFields()
  const clauses = parseWhere(search.where, fields)
  const go = (change: Partial<InboxSearch>) => void navigate({ to: '/w/$workspace/inbox', params: { workspace }, search: { ...search, ...change }, replace: true })
  const views = useViews('thread')
  const view = views.find((v) => v.id === search.view)
  const filter = joined(toFilter(clauses, fields), rigid(view, fields))
  const { list, rows, order, onMore } = useThreads(workspace, search, filter)
  const { all, chooseAll, dropAll } = useAll('threads', { folder: search.folder ?? 'needs_reply', q: search.q, filter: filter ? JSON.parse(filter) : undefined })
  const drop = () => {
    setSelection(nothing)
    dropAll()
  }
  const open = useQuery({ ...threadQuery(workspace, search.thread ?? ''), enabled: search.thread !== undefined })
  const wide = useMedia('(min-width: 1024px)')
  const chosen = useMemo(() => rows.filter((r) => selection.ids.has(r.id)), [rows, selection])
  const current = rows.find((r) => r.id === search.thread) ?? open.data
  const actions = useThreadActions({
    targets: chosen.length > 0 ? chosen : current ? [current] : [],
    order,
    current: search.thread,
    folder: search.folder ?? 'needs_reply',
    onLeave: (next) => go({ thread: wide ? next : undefined, compose: undefined, message: undefined, draft: undefined }),
    onDone: drop,
    all: chosen.length > 0 ? all : undefined,
  })
  useInboxKeys({ search, go, order, actions, thread: open.data, selection, onSelection: setSelection })
  const onChoose = useCallback(
    (id: string, range: boolean) => {
      dropAll()
      setSelection((s) => (range ? extended(s, order, id) : toggled(s, id)))
    },
    [order, dropAll],
  )
  const closed = { thread: undefined, compose: undefined, message: undefined, draft: undefined }
  const asked = askedOf(search)
  const show = (next: Asked) => go({ ...closed, box: undefined, q: undefined, where: undefined, view: undefined, ...inboxOf(next) })
  useKeys([{ keys: 'v', label: 'Next view', group: 'This list', run: () => {
    const next = views[view ? views.indexOf(view) + 1 : 0]
    show(next ? viewSearch(next, fields) : { folder: 'needs_reply' })
  } }])
  return (
    <Page
      title="Inbox"
      focused={search.thread !== undefined || search.compose === 'new'}
      tabs={
        <Row gap={2} wrap>
          <FilterBar fields={fields} clauses={clauses} onChange={(c) => go({ where: formatWhere(c), box: undefined })} />
          {canWrite && !search.box && <ViewActions entity="thread" fields={fields} search={asked} view={view} views={views} dirty={view ? changed(asked, view, fields) : Boolean(search.q ?? search.where)} onSearch={show} />}
        </Row>
      }
      actions={
        <>
          <SearchField label="Search mail" value={search.q ?? ''} onChange={(q) => go({ q: q || undefined, box: undefined })} />
          {canWrite && (
            <Button variant="primary" icon={PenLine} onClick={() => go({ ...closed, compose: 'new' })}>
              Write
            </Button>
          )}
        </>
      }
    >
      <Mailbox
        open={search.thread !== undefined || search.compose === 'new'}
        folders={<Folders search={search} />}
        list={search.box ? <BoxList box={search.box} search={search} /> : <ThreadList list={list} rows={rows} search={search} selection={selection} onChoose={onChoose} onMore={onMore} onReset={() => go({ q: undefined, where: undefined, view: undefined })} />}
        selection={chosen.length > 0 && <ChosenBar rows={chosen} actions={actions} count={all?.count ?? chosen.length} all={rows.length} onAll={() => setSelection({ ids: new Set(order), anchor: undefined })} onMatching={!all && list.hasNextPage && chosen.length === rows.length ? chooseAll : undefined} onClear={drop} />}
        detail={
          <Suspense fallback={<SkeletonLines count={6} />}>
            {search.compose === 'new' ? (
              <NewMail key={search.draft ?? 'new'} to={search.to} draft={search.draft} onClose={() => go({ ...closed, to: undefined })} />
            ) : search.thread ? (
              <ThreadPane key={search.thread} id={search.thread} search={search} actions={actions} next={order[order.indexOf(search.thread) + 1]} onGo={go} />
            ) : (
              <Nothing empty={rows.length === 0} box={search.box} />
            )}
          </Suspense>
        }
      />
      {actions.chooser}
    </Page>
  )
}

function Nothing({ empty, box }: { empty: boolean; box: Box | undefined }) {
  if (box)
    return (
      <EmptyState icon={PenLine} title="Nothing is being written">
        {box === 'drafts' ? 'Choose a draft to go on with it, or press C to write a new mail.' : 'What is in the outbox can be had back, and written on.'}
      </EmptyState>
    )
  return (
    <EmptyState icon={MailOpen} title={empty ? 'Nothing to read here' : 'Choose a conversation'}>
      {empty ? '' : 'Press J to open the first one, ? for all keys.'}
    </EmptyState>
  )
}

function useThreads(workspace: string, search: InboxSearch, filter: string | undefined) {
  const q = useDeferredValue(search.q)
  const { box } = search
  const list = useInfiniteQuery({ ...threadsQuery(workspace, { folder: search.folder ?? 'needs_reply', q, filter }), enabled: box === undefined })
  const rows = useMemo(() => (box ? [] : (list.data?.pages.flatMap((p) => p.data) ?? [])), [list.data, box])
  const order = useMemo(() => rows.map((r) => r.id), [rows])
  const { fetchNextPage, isFetchingNextPage } = list
  const onMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage()
  }, [fetchNextPage, isFetchingNextPage])
  return { list, rows, order, onMore }
}
