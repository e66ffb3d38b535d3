import { problemFrom } from './problem'

type Query = Record<string, string | number | boolean | undefined | null>
type Options = { query?: Query; body?: unknown; version?: number; signal?: AbortSignal }

/** The value of a cookie that scripts may read, or an empty string. */
function cookie(name: string): string {
  const found = document.cookie.split('; ').find((c) => c.startsWith(`${name}=`))
  return found ? decodeURIComponent(found.slice(name.length + 1)) : ''
}

export function csrfToken(): string {
  return cookie('rapport_csrf')
}

export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') params.set(key, String(value))
  }
  const text = params.toString()
  return text ? `${path}?${text}` : path
}

function headersFor(method: string, options: Options): Headers {
  const headers = new Headers({ Accept: 'application/json' })
  if (method !== 'GET') headers.set('X-CSRF-Token', csrfToken())
  if (method === 'POST') headers.set('Idempotency-Key', crypto.randomUUID())
  if (options.body !== undefined) headers.set('Content-Type', 'application/json')
  if (options.version !== undefined) headers.set('If-Match', `"${options.version}"`)
  return headers
}

async function send<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const response = await fetch(withQuery(path, options.query), {
    method,
    headers: headersFor(method, options),
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
    signal: options.signal,
  })
  if (!response.ok) throw await problemFrom(response)
  const text = await response.text()
  return JSON.parse(text || 'null')
}

/** The server, one function a method. Failures are thrown as ProblemError. */
export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => send<T>('GET', path, { query, signal }),
  post: <T>(path: string, body: unknown = {}) => send<T>('POST', path, { body }),
  put: <T>(path: string, body: unknown = {}) => send<T>('PUT', path, { body }),
  patch: <T>(path: string, body: unknown, version?: number) => send<T>('PATCH', path, { body, version }),
  delete: <T = void>(path: string) => send<T>('DELETE', path),
}
