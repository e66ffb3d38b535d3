import { onlyVersion, read, server } from '../../api/client'
import type { Mailbox, MailboxPatch, NewMailbox, NewSender, Sender, SenderPatch } from '../../api/types'

// What the pages of mailboxes and senders ask of the server.

const path = '/v1/workspaces/{workspace}/mailboxes'
const one = `${path}/{id}` as const

export const mailboxes = {
  list: (workspace: string, signal?: AbortSignal) => read(server.GET(path, { params: { path: { workspace } }, signal })).then((p) => p.data),
  test: (workspace: string, body: NewMailbox) => read(server.POST(`${path}/test`, { params: { path: { workspace } }, body })),
  create: (workspace: string, body: NewMailbox) => read(server.POST(path, { params: { path: { workspace } }, body })),
  update: (workspace: string, m: Mailbox, body: MailboxPatch) => read(server.PATCH(one, { params: { path: { workspace, id: m.id }, header: onlyVersion(m.version) }, body })),
  remove: (workspace: string, id: string) => server.DELETE(one, { params: { path: { workspace, id } } }),
  turn: (workspace: string, id: string, to: 'retry' | 'pause' | 'resume') => {
    const params = { path: { workspace, id } }
    if (to === 'retry') return read(server.POST(`${one}/retry`, { params }))
    return to === 'pause' ? read(server.POST(`${one}/pause`, { params })) : read(server.POST(`${one}/resume`, { params }))
  },
  folders: (workspace: string, id: string, signal?: AbortSignal) => read(server.GET(`${one}/folders`, { params: { path: { workspace, id } }, signal })).then((p) => p.data),
  choose: (workspace: string, id: string, chosen: string[]) => read(server.PUT(`${one}/folders`, { params: { path: { workspace, id } }, body: { chosen } })),
}

const posts = '/v1/workspaces/{workspace}/senders'

export const senders = {
  list: (workspace: string, signal?: AbortSignal) => read(server.GET(posts, { params: { path: { workspace } }, signal })).then((p) => p.data),
  create: (workspace: string, body: NewSender) => read(server.POST(posts, { params: { path: { workspace } }, body })),
  update: (workspace: string, s: Sender, body: SenderPatch) => read(server.PATCH(`${posts}/{id}`, { params: { path: { workspace, id: s.id }, header: onlyVersion(s.version) }, body })),
  remove: (workspace: string, id: string) => server.DELETE(`${posts}/{id}`, { params: { path: { workspace, id } } }),
  test: (workspace: string, id: string, to?: string) => read(server.POST(`${posts}/{id}/test`, { params: { path: { workspace, id } }, body: { to } })),
}
