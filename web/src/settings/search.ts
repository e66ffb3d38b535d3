export type SettingsSearch = { grant?: string; mailbox?: string; problem?: string; reason?: string }

/** What a provider's way back tells the page of mailboxes. */
export function settingsSearch(raw: Record<string, unknown>): SettingsSearch {
  return { grant: text(raw.grant), mailbox: text(raw.mailbox), problem: text(raw.problem), reason: text(raw.reason) }
}

/** The same on the address that the server redirects to, which names the workspace by its id. */
export function arrivalSearch(raw: Record<string, unknown>): SettingsSearch & { workspace?: string } {
  return { ...settingsSearch(raw), workspace: text(raw.workspace) }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
