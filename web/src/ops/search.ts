import type { GroupState } from './contract'

export const ranges = ['1h', '6h', '24h', '7d', '30d'] as const
export type Range = (typeof ranges)[number]

export const groupStates: GroupState[] = ['open', 'resolved', 'muted']

/** What is chosen on a page of operations; one thing that is looked at has its id. */
export type OpsSearch = { range?: Range; id?: string; operation?: string; min?: number; failed?: boolean; state?: GroupState }

export function opsSearch(raw: Record<string, unknown>): OpsSearch {
  return {
    range: ranges.find((r) => r === raw.range),
    id: text(raw.id),
    operation: text(raw.operation),
    min: typeof raw.min === 'number' && raw.min > 0 ? raw.min : undefined,
    failed: raw.failed === true || undefined,
    state: groupStates.find((s) => s === raw.state),
  }
}

/** An id of digits alone comes as a number. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined
}

const hour = 3600
export const secondsOf: Record<Range, number> = { '1h': hour, '6h': 6 * hour, '24h': 24 * hour, '7d': 7 * 24 * hour, '30d': 30 * 24 * hour }
