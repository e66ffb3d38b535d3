import type { Hit } from '../api/types'

export type HitKind = Hit['entity']
export type SearchPageSearch = { q?: string; kind?: HitKind }

/** The kinds that can be found, in the order of the tabs. */
export const kinds: { id: HitKind; label: string; one: string }[] = [
  { id: 'thread', label: 'Mail', one: 'Conversation' },
  { id: 'contact', label: 'Contacts', one: 'Contact' },
  { id: 'company', label: 'Companies', one: 'Company' },
  { id: 'task', label: 'Tasks', one: 'Task' },
  { id: 'note', label: 'Notes', one: 'Note' },
]

/** What can be typed beside words. */
export const operators: { example: string; means: string }[] = [
  { example: '"annual report"', means: 'these words side by side' },
  { example: '-draft', means: 'without this word' },
  { example: 'from:ana', means: 'sent by, name or address' },
  { example: 'to:ben', means: 'sent to' },
  { example: 'company:lumen', means: 'people and mail of a company' },
  { example: 'subject:invoice', means: 'in the subject' },
  { example: 'is:unread', means: 'or open, waiting, snoozed, done, bulk' },
  { example: 'has:attachment', means: 'with a file' },
  { example: 'after:2026-01-31', means: 'since this day' },
  { example: 'before:2026-02', means: 'before this day or month' },
  { example: 'in:mail', means: 'or contacts, companies, tasks, notes' },
]

/** Keeps of an address what the page of results understands. */
export function searchPageSearch(raw: Record<string, unknown>): SearchPageSearch {
  return { q: typeof raw.q === 'string' && raw.q !== '' ? raw.q : undefined, kind: kinds.find((k) => k.id === raw.kind)?.id }
}
