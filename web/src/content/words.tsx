import type { ContentSummary } from '../api/types'
import { Badge, type Tone } from '../ui/badge'

const words: Record<ContentSummary['status'], [string, Tone]> = {
  draft: ['Draft', 'neutral'],
  in_review: ['In review', 'warn'],
  approved: ['Approved', 'good'],
  sent: ['Sent', 'accent'],
  archived: ['Put away', 'neutral'],
}

/** How far content is. */
export function ContentStatus({ status }: { status: ContentSummary['status'] }) {
  const [label, tone] = words[status]
  return <Badge tone={tone}>{label}</Badge>
}

export const statusOptions = Object.entries(words).map(([value, [label]]) => ({ value, label }))
