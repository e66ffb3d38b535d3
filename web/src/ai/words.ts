import type { AiAttempt, AiCall, AiOutcome } from '../api/types'
import type { Tone } from '../ui/badge'
import { engineName } from '../ui/engine-name'
import type { Step } from '../ui/trail'

/** A provider as people call it. */
export function providerName(name: string): string {
  return engineName(name) || 'Nobody'
}

/** The order in which providers are shown, and coloured. */
export const providerOrder = ['gemini', 'openrouter', 'anthropic', 'compatible']

const nano = 1_000_000_000

/** Money from thousand-millionths of a dollar: "$12.40", "0.3 ¢". */
export function money(n: number): string {
  const dollars = n / nano
  if (n === 0) return '$0'
  if (Math.abs(dollars) >= 1) return dollars.toLocaleString('en', { style: 'currency', currency: 'USD', maximumFractionDigits: dollars >= 1000 ? 0 : 2, minimumFractionDigits: dollars >= 1000 ? 0 : 2 })
  return `${(dollars * 100).toLocaleString('en', { maximumSignificantDigits: 2 })} ¢`
}

/** What a person typed as dollars, in thousand-millionths; null for nothing, undefined for what is no amount. */
export function nanos(text: string): number | null | undefined {
  const plain = text.trim().replace(/^\$/, '').replaceAll(',', '')
  if (plain === '') return null
  const dollars = Number(plain)
  return Number.isFinite(dollars) && dollars >= 0 ? Math.round(dollars * nano) : undefined
}

/** The other way round, for a field. */
export function dollars(n: number | null): string {
  return n === null ? '' : String(n / nano)
}

/** A span of milliseconds: "850 ms", "2.1 s", "1 min 5 s". */
export function span(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_500) return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

const outcomes: Record<AiOutcome, { words: string; tone: Tone }> = {
  answered: { words: 'Answered', tone: 'good' },
  cached: { words: 'From the cache', tone: 'neutral' },
  degraded: { words: 'Rules stood in', tone: 'warn' },
  deferred: { words: 'Put off', tone: 'warn' },
  failed: { words: 'Failed', tone: 'bad' },
  cancelled: { words: 'Cancelled', tone: 'neutral' },
}

export function outcomeWords(outcome: AiOutcome): { words: string; tone: Tone } {
  return outcomes[outcome]
}

const kinds: Record<string, string> = {
  rate_limited: 'was limited',
  overloaded: 'was overloaded',
  transient: 'failed in passing',
  timed_out: 'did not answer in time',
  network: 'could not be reached',
  stream_broken: 'broke off',
  quota_exhausted: 'has used up its quota',
  account_money: 'has an empty account',
  credential: 'refused the key',
  model_access: 'does not give this key the model',
  model_gone: 'has no such model',
  caller_fault: 'refused the question',
  context_too_long: 'found the question too long',
  state_rejected: 'did not accept earlier thoughts',
  policy_refused: 'declined',
  bad_output: 'gave an answer that cannot be used',
  truncated: 'was cut off',
  cancelled: 'was stopped',
  deadline_past: 'had no time left',
  local_limit: 'was not asked',
}

/** What went wrong with an attempt, in few words. */
export function kindWords(kind: string | undefined): string {
  return kinds[kind ?? ''] ?? 'failed'
}

/** Whether an attempt was made at all. */
function asked(a: AiAttempt): boolean {
  return a.kind !== 'local_limit' || a.duration_ns > 0
}

/** An attempt as a step of a trail. */
export function stepOf(a: AiAttempt): Step {
  const state = !a.error && !a.kind ? 'answered' : asked(a) && a.kind !== 'cancelled' ? 'failed' : 'passed'
  const facts = [
    a.status ? `HTTP ${a.status}` : '',
    state !== 'answered' && a.kind !== 'cancelled' && a.error && a.error !== a.kind ? a.error : '',
    a.usage.input_tokens + a.usage.output_tokens > 0 ? `${(a.usage.input_tokens + a.usage.cached_tokens).toLocaleString()} tokens in, ${a.usage.output_tokens.toLocaleString()} out` : '',
    a.usage.cost_nano > 0 ? money(a.usage.cost_nano) : '',
    a.billed === 'maybe' ? 'may have been charged' : '',
    a.hedge ? 'a second call beside a slow one' : '',
    a.kind === 'cancelled' ? 'another answered first, or nobody waited any more' : '',
    a.repair ? 'asked to mend its answer' : '',
    a.request_id ?? '',
  ]
  return {
    who: [providerName(a.engine), a.model].filter(Boolean).join(', '),
    state,
    words: state === 'answered' ? `answered after ${span(a.duration_ns / 1e6)}` : asked(a) ? `${kindWords(a.kind)} after ${span(a.duration_ns / 1e6)}` : 'was not asked',
    waited: a.waited_ns ? `Waited ${span(a.waited_ns / 1e6)}${a.why ? `: ${a.why}` : ''}` : undefined,
    facts: facts.filter(Boolean),
  }
}

type Answered = Pick<AiCall, 'engine' | 'model' | 'outcome' | 'cost_nano' | 'duration_ms' | 'error'>

/** Where an answer is from, in a sentence: "Answered by … after 2.1 s; Gemini was limited; cost 0.3 ¢." */
export function provenance(call: Answered, trail: AiAttempt[], simulated: boolean): string {
  const engine = [providerName(call.engine), call.model].filter(Boolean).join(', ')
  const first: Record<AiOutcome, string> = {
    answered: `Answered by ${engine} after ${span(call.duration_ms)}`,
    cached: `Answered by ${engine} before, and kept`,
    degraded: `Rules answered in place of a model after ${span(call.duration_ms)}`,
    deferred: 'Put off, for every engine was away',
    failed: 'Not answered',
    cancelled: 'Cancelled',
  }
  const others = [...new Set(trail.filter((a) => a.kind && a.kind !== 'cancelled').map((a) => `${providerName(a.engine)} ${kindWords(a.kind)}`))]
  return `${[`${simulated && call.engine !== 'rules' ? 'Simulated. ' : ''}${first[call.outcome]}`, ...others.slice(0, 3), call.cost_nano > 0 ? `cost ${money(call.cost_nano)}` : ''].filter(Boolean).join('; ')}.`
}
