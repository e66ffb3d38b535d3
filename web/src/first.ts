import type { QueryClient } from '@tanstack/react-query'
import { usualSort } from './early'
import { inboxSearch } from './inbox/search'
import { threadsQuery } from './inbox/queries'
import { listQuery } from './record/list'
import { listSearch } from './record/list-search'

/** After this long a page is shown without its rows. */
const patience = 150

type Address = { pathname: string; search: object }

/** Asks for the first rows of a list while its page and the person are still being read. Settles when they are there, and soon if they are not. */
export async function firstRows(client: QueryClient, { pathname, search }: Address): Promise<void> {
  const [, place, page] = /^\/w\/([^/]+)\/(contacts|companies|inbox)\/?$/.exec(pathname) ?? []
  if (place === undefined || page === undefined) return
  const asked = ask(client, decodeURIComponent(place), page, { ...search })
  await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, patience))])
}

/** What is narrowed down is left to its page, which knows the filters. */
async function ask(client: QueryClient, workspace: string, page: string, raw: Record<string, unknown>): Promise<void> {
  if (page === 'inbox') {
    const { where, box, q, folder = 'needs_reply' } = inboxSearch(raw)
    if (!where && !box) await client.prefetchInfiniteQuery(threadsQuery(workspace, { folder, q }))
    return
  }
  const { where, view, q, sort } = listSearch(raw)
  if (where || view) return
  if (page === 'contacts') await client.prefetchInfiniteQuery(listQuery(workspace, 'contacts', { q, sort: sort ?? usualSort.contacts }))
  else await client.prefetchInfiniteQuery(listQuery(workspace, 'companies', { q, sort: sort ?? usualSort.companies }))
}
