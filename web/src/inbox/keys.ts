import type { Thread } from '../api/types'
import { useKeys } from '../shell/keys-provider'
import { useSession } from '../shell/session'
import { useTaskFromMessage } from '../tasks/queries'
import { focusConversation } from '../ui/mail'
import type { ThreadActions } from './actions'
import { boxes, folders, type ComposeMode, type InboxSearch } from './search'
import { extended, nothing, toggled, type Selection } from '../record/selection'

type Bound = {
  search: InboxSearch
  go: (change: Partial<InboxSearch>) => void
  order: string[]
  actions: ThreadActions
  thread: Thread | undefined
  selection: Selection
  onSelection: (selection: Selection) => void
}

const closed = { thread: undefined, compose: undefined, message: undefined, draft: undefined }

/** Everything that the inbox does by keyboard. */
export function useInboxKeys(bound: Bound) {
  useMoving(bound)
  useActing(bound)
  const group = 'Folders'
  useKeys(folders.map((f, i) => ({ keys: String(i + 1), label: f.label, group, run: () => bound.go({ ...closed, folder: f.id, box: undefined }) })))
  useKeys(boxes.map((b, i) => ({ keys: String(folders.length + i + 1), label: b.label, group, run: () => bound.go({ ...closed, box: b.id }) })))
}

function useMoving({ search, go, order, actions, selection, onSelection }: Bound) {
  const { canWrite } = useSession()
  const index = search.thread === undefined ? -1 : order.indexOf(search.thread)
  const step = (by: 1 | -1) => {
    const target = order[index === -1 ? 0 : index + by]
    if (target) go({ thread: target, compose: undefined, message: undefined, draft: undefined })
  }
  const open = () => {
    if (index === -1) return step(1)
    actions.targets.filter((t) => t.id === search.thread).forEach(actions.markRead)
    focusConversation()
  }
  const close = () => {
    if (search.compose) go({ compose: undefined, message: undefined, draft: undefined })
    else if (selection.ids.size > 0) onSelection(nothing)
    else go({ thread: undefined })
  }
  const choose = (range: boolean) => {
    const id = search.thread ?? order[0]
    if (canWrite && id) onSelection(range ? extended(selection, order, id) : toggled(selection, id))
  }
  const group = 'Inbox'
  useKeys([
    { keys: 'j', label: 'Next conversation', group, run: () => step(1) },
    { keys: 'k', label: 'Conversation before', group, run: () => step(-1) },
    { keys: 'enter', label: 'Open, and read on with the arrows', group, run: open },
    { keys: 'o', label: 'Open, as Enter does', group, run: open },
    { keys: 'x', label: 'Choose the conversation', group, run: () => choose(false) },
    { keys: 'X', label: 'Choose all up to here', group, run: () => choose(true) },
    { keys: 'escape', label: 'Close the answer, drop the choice, close the conversation', group, run: close },
  ])
}

function useActing({ go, actions, thread }: Bound) {
  const { canWrite } = useSession()
  const answer = (compose: ComposeMode) => {
    const message = thread?.messages.at(-1)
    if (canWrite && message) go({ compose, message: message.id, draft: undefined })
  }
  const write = () => canWrite && go({ compose: 'new', thread: undefined, message: undefined, draft: undefined })
  const make = useTaskFromMessage()
  const task = () => {
    const message = thread?.messages.findLast((m) => m.direction === 'inbound')
    if (canWrite && message && !make.isPending) make.mutate(message.id)
  }
  const group = 'Conversation, or all chosen ones'
  useKeys([
    { keys: 'e', label: 'Done, or open again', group, run: actions.toggleDone },
    { keys: 's', label: 'Snooze', group, run: actions.askSnooze },
    { keys: 'w', label: 'Waiting for them', group, run: actions.wait },
    { keys: 'a', label: 'Assign', group, run: actions.askAssign },
    { keys: 'u', label: 'Mark unread or read', group, run: actions.toggleUnread },
  ])
  const writing = 'Writing'
  useKeys([
    { keys: 'r', label: 'Reply', group: writing, run: () => answer('reply') },
    { keys: 'R', label: 'Reply to all', group: writing, run: () => answer('reply_all') },
    { keys: 'f', label: 'Forward', group: writing, run: () => answer('forward') },
    { keys: 'c', label: 'Write a new mail', group: writing, run: write },
    { keys: 't', label: 'Make a task of the latest message', group: writing, run: task },
  ])
}
