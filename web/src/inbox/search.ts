import type { Folder } from '../api/types'

export type ComposeMode = 'new' | 'reply' | 'reply_all' | 'forward'
/** Mail of one's own that has not left: not conversations yet. */
export type Box = 'drafts' | 'outbox'
/** What the inbox keeps in its address; a box stands before the folder; view is the saved view that it began as; message is the one that is answered or forwarded. */
export type InboxSearch = { folder?: Folder; box?: Box; thread?: string; q?: string; where?: string; view?: string; compose?: ComposeMode; message?: string; draft?: string; to?: string }

export const folders: { id: Folder; label: string }[] = [
  { id: 'needs_reply', label: 'Needs reply' },
  { id: 'open', label: 'Open' },
  { id: 'waiting', label: 'Waiting' },
  { id: 'snoozed', label: 'Snoozed' },
  { id: 'done', label: 'Done' },
  { id: 'bulk', label: 'Bulk' },
  { id: 'all', label: 'All' },
]

export const boxes: { id: Box; label: string }[] = [
  { id: 'drafts', label: 'Drafts' },
  { id: 'outbox', label: 'Outbox' },
]

const modes: ComposeMode[] = ['new', 'reply', 'reply_all', 'forward']

/** Keeps of an address what the inbox understands. */
export function inboxSearch(raw: Record<string, unknown>): InboxSearch {
  return {
    folder: folders.find((f) => f.id === raw.folder)?.id,
    box: boxes.find((b) => b.id === raw.box)?.id,
    thread: text(raw.thread),
    q: text(raw.q),
    where: text(raw.where),
    view: text(raw.view),
    compose: modes.find((m) => m === raw.compose),
    message: text(raw.message),
    draft: text(raw.draft),
    to: text(raw.to),
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
