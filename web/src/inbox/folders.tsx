import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { AlarmClock, CheckCheck, Bookmark, CornerUpLeft, Hourglass, Inbox, Layers, Newspaper, PenLine, Send, Users, type LucideIcon } from 'lucide-react'
import { useEffect, useRef, type RefObject } from 'react'
import { countsQuery } from '../api/queries'
import type { Folder } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import { FolderLabel } from '../ui/mailbox'
import { useViews } from '../record/views'
import { useThreadFields } from './filters'
import { draftsQuery, waitingQuery } from './outgoing'
import { viewSearch } from './view-search'
import { boxes, folders, type Box, type InboxSearch } from './search'

const icons: Record<Folder, LucideIcon> = { needs_reply: CornerUpLeft, open: Inbox, waiting: Hourglass, snoozed: AlarmClock, done: CheckCheck, bulk: Newspaper, all: Layers }

/** Where folders lie in a row, the current one may lie beyond its end. Counts that arrive make those before it wider. */
function useIntoSight(current: string, counts: unknown) {
  const link = useRef<HTMLAnchorElement>(null)
  useEffect(() => {
    link.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- both move what is in sight
  }, [current, counts])
  return link
}

export function Folders({ search }: { search: InboxSearch }) {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const counts = useQuery(countsQuery(workspace)).data
  const viewed = search.view !== undefined && !search.box
  const current = search.box ?? (viewed ? (search.view ?? '') : (search.folder ?? 'needs_reply'))
  const shown = useIntoSight(current, counts)
  const views = useViews('thread')
  const fields = useThreadFields()
  const links = folders.map((f, i) => (
    <Link
      key={f.id}
      ref={f.id === current ? shown : undefined}
      to="/w/$workspace/inbox"
      params={{ workspace }}
      search={search.view ? { folder: f.id } : { folder: f.id, q: search.q, where: search.where }}
      activeProps={{}}
      activeOptions={{ exact: true }}
      aria-current={f.id === current ? 'page' : undefined}
      data-status={undefined}
      title={`${f.label} (${i + 1})`}
    >
      <FolderLabel icon={icons[f.id]} label={f.label} count={counts?.[f.id]} />
    </Link>
  ))
  const saved = views.map((v) => {
    const here = viewed && v.id === search.view
    return (
      <Link
        key={v.id}
        ref={here ? shown : undefined}
        to="/w/$workspace/inbox"
        params={{ workspace }}
        search={viewSearch(v, fields)}
        activeProps={{}}
        aria-current={here ? 'page' : undefined}
        data-status={undefined}
        title={`${v.name} (${v.shared ? 'for everybody' : 'only for you'})`}
      >
        <FolderLabel icon={v.shared ? Users : Bookmark} label={v.name} count={undefined} />
      </Link>
    )
  })
  return (
    <>
      {links}
      {saved}
      {canWrite && <Boxes search={search} shown={shown} />}
    </>
  )
}

const boxIcons: Record<Box, LucideIcon> = { drafts: PenLine, outbox: Send }

function Boxes({ search, shown }: { search: InboxSearch; shown: RefObject<HTMLAnchorElement | null> }) {
  const workspace = useWorkspace()
  const counts: Record<Box, number | undefined> = { drafts: useQuery(draftsQuery(workspace)).data?.length, outbox: useQuery(waitingQuery(workspace)).data?.length }
  return boxes.map((b, i) => (
    <Link
      key={b.id}
      ref={b.id === search.box ? shown : undefined}
      to="/w/$workspace/inbox"
      params={{ workspace }}
      search={{ box: b.id, folder: search.folder }}
      activeProps={{}}
      aria-current={b.id === search.box ? 'page' : undefined}
      data-status={undefined}
      title={`${b.label} (${folders.length + i + 1})`}
    >
      <FolderLabel icon={boxIcons[b.id]} label={b.label} count={counts[b.id]} />
    </Link>
  ))
}
