import { csrfToken } from '../../api/client'
import { problemFrom } from '../../api/problem'

// The part of the contract that mailboxes and senders use.

export type Security = 'tls' | 'starttls' | 'none'
export type Server = { host: string; port: number; security: Security }
export type Provider = 'google' | 'microsoft'
export type MailboxState = 'connecting' | 'syncing' | 'live' | 'waiting' | 'paused'
export type FolderKind = 'inbox' | 'sent' | 'drafts' | 'trash' | 'junk' | 'archive' | 'all' | 'other'

export type Mailbox = {
  id: string
  name: string
  address: string
  auth: 'password' | Provider
  username: string
  imap: Server
  folders: 'all' | 'chosen'
  since: string | null
  mark_seen: boolean
  state: MailboxState
  health: string
  trouble: boolean
  reason: string
  last_success_at: string | null
  last_error: string
  next_try_at: string | null
  backlog: { total: number; done: number; percent: number; reached: string | null } | null
  message_count: number
  refused_count: number
  idle: boolean
  grant_id: string | null
  sender_id: string | null
  version: number
  created_at: string
}

export type NewMailbox = {
  name?: string
  address: string
  auth: Mailbox['auth']
  username?: string
  password?: string
  grant_id?: string
  imap: Server
  smtp?: Server & { username?: string; password?: string }
  since?: string
  mark_seen?: boolean
}

export type MailboxPatch = { name?: string; username?: string; password?: string; grant_id?: string; imap?: Server; since?: string | null; mark_seen?: boolean; folders?: string[] | null }
export type MailFolder = { id: string; name: string; kind: FolderKind; chosen: boolean; total: number; done: number; refused: number; trouble: string; last_synced_at: string | null }
export type Attempt = { ok: boolean; folders: { name: string; kind: FolderKind }[] }

export type Sender = {
  id: string
  name: string
  address: string
  signature: string
  mailbox_id: string | null
  smtp: Server & { username: string }
  is_default: boolean
  state: 'ready' | 'trouble'
  last_error: string
  version: number
}

export type SenderDetails = {
  name: string
  address: string
  signature: string
  mailbox_id?: string
  smtp?: Partial<Server> & { username?: string; password?: string }
  is_default?: boolean
}

/** Asks the server by address, as the typed client does. */
async function call<T>(method: string, path: string, body?: unknown, version?: number, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') Object.assign(headers, { 'Content-Type': 'application/json', 'X-CSRF-Token': csrfToken() })
  if (version !== undefined) headers['If-Match'] = `"${version}"`
  const response = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) })
  if (!response.ok) throw await problemFrom(response)
  return response.status === 204 ? response.text() : response.json()
}

const at = (workspace: string, path: string) => `/v1/workspaces/${encodeURIComponent(workspace)}/${path}`

export const mailboxes = {
  list: (w: string, signal?: AbortSignal) => call<{ data: Mailbox[] }>('GET', at(w, 'mailboxes'), undefined, undefined, signal).then((p) => p.data),
  test: (w: string, body: NewMailbox) => call<Attempt>('POST', at(w, 'mailboxes/test'), body),
  create: (w: string, body: NewMailbox) => call<Mailbox>('POST', at(w, 'mailboxes'), body),
  update: (w: string, m: Mailbox, body: MailboxPatch) => call<Mailbox>('PATCH', at(w, `mailboxes/${m.id}`), body, m.version),
  remove: (w: string, id: string) => call<undefined>('DELETE', at(w, `mailboxes/${id}`)),
  turn: (w: string, id: string, to: 'retry' | 'pause' | 'resume') => call<Mailbox>('POST', at(w, `mailboxes/${id}/${to}`)),
  folders: (w: string, id: string, signal?: AbortSignal) => call<{ data: MailFolder[] }>('GET', at(w, `mailboxes/${id}/folders`), undefined, undefined, signal).then((p) => p.data),
  choose: (w: string, id: string, chosen: string[]) => call<{ data: MailFolder[] }>('PUT', at(w, `mailboxes/${id}/folders`), { chosen }).then((p) => p.data),
}

export const senders = {
  list: (w: string, signal?: AbortSignal) => call<{ data: Sender[] }>('GET', at(w, 'senders'), undefined, undefined, signal).then((p) => p.data),
  create: (w: string, body: SenderDetails) => call<Sender>('POST', at(w, 'senders'), body),
  update: (w: string, s: Sender, body: Partial<SenderDetails>) => call<Sender>('PATCH', at(w, `senders/${s.id}`), body, s.version),
  remove: (w: string, id: string) => call<undefined>('DELETE', at(w, `senders/${id}`)),
  test: (w: string, id: string, to?: string) => call<{ ok: boolean; reply: string }>('POST', at(w, `senders/${id}/test`), { to }),
}
