import type { Folder, ThreadPatch, ThreadRow } from '../api/types'

type Page = { data: ThreadRow[]; next_cursor: string | null; has_more: boolean }

/** Whether a folder shows a conversation, by the server's rules: what can be said before it has answered. */
export function belongs(folder: Folder, t: ThreadRow): boolean {
  switch (folder) {
    case 'needs_reply':
      return t.requires_response && t.status === 'open' && t.category === 'personal' && t.last_direction === 'inbound'
    case 'open':
    case 'waiting':
    case 'snoozed':
      return t.status === folder
    case 'done':
      return t.status === 'done' && (t.category === 'personal' || t.category === 'own')
    case 'bulk':
      return t.category === 'bulk' || t.category === 'automatic'
    case 'all':
      return true
  }
}

/** A conversation as a change will leave it. */
export function applied(row: ThreadRow, set: ThreadPatch): ThreadRow {
  const status = set.status ?? row.status
  return {
    ...row,
    status: isStatus(status) ? status : row.status,
    snoozed_until: status === 'snoozed' ? (set.snoozed_until ?? row.snoozed_until) : null,
    assignee_id: set.assignee_id === undefined ? row.assignee_id : set.assignee_id,
    unread: set.unread ?? row.unread,
  }
}

function isStatus(status: string): status is ThreadRow['status'] {
  return status === 'open' || status === 'waiting' || status === 'snoozed' || status === 'done'
}

/** The pages of a folder with one conversation as it is now: replaced, taken out, or put back by its time. */
export function placed<P extends Page>(pages: P[], row: ThreadRow, folder: Folder): P[] {
  const here = belongs(folder, row)
  const known = pages.some((p) => p.data.some((r) => r.id === row.id))
  if (known) return pages.map((p) => ({ ...p, data: p.data.flatMap((r) => (r.id !== row.id ? [r] : here ? [row] : [])) }))
  if (!here) return pages
  const at = pages.findIndex((p, i) => p.data.some((r) => later(row, r)) || (i === pages.length - 1 && !p.has_more))
  return pages.map((p, i) => (i === at ? { ...p, data: inserted(p.data, row) } : p))
}

function inserted(rows: ThreadRow[], row: ThreadRow): ThreadRow[] {
  const at = rows.findIndex((r) => later(row, r))
  return at === -1 ? [...rows, row] : rows.toSpliced(at, 0, row)
}

function later(a: ThreadRow, b: ThreadRow): boolean {
  return a.last_message_at > b.last_message_at || (a.last_message_at === b.last_message_at && a.id > b.id)
}
