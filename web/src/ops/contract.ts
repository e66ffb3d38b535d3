import { problemFrom } from '../api/problem'

// The shapes of the operators' API that src/api/schema.d.ts does not know yet.

export type SeriesFn = 'rate' | 'sum' | 'p50' | 'p95' | 'p99' | 'gauge' | 'share'
export type SeriesAnswer = { name: string; fn: SeriesFn; unit: string; step_s: number; lines: { label: string; points: [number, number | null][] }[] }
export type Count = { state: string; count: number }
export type Overview = {
  at: string
  version: string
  started_at: string
  requests_per_s: number
  error_share: number | null
  p50_ms: number | null
  p95_ms: number | null
  p99_ms: number | null
  refused_per_s: number
  cache_hit_share: number | null
  active_users: number | null
  connections: { pool: string; open: number; active: number; waits_per_s: number }[]
  queue: { states: Count[]; oldest_s: number | null; done_per_s: number; failed_per_s: number }
  providers: { provider: string; closed: boolean; calls_per_s: number; p95_ms: number | null }[]
  ai_spend_share: number | null
  disk_free_share: number | null
  memory_bytes: number | null
}

export type GroupState = 'open' | 'resolved' | 'muted'
export type ErrorSample = { at: string; request: string; trace: string; release: string }
export type ErrorGroup = {
  id: string
  code: string
  title: string
  where: string
  frames: string[]
  count: number
  first_seen: string
  last_seen: string
  releases: string[]
  samples: ErrorSample[]
  sample_trace: string
  sample_request: string
  state: GroupState
  state_at: string | null
  reopened: number
}

export type ProfileKind = 'cpu' | 'heap' | 'goroutine' | 'block' | 'mutex'
export type Profile = { id: string; kind: ProfileKind; seconds: number; started_at: string; bytes: number; release: string }
export type Statement = { id: string; statement: string; calls: number; mean_ms: number; max_ms: number; total_ms: number; rows: number; share: number }
export type Statements = { available: boolean; how: string; data: Statement[] }

/** Reads an address of the operators' API. */
export async function ask<T>(path: string, query: Record<string, string | number | boolean | undefined>, signal: AbortSignal): Promise<T> {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, String(value)]]))
  const search = new URLSearchParams(given).toString()
  const response = await fetch(`/v1/ops/${path}${search ? `?${search}` : ''}`, { headers: { Accept: 'application/json' }, signal })
  if (!response.ok) throw await problemFrom(response)
  const answer: T = await response.json()
  return answer
}
