import { useMutation, useQuery, useInfiniteQuery } from '@tanstack/react-query'
import { Link, useRouter } from '@tanstack/react-router'
import { AtSign, Bell, Bot, CalendarClock, CircleCheck, CircleHelp, Inbox, ListTodo, type LucideIcon, MailWarning, MailX, Sparkles, Upload, UserPlus } from 'lucide-react'
import { server } from '../api/client'
import { notificationsQuery, unreadQuery } from '../api/queries'
import type { Notification, NotificationKind } from '../api/types'
import { TextButton } from '../ui/button'
import { NoticePanel, Notice, Notices } from '../ui/notice'
import { Floating } from '../ui/popover'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { useKeys } from './keys-provider'
import { useTouched, useWorkspace } from './session'
import css from './shell.module.css'
import { useToast } from './toasts'

const icons: Record<NotificationKind, LucideIcon> = {
  task_assigned: ListTodo,
  task_due: CalendarClock,
  thread_assigned: Inbox,
  mailbox_trouble: MailWarning,
  mail_failed: MailX,
  mention: AtSign,
  invitation_accepted: UserPlus,
  import_finished: Upload,
  ai_budget: Sparkles,
  agent_schedule: Bot,
  approval: CircleHelp,
}

type Reading = { ids: string[] } | { all: true }

/** Marks notifications as read. */
export function useRead() {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  return useMutation({
    mutationFn: (body: Reading) => server.POST('/v1/workspaces/{workspace}/notifications/read', { params: { path: { workspace } }, body }),
    onSuccess: () => touched('notifications'),
    onError: (error) => toast({ title: 'Not marked as read', detail: error.message, tone: 'bad' }),
  })
}

/** Notifications as rows that lead to what they are about, and are read by that. */
export function NotificationRows({ rows, onOpen }: { rows: Notification[]; onOpen?: () => void }) {
  const workspace = useWorkspace()
  const router = useRouter()
  const read = useRead()
  const open = (n: Notification) => {
    if (!n.read_at) read.mutate({ ids: [n.id] })
    onOpen?.()
    if (n.link) router.history.push(`/w/${workspace}/${n.link}`)
  }
  return (
    <Notices label="Notifications">
      {rows.map((n) => (
        <Notice key={n.id} icon={icons[n.kind]} title={n.title} body={n.body} at={n.created_at} unread={!n.read_at} href={n.link ? `/w/${workspace}/${n.link}` : '#'} onOpen={() => open(n)} />
      ))}
    </Notices>
  )
}

type BellProps = { open: boolean; onOpenChange: (open: boolean) => void }

/** The bell of the rail, with a panel of the latest. */
export function BellButton({ open, onOpenChange }: BellProps) {
  const workspace = useWorkspace()
  const unread = useQuery(unreadQuery(workspace)).data ?? 0
  useKeys([{ keys: 'g n', label: 'Notifications', group: 'Go to', run: () => onOpenChange(true) }])
  const bell = (
    <>
      <Bell size={16} strokeWidth={1.5} aria-hidden />
      <span>Notifications</span>
      {unread > 0 && <b className={css.unreadBadge}>{unread > 99 ? '99+' : unread}</b>}
    </>
  )
  return (
    <Floating label="Notifications" name={unread > 0 ? `Notifications, ${unread} not read` : 'Notifications'} className={css.item} open={open} onOpenChange={onOpenChange} trigger={bell}>
      <Latest unread={unread} onClose={() => onOpenChange(false)} />
    </Floating>
  )
}

function Latest({ unread, onClose }: { unread: number; onClose: () => void }) {
  const workspace = useWorkspace()
  const list = useInfiniteQuery(notificationsQuery(workspace, false))
  const read = useRead()
  const rows = list.data?.pages[0]?.data ?? []
  const head = (
    <>
      <span>Notifications</span>
      {unread > 0 && <TextButton onClick={() => read.mutate({ all: true })}>Mark all as read</TextButton>}
    </>
  )
  const foot = (
    <>
      <Link to="/w/$workspace/notifications" params={{ workspace }} onClick={onClose}>
        See all
      </Link>
      <Link to="/w/$workspace/settings/$tab" params={{ workspace, tab: 'notifications' }} onClick={onClose}>
        Choose what reaches you
      </Link>
    </>
  )
  return (
    <NoticePanel head={head} foot={foot}>
      {list.isPending && <SkeletonLines count={4} />}
      {list.isError && rows.length === 0 && <ErrorState title="Notifications could not be read" error={list.error} onRetry={() => void list.refetch()} />}
      {list.data && rows.length === 0 && (
        <EmptyState icon={CircleCheck} title="Nothing new">
          What others do that concerns you appears here.
        </EmptyState>
      )}
      <NotificationRows rows={rows} onOpen={onClose} />
    </NoticePanel>
  )
}
