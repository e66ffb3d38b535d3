import type { ContactStatus } from '../api/types'
import { statuses } from '../record/words'
import { Badge, type Tone } from '../ui/badge'

const tones: Record<ContactStatus, Tone> = { prospect: 'neutral', lead: 'accent', customer: 'good', former: 'neutral' }

/** Where a contact stands with us. */
export function Status({ status }: { status: ContactStatus }) {
  return <Badge tone={tones[status]}>{statuses.find((s) => s.value === status)?.label}</Badge>
}
