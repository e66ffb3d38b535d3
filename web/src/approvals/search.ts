import { states, type ApprovalState } from './words'

/** What the page keeps in its address; without a state it shows what waits. */
export type ApprovalsSearch = { id?: string; state?: ApprovalState }

/** Keeps of an address what the page understands. */
export function approvalsSearch(raw: Record<string, unknown>): ApprovalsSearch {
  return { id: typeof raw.id === 'string' && raw.id !== '' ? raw.id : undefined, state: states.find((s) => s === raw.state) }
}
