import type { ChartLine, Point } from '../ui/scale'
import type { SeriesFn } from '../api/types'
import type { SeriesAnswer } from './contract'
import { amount, percent, perSecond, seconds } from './words'

/** A question for the built-in history. */
export type Ask = { name: string; fn: SeriesFn; match?: string; by?: string }

/** A chart: what is asked, and how the answers become lines. */
export type ChartPlan = { id: string; title: string; asks: Ask[]; lines: (answers: SeriesAnswer[]) => ChartLine[]; words: (value: number) => string; top?: number; about: string }

const requests: Ask = { name: 'http_requests_total', fn: 'rate' }
const broken: Ask = { name: 'http_requests_total', fn: 'rate', match: 'status:5*' }
const took = (fn: SeriesFn): Ask => ({ name: 'http_request_duration_seconds', fn })

/** How many lines a chart has room for. */
const most = 5

/** One line of each answer, with these names. */
function named(...names: string[]) {
  return (answers: SeriesAnswer[]): ChartLine[] => names.map((label, i) => ({ id: label, label, points: answers[i]?.lines[0]?.points ?? [] }))
}

/** The lines of the first answer, the largest alone. */
function each(answers: SeriesAnswer[]): ChartLine[] {
  return (answers[0]?.lines ?? []).slice(0, most).map((l) => ({ id: l.label, label: l.label.replaceAll('_', ' '), points: l.points }))
}

/** A part of a whole, where the whole was measured and is something. The first answer is the part, the others are added to the whole. */
export function shareOf(label: string, wholeHasPart: boolean) {
  return (answers: SeriesAnswer[]): ChartLine[] => {
    const [part, ...rest] = answers.map((a) => new Map(a.lines[0]?.points ?? []))
    const moments = [...new Set(answers.flatMap((a) => (a.lines[0]?.points ?? []).map(([at]) => at)))].sort((a, b) => a - b)
    const points = moments.map((at): Point => {
      const value = part?.get(at) ?? 0
      const whole = rest.reduce((sum, r) => sum + (r.get(at) ?? 0), wholeHasPart ? 0 : value)
      return [at, whole > 0 ? value / whole : null]
    })
    return [{ id: label, label, points }]
  }
}

export const charts: ChartPlan[] = [
  { id: 'traffic', title: 'Requests', asks: [requests], lines: named('Requests'), words: perSecond, about: 'All that was answered.' },
  { id: 'errors', title: 'Share of errors', asks: [broken, requests], lines: shareOf('Answers with 5xx', true), words: percent, about: 'Of all answers, those that failed by our fault.' },
  { id: 'latency', title: 'How long answers take', asks: [took('p50'), took('p95'), took('p99')], lines: named('p50', 'p95', 'p99'), words: seconds, about: 'Half, 95 % and 99 % of answers come within this time.' },
  { id: 'routes', title: 'p95 by operation', asks: [{ ...took('p95'), by: 'operation' }], lines: each, words: seconds, about: 'Of the operations with the most requests.' },
  { id: 'pools', title: 'Connections in use', asks: [{ name: 'db_connections_active', fn: 'gauge', by: 'pool' }], lines: each, words: amount, about: 'The most at a time, by pool.' },
  { id: 'waits', title: 'Waits for a connection', asks: [{ name: 'db_pool_waits_total', fn: 'rate', by: 'pool' }], lines: each, words: perSecond, about: 'How often a connection had to be waited for.' },
  {
    id: 'cache',
    title: 'Cache hits',
    asks: [
      { name: 'cache_hits_total', fn: 'rate' },
      { name: 'cache_misses_total', fn: 'rate' },
    ],
    lines: shareOf('Answered from the cache', false),
    words: percent,
    top: 1,
    about: 'Of what may be remembered.',
  },
  {
    id: 'limits',
    title: 'Refused calls',
    asks: [
      { name: 'rate_limit_hits_total', fn: 'rate' },
      { name: 'overload_refused_total', fn: 'rate' },
    ],
    lines: named('By a limit', 'For want of room'),
    words: perSecond,
    about: 'Calls that were not let in.',
  },
  { id: 'queue', title: 'Jobs', asks: [{ name: 'queue_jobs', fn: 'gauge', by: 'state' }], lines: each, words: amount, about: 'In the queue, by state.' },
  { id: 'oldest', title: 'Longest wait of a job', asks: [{ name: 'queue_oldest_seconds', fn: 'gauge' }], lines: named('Oldest job that is due'), words: seconds, about: 'Since it was due.' },
  { id: 'ai', title: 'AI calls', asks: [{ name: 'ai_request_duration_seconds', fn: 'rate', by: 'provider' }], lines: each, words: perSecond, about: 'Attempts, by provider.' },
  { id: 'ai-time', title: 'p95 of AI calls', asks: [{ name: 'ai_request_duration_seconds', fn: 'p95', by: 'provider' }], lines: each, words: seconds, about: 'By provider.' },
]

/** When a release began to run: where a line of build information has its first value after others had theirs. */
export function deploysOf(answer: SeriesAnswer | undefined): { at: number; version: string }[] {
  const first = (answer?.lines ?? []).flatMap((l) => {
    const point = l.points.find(([, value]) => value !== null && value > 0)
    return point ? [{ at: point[0], version: l.label }] : []
  })
  const begin = Math.min(...first.map((f) => f.at))
  return first.filter((f) => f.at > begin).sort((a, b) => a.at - b.at)
}
