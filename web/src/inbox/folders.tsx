import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { AlarmClock, CheckCheck, CornerUpLeft, Hourglass, Inbox, Layers, Newspaper, type LucideIcon } from 'lucide-react'
import { countsQuery } from '../api/queries'
import type { Folder } from '../api/types'
import { useWorkspace } from '../shell/session'
import { FolderLabel } from '../ui/mailbox'
import { folders, type InboxSearch } from './search'

const icons: Record<Folder, LucideIcon> = { needs_reply: CornerUpLeft, open: Inbox, waiting: Hourglass, snoozed: AlarmClock, done: CheckCheck, bulk: Newspaper, all: Layers }

export function Folders({ search }: { search: InboxSearch }) {
  const workspace = useWorkspace()
  const counts = useQuery(countsQuery(workspace)).data
  const current = search.folder ?? 'needs_reply'
  return folders.map((f, i) => (
    <Link
      key={f.id}
      to="/w/$workspace/inbox"
      params={{ workspace }}
      search={{ folder: f.id, q: search.q, where: search.where }}
      activeProps={{}}
      aria-current={f.id === current ? 'page' : undefined}
      data-status={undefined}
      title={`${f.label} (${i + 1})`}
    >
      <FolderLabel icon={icons[f.id]} label={f.label} count={counts?.[f.id]} />
    </Link>
  ))
}
