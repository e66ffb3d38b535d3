import type { Outcome } from '../api/types'

export function importSearch(raw: Record<string, unknown>): { outcome?: Outcome } {
  const outcome = raw.outcome
  return { outcome: outcome === 'imported' || outcome === 'duplicate' || outcome === 'refused' ? outcome : undefined }
}
