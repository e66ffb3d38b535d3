import { QueryClient } from '@tanstack/react-query'
import { redirect } from '@tanstack/react-router'
import { csrfToken } from '../api/client'
import { ProblemError } from '../api/problem'
import { meQuery } from '../api/queries'
import type { Me } from '../api/types'
import { applyTimeZone } from './theme'

export type RouterContext = { client: QueryClient }

export function isSignedOut(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 401
}

/** Data is asked for again when it is older than a few seconds; a caller's fault is not tried twice. */
export function newClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: 5_000, retry: (count, error) => count < 2 && !(error instanceof ProblemError && error.status < 500) },
    },
  })
}

/** Who is signed in; whoever is not, goes to the login and comes back afterwards. */
export async function requireMe(client: QueryClient, href: string): Promise<Me> {
  // Without this cookie nobody is signed in, so the server need not be asked.
  if (csrfToken() === '') throw redirect({ to: '/login', search: { next: href } })
  try {
    const me = await client.ensureQueryData(meQuery)
    applyTimeZone(me.user.time_zone)
    return me
  } catch (error) {
    if (isSignedOut(error)) throw redirect({ to: '/login', search: { next: href } })
    throw error
  }
}
