import { useQuery, useQueryClient } from '@tanstack/react-query'
import { AlarmClock, ArrowLeft, Check, CheckCheck, CircleHelp, CornerUpLeft, Ellipsis, Forward, Hourglass, Inbox, Mail, RefreshCw, ReplyAll, Sparkles, UserPlus } from 'lucide-react'
import { useState } from 'react'
import type { Thread } from '../api/types'
import { WaitsForApproval } from '../approvals/waiting'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { useWhenShown } from '../shell/when-shown'
import { TaskFromMessage } from '../tasks/from-message'
import { Button, IconButton } from '../ui/button'
import { Hint } from '../ui/hint'
import { OnlyNarrow, Row, WithAside } from '../ui/layout'
import { AnswerBar, Conversation, FoldedMessages, Messages, ThreadHead } from '../ui/mail'
import { MenuButton, type MenuEntry } from '../ui/menu'
import { ErrorState, SkeletonLines } from '../ui/state'
import type { ThreadActions } from './actions'
import { ContactCard, ContactStrip } from './contact-card'
import { Drafting } from './drafting'
import { Message } from './message'
import { Pending } from './pending'
import { threadQuery, useAnalyse } from './queries'
import { Reply } from './reply'
import type { ComposeMode, InboxSearch } from './search'
import { whyHere } from './why'

type PaneProps = { id: string; search: InboxSearch; actions: ThreadActions; next: string | undefined; onGo: (change: Partial<InboxSearch>) => void }

/** A conversation: what was written, what was understood, who it is with, and the answer. */
export function ThreadPane(props: PaneProps) {
  const workspace = useWorkspace()
  const thread = useQuery(threadQuery(workspace, props.id))
  if (thread.isPending) return <SkeletonLines count={8} />
  if (thread.isError) return <ErrorState title="This conversation could not be read" error={thread.error} onRetry={() => void thread.refetch()} />
  return <ThreadView {...props} thread={thread.data} />
}

function ThreadView({ thread, search, actions, next, onGo }: PaneProps & { thread: Thread }) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const { canWrite } = useSession()
  useWhenShown(thread.id, () => {
    actions.markRead(thread)
    if (next) void client.prefetchQuery(threadQuery(workspace, next))
  }, 700)
  const { compose } = search
  const message = thread.messages.find((m) => m.id === search.message) ?? thread.messages.at(-1)
  const endWriting = () => onGo({ compose: undefined, message: undefined, draft: undefined })
  const answer = (mode: ComposeMode, id?: string) => onGo({ compose: mode, message: id ?? thread.messages.at(-1)?.id, draft: undefined })
  const [drafting, setDrafting] = useState(false)
  const last = thread.messages.at(-1)
  const answerable = canWrite && last?.direction === 'inbound' && last.triage.category === 'personal'
  useKeys(answerable ? [{ keys: 'd', label: 'Have a reply drafted', group: 'Writing', run: () => setDrafting(true) }] : [])
  return (
    <WithAside aside={<ContactCard thread={thread} />}>
      <Conversation>
        <ThreadHead
          title={thread.subject || 'No subject'}
          back={
            <OnlyNarrow>
              <IconButton icon={ArrowLeft} label="Back to the list" onClick={() => onGo({ thread: undefined, compose: undefined, message: undefined, draft: undefined })} />
            </OnlyNarrow>
          }
        >
          <Hint words={whyHere(thread)} label={`Why it is here: ${whyHere(thread)}`}>
            <CircleHelp size={16} strokeWidth={1.5} aria-hidden />
          </Hint>
          {canWrite && <Actions thread={thread} actions={actions} />}
        </ThreadHead>
        <ContactStrip thread={thread} />
        <AllMessages thread={thread} onAnswer={canWrite ? answer : undefined} />
        <WaitsForApproval subject={thread.id} padded />
        <Pending thread={thread.id} writing={compose !== undefined} onDraft={(d) => onGo({ compose: d.mode, message: d.message_id ?? undefined, draft: d.id })} />
        {compose && compose !== 'new' && message && canWrite ? (
          <Reply thread={thread} mode={compose} message={message.id} draft={search.draft} onClose={endWriting} onSent={(done) => done && actions.toggleDone()} />
        ) : (
          canWrite && thread.messages.length > 0 && <Answers onAnswer={answer} onDraft={answerable ? () => setDrafting(true) : undefined} />
        )}
        {drafting && (
          <Drafting
            thread={thread.id}
            onDone={(draft, id) => {
              setDrafting(false)
              onGo({ compose: 'reply', message: id ?? last?.id, draft })
            }}
            onClose={() => setDrafting(false)}
          />
        )}
      </Conversation>
    </WithAside>
  )
}

