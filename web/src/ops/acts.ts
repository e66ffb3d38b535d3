import { read, server } from '../api/client'
import type { ErrorGroup, Profile } from '../api/types'
import type { GroupState } from './contract'

/** Puts a group of errors into a state. */
export function move(error: string, to: GroupState): Promise<ErrorGroup> {
  const at = { params: { path: { error } } }
  if (to === 'resolved') return read(server.POST('/v1/ops/errors/{error}/resolve', at))
  if (to === 'muted') return read(server.POST('/v1/ops/errors/{error}/mute', at))
  return read(server.POST('/v1/ops/errors/{error}/reopen', at))
}

/** Takes a profile of the process that answers. */
export function takeProfile(kind: Profile['kind'], seconds: number): Promise<Profile> {
  return read(server.POST('/v1/ops/profiles', { body: { kind, seconds } }))
}
