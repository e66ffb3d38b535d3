import { queryOptions } from '@tanstack/react-query'
import { read, server } from '../../api/client'
import type { MailProvider, Mailbox } from '../../api/types'
import { mailboxes, senders } from './contract'

/** Whether something goes on that one may want to watch. */
function busy(m: Mailbox): boolean {
  return m.state === 'connecting' || m.state === 'syncing' || m.backlog !== null
}

export const mailboxesQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'mailboxes', 'list'],
    queryFn: ({ signal }) => mailboxes.list(workspace, signal),
    refetchInterval: (query) => (query.state.data?.some(busy) ? 2_000 : 15_000),
  })

export const mailFoldersQuery = (workspace: string, id: string) =>
  queryOptions({ queryKey: [workspace, 'mailboxes', 'folders', id], queryFn: ({ signal }) => mailboxes.folders(workspace, id, signal) })

export const sendersQuery = (workspace: string) => queryOptions({ queryKey: [workspace, 'senders', 'list'], queryFn: ({ signal }) => senders.list(workspace, signal) })

export const providersQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'oauth', 'providers'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/oauth/providers', { params: { path: { workspace } }, signal })).then((p) => p.data),
    staleTime: 60_000,
  })

export const grantsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'oauth', 'grants'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/oauth/grants', { params: { path: { workspace } }, signal })).then((p) => p.data),
  })

/** Leaves for the provider; the browser comes back to the page of mailboxes. */
export async function leaveFor(workspace: string, provider: MailProvider, mailbox?: Mailbox): Promise<void> {
  const { url } = await read(
    server.POST('/v1/workspaces/{workspace}/oauth/{provider}/start', {
      params: { path: { workspace, provider } },
      body: { purpose: 'mailbox', mailbox_id: mailbox?.id, address: mailbox?.address },
    }),
  )
  location.assign(url)
}
