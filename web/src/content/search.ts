import type { ContentSummary } from '../api/types'

export type ContentSearch = { view?: 'voice' | 'results'; kind?: string; status?: ContentSummary['status']; contact?: string }

const statuses = ['draft', 'in_review', 'approved', 'sent', 'archived'] as const

/** Keeps of an address what the page of content understands. */
export function contentSearch(raw: Record<string, unknown>): ContentSearch {
  return {
    view: raw.view === 'voice' || raw.view === 'results' ? raw.view : undefined,
    kind: typeof raw.kind === 'string' && raw.kind !== '' ? raw.kind : undefined,
    status: statuses.find((s) => s === raw.status),
    contact: typeof raw.contact === 'string' && raw.contact !== '' ? raw.contact : undefined,
  }
}
