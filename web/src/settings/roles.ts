import type { Role } from '../api/types'

/** The roles, lowest first, with what each adds. */
export const roles: { value: Role; label: string; words: string }[] = [
  { value: 'viewer', label: 'Viewer', words: 'Reads everything.' },
  { value: 'member', label: 'Member', words: 'Reads and writes.' },
  { value: 'admin', label: 'Admin', words: 'Also deletes, manages people, mailboxes and fields.' },
  { value: 'owner', label: 'Owner', words: 'Also makes API keys and other owners.' },
]

/** Those that somebody may give: up to their own. */
export function rolesUpTo(own: Role) {
  return roles.slice(0, roles.findIndex((r) => r.value === own) + 1)
}

/** The role of a choice; the least one if it is unknown. */
export function roleOf(value: string): Role {
  return roles.find((r) => r.value === value)?.value ?? 'viewer'
}

export function roleLabel(role: Role): string {
  return roles.find((r) => r.value === role)?.label ?? role
}
