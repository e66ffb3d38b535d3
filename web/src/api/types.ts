import type { components } from './schema'

// The shapes of the HTTP contract under our own names. What api/openapi.json holds comes from there;
// conversations and imports stand here by hand until the contract holds them too.

type Contract = components['schemas']
type Shape<Name extends keyof Contract> = Omit<Contract[Name], '$schema'>

export type Me = Shape<'IdentityMe'>
export type Organization = Shape<'IdentityOrganization'>
export type Role = Organization['role']
/** A workspace as its members see it in passing. */
export type Place = Shape<'IdentityPlace'>
export type Workspace = Shape<'IdentityWorkspace'>
export type Member = Shape<'IdentityPerson'>
export type Session = Shape<'IdentitySession'>
export type ApiKey = Shape<'IdentityKey'>
export type MadeKey = Shape<'IdentityMadeKey'>
export type Hit = Shape<'SearchHit'>
export type Page<T> = { data: T[]; next_cursor: string | null; has_more: boolean }

export type FieldValue = string | number | boolean | string[] | null
export type Tag = Shape<'TagTag'>
export type TagMark = Shape<'TagMark'>
export type CustomField = Shape<'FieldDefinition'>
export type FieldType = CustomField['type']

export type ContactRow = Shape<'ContactRow'>
export type ContactStatus = ContactRow['status']
export type Address = Shape<'ContactEmail'>
export type Contact = Omit<Shape<'ContactContact'>, 'fields' | 'tags'> & { fields: Record<string, FieldValue>; tags: TagMark[] | null }
export type CompanyRow = Shape<'CompanyRow'>
export type Company = Omit<Shape<'CompanyCompany'>, 'fields' | 'tags'> & { fields: Record<string, FieldValue>; tags: TagMark[] | null }

export type Changes = Record<string, [unknown, unknown]>
export type Actor = { kind: 'user' | 'api_key' | 'agent' | 'import' | 'system'; name: string }
export type TimelineEntry = Omit<Shape<'TimelineEntry'>, 'actor' | 'changes'> & { actor: Actor | null; changes: Changes | null }
export type ChangeEvent = Omit<Shape<'ChangeChange'>, 'actor' | 'changes'> & { actor: Actor; changes: Changes }
export type Conflict = Shape<'ChangeConflict'>
export type Undone = { undone: Shape<'ChangeReverted'>[]; conflicts: Conflict[] }

export type Band = 'hot' | 'warm' | 'cold' | 'none'
export type ScorePart = { name: string; label: string; weight: number; points: number | null; reasons: string[] }
export type Score = { score: number | null; coverage: number; band: Band; parts: ScorePart[]; version: string; computed_at: string | null }

export type Category = 'personal' | 'bulk' | 'automatic' | 'own'
export type Sentiment = 'positive' | 'neutral' | 'negative'
export type Urgency = 'low' | 'medium' | 'high' | 'critical'
export type ThreadStatus = 'open' | 'waiting' | 'snoozed' | 'done'
export type Folder = 'needs_reply' | 'open' | 'waiting' | 'snoozed' | 'done' | 'bulk' | 'all'
export type ThreadCounts = Record<Folder, number>
export type ThreadRow = {
  id: string
  subject: string
  status: ThreadStatus
  snoozed_until: string | null
  assignee_id: string | null
  unread: boolean
  message_count: number
  has_attachments: boolean
  last_message_at: string
  last_direction: 'inbound' | 'outbound'
  snippet: string
  from_name: string
  from_address: string
  contact_id: string | null
  contact_name: string | null
  company_name: string | null
  category: Category | null
  category_reason: string | null
  intent: string | null
  sentiment: Sentiment | null
  urgency: Urgency | null
  requires_response: boolean | null
  due_at: string | null
  version: number
}
export type Person = { name: string; address: string; contact_id?: string | null }
export type Attachment = { id: string; filename: string; content_type: string; size: number; inline: boolean; note: string | null }
export type AnalysisState = 'pending' | 'done' | 'skipped' | 'failed'
export type Evidence = { field: string; quote: string; start: number; end: number }
export type Triage = {
  state: AnalysisState
  category: Category | null
  category_reason: string | null
  intent: string | null
  intents: string[]
  sentiment: Sentiment | null
  mood: string | null
  urgency: Urgency | null
  requires_response: boolean | null
  respond_within: '1h' | '24h' | '7d' | 'none' | null
  due_at: string | null
  topics: string[]
  is_meeting_request: boolean
  summary: string | null
  confidence: number | null
  engine: string | null
  version: string | null
  degraded: boolean
  evidence: Evidence[]
}
export type ItemKind =
  | 'idea'
  | 'goal'
  | 'pain_point'
  | 'requirement'
  | 'question'
  | 'decision'
  | 'action_item'
  | 'commitment'
  | 'date'
  | 'money'
  | 'person'
  | 'company'
  | 'product'
export type Item = { id: string; kind: ItemKind; text: string; quote: string; start: number; end: number; attributes: Record<string, unknown> }
export type Intelligence = {
  state: AnalysisState
  summary: string | null
  readiness: number | null
  energy: number | null
  confidence: number | null
  engine: string | null
  version: string | null
  degraded: boolean
  items: Item[]
}
export type Message = {
  id: string
  thread_id: string
  direction: 'inbound' | 'outbound'
  subject: string
  sent_at: string
  date_note: string | null
  from: Person
  to: Person[]
  cc: Person[]
  text: string
  has_html: boolean
  attachments: Attachment[]
  problems: string[]
  triage: Triage | null
  intelligence: Intelligence | null
}
export type Thread = ThreadRow & { messages: Message[] }

export type ImportState = 'receiving' | 'queued' | 'running' | 'understanding' | 'done' | 'failed' | 'cancelled'
export type Import = {
  id: string
  filename: string
  format: string
  state: ImportState
  bytes_total: number
  bytes_done: number
  total: number | null
  imported: number
  duplicates: number
  refused: number
  triaged: number
  personal: number
  bulk: number
  automatic: number
  own: number
  analyzed: number
  analysis_skipped: number
  rate: number | null
  eta_seconds: number | null
  error: string | null
  created_at: string
  started_at: string | null
  finished_at: string | null
  actor_name: string | null
  version: number
}
export type Outcome = 'imported' | 'duplicate' | 'refused'
export type ImportItem = {
  ordinal: number
  outcome: Outcome
  reason: string | null
  message_ref: string | null
  subject: string | null
  from: string | null
  message_id: string | null
  category: Category | null
  category_reason: string | null
}
