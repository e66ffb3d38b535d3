import { useQuery } from '@tanstack/react-query'
import { AlarmClock, ArrowLeft, Check, CheckCheck, Ellipsis, Hourglass, Inbox, Mail, RefreshCw } from 'lucide-react'
import type { Thread, ThreadPatch } from '../api/types'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { useWhenShown } from '../shell/when-shown'
import { Button, IconButton } from '../ui/button'
import { OnlyNarrow, WithAside } from '../ui/layout'
import { Messages, ThreadHead } from '../ui/mail'
import { MenuButton, type MenuEntry } from '../ui/menu'
import { useNow } from '../ui/now'
import { ErrorState, SkeletonLines } from '../ui/state'
import { ContactCard } from './contact-card'
import { Message } from './message'
import { threadQuery, useAnalyse, useThreadPatch } from './queries'
import { snoozeTimes } from './snooze'

type PaneProps = { id: string; onClose: () => void; onLeave: () => void }

/** A conversation: what was written, what was understood, who it is with. */
export function ThreadPane({ id, onClose, onLeave }: PaneProps) {
  const workspace = useWorkspace()
  const thread = useQuery(threadQuery(workspace, id))
  if (thread.isPending) return <SkeletonLines count={8} />
  if (thread.isError) return <ErrorState title="This conversation could not be read" error={thread.error} onRetry={() => void thread.refetch()} />
  return <ThreadView thread={thread.data} onClose={onClose} onLeave={onLeave} />
}

function ThreadView({ thread, onClose, onLeave }: { thread: Thread; onClose: () => void; onLeave: () => void }) {
  const { canWrite } = useSession()
  const patch = useThreadPatch()
  useWhenShown(thread.id, () => {
    if (thread.unread && canWrite) patch.mutate({ thread, patch: { unread: false } })
  })
  const last = thread.messages.length - 1
  return (
    <WithAside aside={<ContactCard thread={thread} />}>
      <ThreadHead
        title={thread.subject || 'No subject'}
        back={
          <OnlyNarrow>
            <IconButton icon={ArrowLeft} label="Back to the list" onClick={onClose} />
          </OnlyNarrow>
        }
      >
        {canWrite && <Actions thread={thread} onLeave={onLeave} />}
      </ThreadHead>
      <Messages>
        {thread.messages.map((message, i) => (
          <Message key={message.id} message={message} open={i === last} sought={i === last && last > 0} />
        ))}
      </Messages>
    </WithAside>
  )
}

const done: Record<string, string> = { done: 'Done', waiting: 'Waiting for them', open: 'Open again', snoozed: 'Snoozed' }

function Actions({ thread, onLeave }: { thread: Thread; onLeave: () => void }) {
  const patch = useThreadPatch()
  const toast = useToast()
  const analyse = useAnalyse(thread.id)
  const inbound = thread.messages.findLast((m) => m.direction === 'inbound')
  const set = (change: ThreadPatch) => {
    const before = { status: thread.status, snoozed_until: thread.snoozed_until }
    // The pane may be gone before the answer comes, so the promise is followed, not the pane.
    const saved = patch.mutateAsync({ thread, patch: change }).then((after) => {
      const undo = { label: 'Undo', run: () => patch.mutate({ thread: after, patch: before }) }
      if (change.status) toast({ title: `${done[change.status]}: ${thread.subject || 'No subject'}`, action: undo })
    })
    saved.catch(() => undefined) // said by the mutation itself
    if (change.status && change.status !== 'open') onLeave()
  }
  const toggleUnread = () => patch.mutate({ thread, patch: { unread: !thread.unread } })
  const toggleDone = () => set({ status: thread.status === 'done' ? 'open' : 'done' })
  const snooze = snoozeTimes(useNow())
  const group = 'Conversation'
  useKeys([
    { keys: 'e', label: 'Done, or open again', group, run: toggleDone },
    { keys: 'w', label: 'Waiting for them', group, run: () => set({ status: 'waiting' }) },
    { keys: 's', label: 'Snooze until tomorrow', group, run: () => set({ status: 'snoozed', snoozed_until: snooze[1]?.at }) },
    { keys: 'u', label: 'Mark unread or read', group, run: toggleUnread },
  ])
  const more: (MenuEntry | 'separator')[] = [
    { id: 'unread', label: thread.unread ? 'Mark read' : 'Mark unread', icon: Mail, onAction: toggleUnread },
    ...(thread.status === 'waiting' ? [] : [{ id: 'waiting', label: 'Waiting for them', icon: Hourglass, onAction: () => set({ status: 'waiting' }) }]),
    ...(thread.status === 'waiting' || thread.status === 'snoozed' ? [{ id: 'open', label: 'Back to open', icon: Inbox, onAction: () => set({ status: 'open', snoozed_until: null }) }] : []),
    'separator',
    { id: 'analyse', label: 'Read again', icon: RefreshCw, disabled: !inbound, onAction: () => inbound && analyse.mutate(inbound.id) },
  ]
  return (
    <>
      <Button icon={thread.status === 'done' ? CheckCheck : Check} variant="secondary" onClick={toggleDone}>
        {thread.status === 'done' ? 'Open again' : 'Done'}
      </Button>
      <MenuButton label="Snooze" square entries={snooze.map((s) => ({ id: s.label, label: s.label, onAction: () => set({ status: 'snoozed', snoozed_until: s.at }) }))} section="Come back">
        <AlarmClock size={16} strokeWidth={1.5} aria-hidden />
      </MenuButton>
      <MenuButton label="More actions" square entries={more}>
        <Ellipsis size={16} strokeWidth={1.5} aria-hidden />
      </MenuButton>
    </>
  )
}
