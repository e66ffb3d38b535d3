import type { Query, QueryKey } from '@tanstack/react-query'

/** What the server tells of a change: which records of which kind, never what they hold. */
export type Change = { entity: string; ids: string[] | null; kind: string }

/** Entities whose queries go by another noun than their plural, or by more than one. */
const nouns: Record<string, string[]> = {
  thread: ['threads', 'runs'],
  message: ['threads'],
  oauth_grant: ['mailboxes'],
  company: ['companies'],
  mailbox: ['mailboxes'],
  activity: ['activities'],
  outgoing: ['outbox'],
  workspace: ['workspace'],
  ai_policy: ['ai-policy'],
  agent_policy: ['agent-policies', 'runs'],
  ai_budget: ['ai'],
  ai_key: ['ai-keys', 'ai'],
  memory: ['memories'],
  run: ['runs', 'goals'],
}

/** What tells a story of other records: shown on their pages, without an id of the changed one in the key. */
const stories = new Set(['thread', 'message', 'note', 'task', 'activity', 'outgoing'])
/** What the page Today gathers. */
const gathered = new Set(['thread', 'task', 'contact', 'mailbox'])

/** What approvals rely on: one that is open may be stale once it has changed. */
const reliedOn = new Set(['contact', 'company', 'task', 'note', 'activity', 'view', 'draft', 'thread', 'message', 'sender'])

const id = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

function nounsOf(entity: string): string[] {
  return nouns[entity] ?? [`${entity.replaceAll('_', '-')}s`]
}

/** Whether a query may show something else after a change. Keys are workspace, noun, kind of query, then id or question. */
export function isTouched(key: QueryKey, workspace: string, change: Change): boolean {
  const [where, noun, kind, about] = key
  if (typeof noun !== 'string') return false
  if (where === 'organization') return kind === (change.entity === 'user' ? 'members' : `${change.entity.replaceAll('_', '-')}s`)
  if (where !== workspace) return false
  if (noun === 'changes') return change.kind !== 'changed'
  if (noun === 'today') return gathered.has(change.entity)
  if (noun === 'approvals' && kind === 'one' && reliedOn.has(change.entity)) return true
  if (kind === 'timeline' && stories.has(change.entity)) return true
  if (!nounsOf(change.entity).includes(noun)) return false
  // A query about one record is touched when it is about this one.
  if (typeof about === 'string' && id.test(about) && noun === nounsOf(change.entity)[0]) return change.ids === null || change.ids.includes(about)
  return true
}

/** How long a query rests after an answer before a change makes it ask again: long lists cost a request a page. */
export function restOf(query: Pick<Query, 'state'>): number {
  const data: unknown = query.state.data
  const pages = typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages) ? data.pages.length : 1
  return pages > 4 ? 20_000 : pages * 1_000
}
