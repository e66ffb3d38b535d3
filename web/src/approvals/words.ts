import type { Approval, ApprovalLine } from '../api/types'
import type { Tone } from '../ui/badge'

export type ApprovalState = ApprovalLine['state']

/** In the order of the filter. */
export const states: ApprovalState[] = ['pending', 'done', 'rejected', 'expired', 'stale', 'failed', 'cancelled', 'blocked']

const words: Record<ApprovalState, { label: string; tone: Tone; empty: string }> = {
  pending: { label: 'Waiting', tone: 'warn', empty: 'What agents and other programs may not do by themselves is asked for here, with exactly what would happen.' },
  done: { label: 'Done', tone: 'good', empty: 'What somebody allowed and was carried out stands here.' },
  rejected: { label: 'Rejected', tone: 'neutral', empty: 'What somebody refused stands here, with the reason.' },
  expired: { label: 'Expired', tone: 'neutral', empty: 'What nobody decides within 72 hours ends here.' },
  stale: { label: 'Stale', tone: 'neutral', empty: 'What was overtaken by a change of its record ends here.' },
  failed: { label: 'Failed', tone: 'bad', empty: 'What was allowed and could not be done stands here, with the reason.' },
  cancelled: { label: 'Cancelled', tone: 'neutral', empty: 'What is no longer asked, since its run was cancelled, stands here.' },
  blocked: { label: 'Blocked', tone: 'bad', empty: 'What the rules forbid is recorded here, and never done.' },
}

export function stateWords(state: ApprovalState) {
  return words[state]
}

const bands: Record<ApprovalLine['band'], { label: string; tone: Tone }> = {
  low: { label: 'Low risk', tone: 'good' },
  medium: { label: 'Medium risk', tone: 'warn' },
  high: { label: 'High risk', tone: 'bad' },
  critical: { label: 'Critical risk', tone: 'bad' },
}

export function bandWords(band: ApprovalLine['band']) {
  return bands[band]
}

/** Who asks, as a list names them. */
export function askerOf(a: Pick<Approval, 'agent' | 'requester'>): string {
  return a.agent || a.requester.name || 'Another program'
}

const programs: Record<string, string> = { api_key: 'API key', import: 'import', system: 'Rapport' }

/** Who asks, and for whom, in full. */
export function askedBy(a: Pick<Approval, 'agent' | 'requester'>): string {
  const { kind, on_behalf_of: person } = a.requester
  const name = askerOf(a)
  if (a.agent) return person ? `Agent ${name}, for ${person}` : `Agent ${name}`
  const program = programs[kind]
  return [program ? `${name} (${program})` : name, person && `for ${person}`].filter(Boolean).join(', ')
}

/** Who decided; nobody when time did. */
export function decidedBy(a: Approval): string {
  return a.decided_by?.name ?? 'Nobody'
}

export type Mail = NonNullable<Approval['preview']['mail']>

/** People as a mail program names them. */
export function people(list: Mail['to']): string {
  return list.map((p) => (p.name ? `${p.name} <${p.address}>` : p.address)).join(', ')
}

/** Arguments as fields by name; none for what is no object. */
export function fieldsOf(args: unknown): Record<string, unknown> {
  return typeof args === 'object' && args !== null && !Array.isArray(args) ? Object.fromEntries(Object.entries(args)) : {}
}

/** A JSON object from what somebody typed, or why it is none. */
export function parsedObject(text: string): { value: Record<string, unknown> } | { fault: string } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value: fieldsOf(value) }
    return { fault: 'Write a JSON object, in braces.' }
  } catch (error) {
    return { fault: `This is no JSON: ${error instanceof Error ? error.message : 'it cannot be read'}.` }
  }
}

/** The mail's arguments with another subject and text. What was not touched stays as it was: HTML of one's own, a subject that the answer inherits. */
export function rewritten(args: unknown, mail: Mail, subject: string, text: string): Record<string, unknown> {
  const before = fieldsOf(args)
  const out = { ...before }
  if (subject !== (before.subject ?? mail.subject)) out.subject = subject
  if (text !== textOf(args, mail)) {
    delete out.html
    out.text = text
  }
  return out
}

/** The words of a mail's own: without what it quotes, where they are given. */
export function textOf(args: unknown, mail: Mail): string {
  const { text } = fieldsOf(args)
  return typeof text === 'string' && text !== '' ? text : mail.text
}

export function subjectOf(args: unknown, mail: Mail): string {
  const { subject } = fieldsOf(args)
  return typeof subject === 'string' ? subject : mail.subject
}

/** Where the links of a mail lead, whatever their words say. */
export function linksOf(html: string): string[] {
  if (html === '') return []
  const anchors = new DOMParser().parseFromString(html, 'text/html').querySelectorAll('a[href]')
  return [...new Set([...anchors].map((a) => a.getAttribute('href') ?? ''))]
}
