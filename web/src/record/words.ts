import type { ContactStatus } from '../api/types'

const labels: Record<string, string> = {
  owner_id: 'Owner',
  company_id: 'Company',
  last_interaction_at: 'Last touch',
  created_at: 'Created',
  updated_at: 'Changed',
  snoozed_until: 'Snoozed until',
  assignee_id: 'Assignee',
  deleted_at: 'Deleted',
}

/** The name of a field as people say it. */
export function fieldLabel(name: string): string {
  const known = labels[name]
  if (known) return known
  const plain = name.replace(/^fields?\./, '').replaceAll('_', ' ')
  return plain.charAt(0).toUpperCase() + plain.slice(1)
}

/** What somebody did to a record, after their name: "added", "changed". */
export function changeWords(kind: string | null): string {
  return { created: 'added', deleted: 'deleted', restored: 'restored' }[kind ?? ''] ?? 'changed'
}

/** Whether a value says nothing: null, no text, no entry. */
export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

/** Whether a value is a moment, as the API writes it. */
export function isMoment(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value)
}

const beginning = 200

/** The beginning of a longer text, as the server cuts it: it ends with a whole word, and says that more follows. */
export function excerpt(text: string): string {
  if ([...text].length < beginning) return text
  const word = text.search(/\s+\S*$/)
  return `${word > 0 ? text.slice(0, word) : text}…`
}

/** Any value of a record, as text. */
export function shown(value: unknown): string {
  if (isEmpty(value)) return 'empty'
  if (Array.isArray(value)) return value.map(shown).join(', ')
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'object' && value !== null) return 'name' in value ? String(value.name) : 'address' in value ? String(value.address) : JSON.stringify(value)
  return String(value)
}

export const statuses: { value: ContactStatus; label: string }[] = [
  { value: 'prospect', label: 'Prospect' },
  { value: 'lead', label: 'Lead' },
  { value: 'customer', label: 'Customer' },
  { value: 'former', label: 'Former' },
]

export const sizes = ['1-10', '11-50', '51-200', '201-1000', '1000+'].map((s) => ({ value: s, label: s.replace('-', '–') }))

/** "1 contact", "2,431 contacts". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`
}
