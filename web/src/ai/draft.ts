import type { AiCandidate, AiParams, AiPolicy } from '../api/types'

/** A candidate while it is edited; numbers are text, so that half of one can stand there. */
export type CandidateDraft = {
  key: number
  /** "chain:own" or the name of a provider */
  who: string
  model: string
  maxTokens: string
  effort: string
  temperature: string
  cache: string
  zeroRetention: boolean
  maxCost: string
}

export type ChainDraft = { name: string; candidates: CandidateDraft[] }
export type RuleDraft = { key: number; task: string; class: string; chain: string }
/** What is kept from models; names stand one a line. */
export type RedactDraft = { addresses: boolean; phones: boolean; names: string }
export type PolicyDraft = { chains: ChainDraft[]; rules: RuleDraft[]; targets: Record<string, string>; drift: string; redact: RedactDraft }

/** The chains that every policy needs, first. */
export const needed = ['fast', 'extract', 'standard', 'deep']

let keys = 0
/** A key that no other row of the page has. */
export function freshKey(): number {
  keys += 1
  return keys
}

export function emptyCandidate(who: string): CandidateDraft {
  return { key: freshKey(), who, model: '', maxTokens: '', effort: '', temperature: '', cache: '', zeroRetention: false, maxCost: '' }
}

function candidateDraft(c: AiCandidate): CandidateDraft {
  const p = c.params ?? {}
  return {
    key: freshKey(),
    who: c.chain ? `chain:${c.chain}` : (c.provider ?? ''),
    model: c.model ?? '',
    maxTokens: text(p.max_tokens),
    effort: p.effort ?? '',
    temperature: text(p.temperature),
    cache: p.cache ?? '',
    zeroRetention: p.zero_retention ?? false,
    maxCost: c.max_cost_nano ? String(c.max_cost_nano / 1e9) : '',
  }
}

function text(n: number | undefined): string {
  return n === undefined ? '' : String(n)
}

function numberOf(s: string): number | undefined {
  const n = Number(s)
  return s.trim() === '' || !Number.isFinite(n) ? undefined : n
}

export function draftOf(policy: AiPolicy): PolicyDraft {
  const names = Object.keys(policy.chains).toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  return {
    chains: names.map((name) => ({ name, candidates: (policy.chains[name] ?? []).map(candidateDraft) })),
    rules: (policy.rules ?? []).map((r) => ({ key: freshKey(), task: r.task, class: r.class ?? '', chain: r.chain })),
    targets: Object.fromEntries(Object.entries(policy.targets ?? {}).map(([k, v]) => [k, String(v)])),
    drift: text(policy.drift),
    redact: { addresses: policy.redact?.addresses ?? false, phones: policy.redact?.phones ?? false, names: (policy.redact?.names ?? []).join('\n') },
  }
}

function rank(name: string): number {
  const at = needed.indexOf(name)
  return at < 0 ? needed.length : at
}

function candidateOf(d: CandidateDraft): AiCandidate {
  if (d.who.startsWith('chain:')) return { chain: d.who.slice(6) }
  const params: AiParams = {}
  const tokens = numberOf(d.maxTokens)
  const temperature = numberOf(d.temperature)
  const cost = numberOf(d.maxCost)
  if (tokens) params.max_tokens = Math.round(tokens)
  if (d.effort) params.effort = d.effort
  if (temperature !== undefined) params.temperature = temperature
  if (d.cache) params.cache = d.cache
  if (d.zeroRetention) params.zero_retention = true
  return {
    provider: d.who,
    ...(d.model ? { model: d.model } : {}),
    ...(Object.keys(params).length > 0 ? { params } : {}),
    ...(cost ? { max_cost_nano: Math.round(cost * 1e9) } : {}),
  }
}

export function policyOf(d: PolicyDraft): AiPolicy {
  const targets = Object.entries(d.targets).flatMap(([k, v]): [string, number][] => {
    const n = numberOf(v)
    return n === undefined ? [] : [[k, n]]
  })
  const drift = numberOf(d.drift)
  return {
    chains: Object.fromEntries(d.chains.map((c) => [c.name, c.candidates.map(candidateOf)])),
    ...(d.rules.length > 0 ? { rules: d.rules.map((r) => ({ task: r.task, chain: r.chain, ...classOf(r.class) })) } : {}),
    ...(targets.length > 0 ? { targets: Object.fromEntries(targets) } : {}),
    ...(drift === undefined ? {} : { drift }),
    ...redactOf(d.redact),
  }
}

function redactOf(d: RedactDraft): Pick<AiPolicy, 'redact'> {
  const names = d.names.split('\n').map((n) => n.trim()).filter(Boolean)
  const redact = { ...(d.addresses ? { addresses: true } : {}), ...(d.phones ? { phones: true } : {}), ...(names.length > 0 ? { names } : {}) }
  return Object.keys(redact).length > 0 ? { redact } : {}
}

function classOf(name: string): { class?: 'fast' | 'extract' | 'standard' | 'deep' } {
  return name === 'fast' || name === 'extract' || name === 'standard' || name === 'deep' ? { class: name } : {}
}

/** A policy out of a person's JSON; the server judges what it holds. */
export function parsePolicy(json: string): AiPolicy {
  const value: unknown = JSON.parse(json)
  if (!isPolicy(value)) throw new Error('A policy is an object with chains.')
  return value
}

function isPolicy(value: unknown): value is AiPolicy {
  if (typeof value !== 'object' || value === null || !('chains' in value)) return false
  const { chains } = value
  return typeof chains === 'object' && chains !== null && !Array.isArray(chains) && Object.values(chains).every((c) => Array.isArray(c))
}