const whole = 6

/** All messages; of many, those in the middle wait behind one line. */
function AllMessages({ thread, onAnswer }: { thread: Thread; onAnswer?: (mode: ComposeMode, message: string) => void }) {
  const { messages } = thread
  const [all, setAll] = useState(messages.length <= whole)
  const lastOwn = messages.findLastIndex((m) => m.direction === 'outbound')
  // Only the conversation is marked unread: what came after one's own last word is what is new in it.
  const [news] = useState(() => new Set(thread.unread ? messages.slice(lastOwn + 1).map((m) => m.id) : []))
  const last = messages.length - 1
  return (
    <Messages>
      {messages.map((message, i) => {
        if (!all && i === 1) return <FoldedMessages key="folded" count={messages.length - 3} onShow={() => setAll(true)} />
        if (!all && i > 1 && i < last - 1) return null
        return <Message key={message.id} message={message} open={i === last || news.has(message.id)} sought={i === last && last > 0} onAnswer={onAnswer} />
      })}
    </Messages>
  )
}

function Answers({ onAnswer, onDraft }: { onAnswer: (mode: ComposeMode) => void; onDraft?: () => void }) {
  return (
    <AnswerBar>
      <Button icon={CornerUpLeft} title="R" onClick={() => onAnswer('reply')}>
        Reply
      </Button>
      <Button variant="quiet" icon={ReplyAll} title="Shift R" onClick={() => onAnswer('reply_all')}>
        Reply to all
      </Button>
      <Button variant="quiet" icon={Forward} title="F" onClick={() => onAnswer('forward')}>
        Forward
      </Button>
      {onDraft && (
        <Button variant="quiet" icon={Sparkles} title="D" onClick={onDraft}>
          Draft a reply
        </Button>
      )}
    </AnswerBar>
  )
}

function Actions({ thread, actions }: { thread: Thread; actions: ThreadActions }) {
  const analyse = useAnalyse(thread.id)
  const inbound = thread.messages.findLast((m) => m.direction === 'inbound')
  const more: (MenuEntry | 'separator')[] = [
    { id: 'unread', label: thread.unread ? 'Mark read' : 'Mark unread', icon: Mail, onAction: actions.toggleUnread },
    ...(thread.status === 'waiting' ? [] : [{ id: 'waiting', label: 'Waiting for them', icon: Hourglass, onAction: actions.wait }]),
    ...(thread.status === 'waiting' || thread.status === 'snoozed' ? [{ id: 'open', label: 'Back to open', icon: Inbox, onAction: actions.reopen }] : []),
    'separator',
    { id: 'analyse', label: 'Read again', icon: RefreshCw, disabled: !inbound, onAction: () => inbound && analyse.mutate(inbound.id) },
  ]
  const done = thread.status === 'done'
  return (
    <Row gap={1}>
      <Button icon={done ? CheckCheck : Check} variant="secondary" title="E" onClick={actions.toggleDone}>
        {done ? 'Open again' : 'Done'}
      </Button>
      {inbound && <TaskFromMessage message={inbound.id} />}
      <IconButton icon={AlarmClock} label="Snooze" onClick={actions.askSnooze} />
      <IconButton icon={UserPlus} label="Assign" onClick={actions.askAssign} />
      <MenuButton label="More actions" square entries={more}>
        <Ellipsis size={16} strokeWidth={1.5} aria-hidden />
      </MenuButton>
    </Row>
  )
}
