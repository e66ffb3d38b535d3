import { Building2, CalendarClock, CircleHelp, Coins, Flag, Gavel, Handshake, Lightbulb, ListChecks, Package, ScrollText, TriangleAlert, User, type LucideIcon } from 'lucide-react'
import type { Category, ItemKind, Sentiment, Triage, Urgency } from '../api/types'
import type { Tone } from '../ui/badge'

export const categoryWords: Record<Category, string> = { personal: 'Personal', bulk: 'Bulk', automatic: 'Automatic', own: 'Your own' }
export const urgencyTone: Record<Urgency, Tone> = { low: 'neutral', medium: 'neutral', high: 'warn', critical: 'bad' }
export const sentimentTone: Record<Sentiment, Tone> = { positive: 'good', neutral: 'neutral', negative: 'bad' }

/** The kinds of found things in the order in which they matter to whoever answers. */
export const kinds: { kind: ItemKind; label: string; one: string; icon: LucideIcon }[] = [
  { kind: 'question', label: 'Questions', one: 'question', icon: CircleHelp },
  { kind: 'action_item', label: 'To do', one: 'to do', icon: ListChecks },
  { kind: 'commitment', label: 'Promises', one: 'promise', icon: Handshake },
  { kind: 'decision', label: 'Decisions', one: 'decision', icon: Gavel },
  { kind: 'requirement', label: 'Needs', one: 'need', icon: ScrollText },
  { kind: 'pain_point', label: 'Pain points', one: 'pain point', icon: TriangleAlert },
  { kind: 'goal', label: 'Goals', one: 'goal', icon: Flag },
  { kind: 'idea', label: 'Ideas', one: 'idea', icon: Lightbulb },
  { kind: 'date', label: 'Dates', one: 'date', icon: CalendarClock },
  { kind: 'money', label: 'Money', one: 'sum', icon: Coins },
  { kind: 'person', label: 'People', one: 'person', icon: User },
  { kind: 'company', label: 'Companies', one: 'company', icon: Building2 },
  { kind: 'product', label: 'Products', one: 'product', icon: Package },
]

/** "pricing_inquiry" as people say it. */
export function words(value: string): string {
  const plain = value.replaceAll('_', ' ')
  return plain.charAt(0).toUpperCase() + plain.slice(1)
}

const within = { '1h': 'within an hour', '24h': 'within a day', '7d': 'within a week', none: '' }

export function replyWords(triage: Triage): string | undefined {
  if (!triage.requires_response) return undefined
  const limit = within[triage.respond_within]
  return limit ? `Reply ${limit}` : 'Reply needed'
}

/** A time that was proposed, in the reader's own zone: "Tue 14:00, 10 Feb". */
export function proposedTime(at: string, whole: boolean): string {
  const date = new Date(at)
  const day = date.toLocaleDateString('en-GB', { weekday: 'short' })
  const rest = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
  return whole ? `${day}, ${rest}` : `${day} ${date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })}, ${rest}`
}
