import { csrfToken, read, root, server } from './client'
import { ProblemError } from './problem'
import type { Address, Draft, DraftBody, Mode, Outgoing, OutgoingState, Send, Upload } from './types'

// Mail that goes out: drafts, uploads, what waits to be sent.

const within = (workspace: string) => ({ params: { path: { workspace } } })
const one = (workspace: string, id: string) => ({ params: { path: { workspace, id } } })

/** What is written of a mail, with every field there to be edited. */
export type Letter = { mode: Mode; message_id?: string; sender_id?: string; to: Address[]; cc: Address[]; bcc: Address[]; subject: string; text: string }

/** What can be asked of outgoing mail. */
export const outgoing = {
  senders: (workspace: string) => read(server.GET('/v1/workspaces/{workspace}/senders', within(workspace))).then((p) => p.data),
  prefill: (workspace: string, id: string, mode: Exclude<Mode, 'new'>) => read(server.GET('/v1/workspaces/{workspace}/messages/{id}/reply', { params: { path: { workspace, id }, query: { mode } } })),
  drafts: (workspace: string, thread?: string) => read(server.GET('/v1/workspaces/{workspace}/drafts', { params: { path: { workspace }, query: { thread_id: thread } } })).then((p) => p.data),
  saveDraft: (workspace: string, body: DraftBody, known?: { id: string; version: number }): Promise<Draft> =>
    known
      ? read(server.PATCH('/v1/workspaces/{workspace}/drafts/{id}', { params: { path: { workspace, id: known.id }, header: { 'If-Match': `"${known.version}"` } }, body }))
      : read(server.POST('/v1/workspaces/{workspace}/drafts', { ...within(workspace), body })),
  dropDraft: (workspace: string, id: string) => server.DELETE('/v1/workspaces/{workspace}/drafts/{id}', one(workspace, id)),
  send: (workspace: string, body: Send) => read(server.POST('/v1/workspaces/{workspace}/messages/send', { ...within(workspace), body })),
  list: (workspace: string, asked: { thread?: string; state?: OutgoingState }): Promise<Outgoing[]> =>
    read(server.GET('/v1/workspaces/{workspace}/outbox', { params: { path: { workspace }, query: { thread_id: asked.thread, state: asked.state } } })).then((p) => p.data),
  cancel: (workspace: string, id: string) => read(server.POST('/v1/workspaces/{workspace}/outbox/{id}/cancel', one(workspace, id))),
  retry: (workspace: string, id: string, confirm: boolean) => read(server.POST('/v1/workspaces/{workspace}/outbox/{id}/retry', { ...one(workspace, id), body: { confirm } })),
  markSent: (workspace: string, id: string) => read(server.POST('/v1/workspaces/{workspace}/outbox/{id}/mark-sent', one(workspace, id))),
}

type FileUpload = { workspace: string; file: File; signal: AbortSignal; onProgress: (sent: number) => void }

/** Sends a file to attach, and hears of bytes sent. Fetch cannot report that, so this is XHR. */
export function uploadFile({ workspace, file, signal, onProgress }: FileUpload): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const query = new URLSearchParams({ filename: file.name, ...(file.type && { content_type: file.type }) })
    request.open('POST', `${root(workspace)}/uploads?${query}`)
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
