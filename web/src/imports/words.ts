import type { Import, ImportState } from '../api/types'
import type { Tone } from '../ui/badge'
import { duration } from '../ui/time'

export const stateWords: Record<ImportState, string> = {
  receiving: 'Receiving',
  queued: 'Waiting to start',
  running: 'Reading mail',
  understanding: 'Understanding',
  done: 'Done',
  failed: 'Stopped',
  cancelled: 'Cancelled',
}

export const stateTone: Record<ImportState, Tone> = { receiving: 'accent', queued: 'neutral', running: 'accent', understanding: 'ai', done: 'good', failed: 'bad', cancelled: 'neutral' }

/** "812 messages/s, 14 s left", as far as known. */
export function pace(i: Import): string {
  const parts = [i.rate ? `${Math.round(i.rate).toLocaleString()} messages/s` : '', i.eta_seconds !== null && i.eta_seconds > 0 ? `${duration(i.eta_seconds)} left` : '']
  return parts.filter(Boolean).join(', ')
}
