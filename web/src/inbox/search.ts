import type { Folder } from '../api/types'

export type InboxSearch = { folder?: Folder; thread?: string; q?: string; urgency?: string; intent?: string }

export const folders: { id: Folder; label: string }[] = [
  { id: 'needs_reply', label: 'Needs reply' },
  { id: 'open', label: 'Open' },
  { id: 'waiting', label: 'Waiting' },
  { id: 'snoozed', label: 'Snoozed' },
  { id: 'done', label: 'Done' },
  { id: 'bulk', label: 'Bulk & automatic' },
  { id: 'all', label: 'All' },
]

/** Keeps of an address what the inbox understands. */
export function inboxSearch(raw: Record<string, unknown>): InboxSearch {
  return {
    folder: folders.find((f) => f.id === raw.folder)?.id,
    thread: text(raw.thread),
    q: text(raw.q),
    urgency: text(raw.urgency),
    intent: text(raw.intent),
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
