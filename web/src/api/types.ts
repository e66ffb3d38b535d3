// The shapes of the HTTP contract, written by hand until api/openapi.json can generate them.

export type Role = 'viewer' | 'member' | 'admin' | 'owner'
export type Workspace = { id: string; slug: string; name: string; time_zone: string; own_addresses?: string[]; version?: number }
export type Organization = { id: string; name: string; role: Role; workspaces: Workspace[] }
export type Me = {
  user: { id: string; email: string; name: string; operator: boolean }
  organizations: Organization[]
}
export type Member = { user_id: string; email: string; name: string; role: Role; active: boolean; joined_at: string }
export type ApiKey = {
  id: string
  name: string
  prefix: string
  scopes: string[]
  workspace_id: string
  created_at: string
  last_used_at: string | null
  expires_at: string | null
  revoked_at: string | null
}
export type Page<T> = { data: T[]; next_cursor: string | null; has_more: boolean }

export type FieldValue = string | number | boolean | string[] | null
export type Tag = { id: string; name: string; color: string | null }
export type FieldType = 'text' | 'number' | 'bool' | 'date' | 'select' | 'multi'
export type CustomField = {
  id: string
  entity: 'contact' | 'company'
  key: string
  label: string
  type: FieldType
  options: string[]
  required: boolean
}

export type ContactStatus = 'prospect' | 'lead' | 'customer' | 'former'
export type ContactRow = {
  id: string
  name: string
  email: string | null
  title: string | null
  phone: string | null
  status: ContactStatus
  owner_id: string | null
  company_id: string | null
  company_name: string | null
  score: number | null
  last_interaction_at: string | null
  created_at: string
  updated_at: string
  version: number
  source: string
}
export type Address = { id: string; address: string; label: string | null; primary: boolean }
export type Contact = ContactRow & {
  emails: Address[]
  tags: Tag[]
  fields: Record<string, FieldValue>
  deleted_at: string | null
}
export type CompanyRow = {
  id: string
  name: string
  domain: string | null
  industry: string | null
  size: string | null
  owner_id: string | null
  contact_count: number
  last_interaction_at: string | null
  created_at: string
  updated_at: string
  version: number
}
export type Company = CompanyRow & { fields: Record<string, FieldValue>; tags: Tag[]; deleted_at?: string | null }

export type Change = [FieldValue | Record<string, unknown>, FieldValue | Record<string, unknown>]
export type Changes = Record<string, Change>
export type Actor = { kind: 'user' | 'key' | 'agent' | 'import' | 'system'; name: string }
export type TimelineEntry = {
  id: string
  at: string
  kind: 'message' | 'event'
  title: string
  summary: string | null
  actor: Actor | null
  message_id?: string | null
  thread_id?: string | null
  direction?: 'inbound' | 'outbound' | null
  entity: string
  entity_id: string
  operation?: string | null
  changes?: Changes | null
  event_id?: string | null
  batch_id?: string | null
  undone?: boolean
}
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
export type ChangeEvent = {
  id: string
  at: string
  actor: Actor
  operation: string
  entity: string
  entity_id: string
  kind: string
  changes: Changes
  batch_id: string | null
  run_id: string | null
  undoes: string | null
  undone_by: string | null
  reason: string | null
}
export type Conflict = { entity: string; entity_id: string; field: string; expected: unknown; actual: unknown }
export type Undone = { undone: { entity: string; entity_id: string; fields: string[] }[]; conflicts: Conflict[]; event_ids: string[] }
export type Hit = { entity: 'contact' | 'company' | 'thread'; id: string; title: string; subtitle: string | null; rank: number }
export type Session = { id: string; created_at: string; last_seen_at: string; ip: string; user_agent: string; current: boolean }
