import type { Assessment, HotLead } from '../api/types'
import type { Tone } from '../ui/badge'

type Word = { words: string; tone: Tone }

export const intents: Record<Assessment['buying_intent'], Word> = {
  high: { words: 'High', tone: 'good' },
  medium: { words: 'Medium', tone: 'warn' },
  low: { words: 'Low', tone: 'neutral' },
  unknown: { words: 'Not known', tone: 'neutral' },
}

export const stages: Record<Assessment['decision_stage'], Word> = {
  awareness: { words: 'Looking around', tone: 'neutral' },
  consideration: { words: 'Weighing it', tone: 'warn' },
  decision: { words: 'Deciding', tone: 'good' },
  unknown: { words: 'Not known', tone: 'neutral' },
}

export const roles: Record<Assessment['role_type'], Word> = {
  decision_maker: { words: 'Decides', tone: 'good' },
  influencer: { words: 'Has influence', tone: 'warn' },
  end_user: { words: 'Uses it', tone: 'neutral' },
  unknown: { words: 'Not known', tone: 'neutral' },
}

export const actions: Record<Assessment['next_best_action']['kind'], string> = {
  reply: 'Answer',
  resolve_issue: 'Settle the problem',
  propose_meeting: 'Suggest a meeting',
  send_offer: 'Send an offer',
  follow_up: 'Follow up',
  re_engage: 'Win back',
  nurture: 'Keep in touch',
  learn: 'Learn more',
  none: 'Nothing to do',
}

/** How the contact's writing changes, in words. */
export function velocityWords(velocity: number): string {
  if (velocity >= 2) return 'Writes much more'
  if (velocity === 1) return 'Writes more'
  if (velocity === 0) return 'As before'
  return velocity === -1 ? 'Writes less' : 'Writes much less'
}

export function moodWords(score: number): string {
  if (score >= 60) return 'Glad'
  if (score > 0) return 'Neutral'
  return score < 0 ? 'Annoyed' : 'Not known'
}

const named: Record<string, string> = { score: 'lead score', velocity: 'writes more', decision_maker: 'decides', influencer: 'has influence', decision: 'is deciding', consideration: 'weighs it' }

/** A part of the composite in words, with its points. */
export function pointWords({ part, value, points }: HotLead['points'][number]): string {
  const what = part === 'intent' ? `${value} intent` : (named[part] ?? named[value] ?? value)
  return `${what} ${part === 'score' ? points : `+${points}`}`
}
