import type { Thread } from '../api/types'
import { absolute } from '../ui/time'
import { replyWords, words } from './words'

/** Why a conversation is in its folder, in a sentence. */
export function whyHere(thread: Thread): string {
  const { status, category, category_reason, snoozed_until } = thread
  if (category === 'bulk' || category === 'automatic') return `${category === 'bulk' ? 'Bulk mail' : 'Written by a machine'}${category_reason ? `: ${category_reason}` : ''}.`
  if (status === 'done') return 'Done. A new message opens it again.'
  if (status === 'waiting') return 'Waiting for them. A new message brings it back.'
  if (status === 'snoozed') return `Snoozed until ${snoozed_until ? absolute(snoozed_until) : 'later'}, or until a new message comes.`
  if (thread.last_direction === 'outbound') return 'Open. You wrote last, so nobody waits for you.'
  const last = thread.messages.findLast((m) => m.direction === 'inbound')
  if (!thread.requires_response) return `Open. No answer is expected${last?.triage.intent ? `: ${words(last.triage.intent).toLowerCase()}` : ''}.`
  const quote = last?.triage.evidence.find((e) => e.field === 'requires_response')?.quote
  const reply = last ? replyWords(last.triage) : undefined
  const because = quote ? `“${quote.length > 90 ? `${quote.slice(0, 90)}…` : quote}”` : last?.triage.intent ? words(last.triage.intent).toLowerCase() : 'an answer is expected'
  return `Needs a reply: ${because}${reply && reply !== 'Reply needed' ? `. ${reply}` : ''}.`
}
