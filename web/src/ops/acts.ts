import { csrfToken } from '../api/client'
import { problemFrom } from '../api/problem'
import type { GroupState, Profile, ProfileKind } from './contract'

async function post(path: string, body?: unknown): Promise<Response> {
  const response = await fetch(`/v1/ops/${path}`, {
    method: 'POST',
    headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'X-CSRF-Token': csrfToken(), 'Idempotency-Key': crypto.randomUUID() },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  if (!response.ok) throw await problemFrom(response)
  return response
}

const verbs: Record<GroupState, string> = { resolved: 'resolve', muted: 'mute', open: 'reopen' }

/** Puts a group of errors into a state. */
export async function move(id: string, to: GroupState): Promise<void> {
  await post(`errors/${encodeURIComponent(id)}/${verbs[to]}`)
}

/** Takes a profile of the process that answers. */
export async function takeProfile(kind: ProfileKind, seconds: number): Promise<Profile> {
  const answer: Profile = await (await post('profiles', { kind, seconds })).json()
  return answer
}
