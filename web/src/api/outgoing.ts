import { csrfToken } from './client'
import { problemFrom, ProblemError } from './problem'
import { root } from './queries'

// Mail that goes out: drafts, uploads, what waits to be sent. Shapes of the HTTP contract.

export type Address = { name?: string; address: string }
export type Mode = 'new' | 'reply' | 'reply_all' | 'forward'
export type Upload = { id: string; filename: string; content_type: string; size: number }
export type Sender = { id: string; name: string; address: string; signature: string; is_default: boolean; state: 'ready' | 'trouble'; last_error: string | null }
export type Letter = { mode: Mode; message_id?: string; sender_id?: string; to: Address[]; cc: Address[]; bcc: Address[]; subject: string; text: string }
export type Draft = Omit<Letter, 'message_id' | 'sender_id'> & { id: string; message_id: string | null; sender_id: string | null; thread_id: string | null; attachments: Upload[]; version: number; updated_at: string }
export type DraftBody = Letter & { attachments: string[] }
export type Outgoing = {
  id: string
  state: 'queued' | 'sending' | 'sent' | 'failed' | 'uncertain' | 'cancelled'
  subject: string
  to: Address[]
  cc: Address[]
  bcc: Address[]
  sender_id: string
  thread_id: string | null
  message_id: string | null
  send_after: string
  sent_at: string | null
  attempts: number
  next_try_at: string | null
  error: string | null
  version: number
}
export type Send = Letter & { attachments: string[]; forward_attachments?: boolean; draft_id?: string; undo_seconds?: number; send_at?: string }
export type Prefill = { to: Address[]; cc: Address[]; subject: string; quoted_text: string; sender_id: string | null; attachments: { id: string; filename: string; size: number }[] }

async function call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const answer = await fetch(path, {
    method,
    headers: { Accept: 'application/json', ...(method !== 'GET' && { 'X-CSRF-Token': csrfToken(), 'Idempotency-Key': crypto.randomUUID() }), ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  if (!answer.ok) throw await problemFrom(answer)
  return JSON.parse((await answer.text()) || 'null')
}

const query = (values: Record<string, string | undefined>) => {
  const set = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return set.length > 0 ? `?${new URLSearchParams(set)}` : ''
}

type Data<T> = { data: T[] }

/** What can be asked of outgoing mail. */
export const outgoing = {
  senders: (workspace: string) => call<Data<Sender>>('GET', `${root(workspace)}/senders`).then((p) => p.data),
  prefill: (workspace: string, message: string, mode: Mode) => call<Prefill>('GET', `${root(workspace)}/messages/${message}/reply${query({ mode })}`),
  drafts: (workspace: string, thread?: string) => call<Data<Draft>>('GET', `${root(workspace)}/drafts${query({ thread_id: thread })}`).then((p) => p.data),
  saveDraft: (workspace: string, body: DraftBody, known?: { id: string; version: number }) =>
    known ? call<Draft>('PATCH', `${root(workspace)}/drafts/${known.id}`, body, { 'If-Match': `"${known.version}"` }) : call<Draft>('POST', `${root(workspace)}/drafts`, body),
  dropDraft: (workspace: string, id: string) => call<null>('DELETE', `${root(workspace)}/drafts/${id}`),
  send: (workspace: string, body: Send) => call<Outgoing>('POST', `${root(workspace)}/messages/send`, body),
  list: (workspace: string, asked: { thread?: string; state?: string }) => call<Data<Outgoing>>('GET', `${root(workspace)}/outbox${query({ thread_id: asked.thread, state: asked.state })}`).then((p) => p.data),
  cancel: (workspace: string, id: string) => call<Draft>('POST', `${root(workspace)}/outbox/${id}/cancel`),
  retry: (workspace: string, id: string, confirm: boolean) => call<Outgoing>('POST', `${root(workspace)}/outbox/${id}/retry`, confirm ? { confirm } : {}),
}

type FileUpload = { workspace: string; file: File; signal: AbortSignal; onProgress: (sent: number) => void }

/** Sends a file to attach, and hears of bytes sent. Fetch cannot report that, so this is XHR. */
export function uploadFile({ workspace, file, signal, onProgress }: FileUpload): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', `${root(workspace)}/uploads${query({ filename: file.name, content_type: file.type || undefined })}`)
    request.setRequestHeader('X-CSRF-Token', csrfToken())
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.responseType = 'json'
    request.upload.addEventListener('progress', (event) => onProgress(event.loaded))
    request.addEventListener('load', () => (request.status < 300 ? resolve(request.response) : reject(new ProblemError(request.status, request.response ?? {}))))
    request.addEventListener('error', () => reject(new Error('The connection broke; the file was not attached.')))
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}
