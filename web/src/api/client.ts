import createClient, { type Middleware } from 'openapi-fetch'
import { early } from '../early'
import { problemFrom } from './problem'
import type { paths } from './schema'

/** The value of a cookie that scripts may read, or an empty string. */
function cookie(name: string): string {
  const found = document.cookie.split('; ').find((c) => c.startsWith(`${name}=`))
  return found ? decodeURIComponent(found.slice(name.length + 1)) : ''
}

/** What proves to the server that a write comes from this page; empty for whoever never signed in. */
export function csrfToken(): string {
  return cookie('rapport_csrf')
}

const manners: Middleware = {
  onRequest({ request }) {
    if (request.method === 'GET') return undefined
    request.headers.set('X-CSRF-Token', csrfToken())
    request.headers.set('Idempotency-Key', crypto.randomUUID())
    return request
  },
  async onResponse({ response }) {
    if (!response.ok) throw await problemFrom(response)
  },
}

/** The server, by the addresses of its contract. Failures are thrown as ProblemError. */
export const server = createClient<paths>({ headers: { Accept: 'application/json' }, fetch: (request) => (request.method === 'GET' && early(request.url)) || fetch(request) })
server.use(manners)

/** The root of a workspace's addresses, for what the browser itself fetches: frames, files, streams. */
export function root(workspace: string): string {
  return `/v1/workspaces/${encodeURIComponent(workspace)}`
}

/** What an answer holds. Only for addresses that answer with something. */
export async function read<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer
  if (data === undefined) throw new Error('The server answered with nothing.')
  return data
}

/** The header that keeps a write from undoing what someone else saved in between. */
export function onlyVersion(version: number): { 'If-Match': string } {
  return { 'If-Match': `"${version}"` }
}
