import { expect, test } from 'vitest'
import type { Citation, Standing } from '../api/types'
import { pointWords } from './judgements'
import { atWork, numbered } from './standing'

const cite = (id: string, start: number): Citation => ({ source: 'm1', quote: 'x', entity: 'message', id, start, end: start + 1 })

test('a place that is cited twice has one number', () => {
  const signal = { kind: 'goal', text: 'They want.', citations: [cite('a', 5), cite('b', 1)] }
  const standing: Standing = {
    assessment: {
      brief: [{ text: 'One.', citations: [cite('a', 1)] }, { text: 'Two.', citations: [cite('a', 5), cite('a', 1)] }],
      risk_signals: [],
      opportunity_signals: [signal],
      buying_intent: 'high',
      decision_stage: 'unknown',
      role_type: 'unknown',
      next_best_action: { kind: 'none', text: '', due: null },
      engagement_score: 1,
      engagement_velocity: 0,
      sentiment_score: 0,
      confidence: 1,
      run_id: 'r',
      engine: 'rules',
      model: '',
      version: '',
      degraded: false,
      as_of: '2026-03-11T10:00:00Z',
      outdated: false,
    },
    run: null,
    lead_score: 1,
    coverage: 1,
    composite: 1,
    points: [],
    sources: [],
  }
  expect(numbered(standing).map((c) => `${c.id}${c.start}`)).toEqual(['a1', 'a5', 'b1'])
})

test('a run that waits for its time is not at work', () => {
  const now = Date.parse('2026-03-11T10:00:00Z')
  const run = (state: 'queued' | 'running' | 'waiting', at: string) => ({ id: 'r', state, error: '', started_at: at, run_at: at })
  expect(atWork(null, now)).toBe(false)
  expect(atWork(run('queued', '2026-03-11T10:00:00Z'), now)).toBe(true)
  expect(atWork(run('queued', '2026-03-11T10:08:00Z'), now)).toBe(false)
  expect(atWork(run('running', '2026-03-11T10:00:00Z'), now)).toBe(true)
  expect(atWork(run('waiting', '2026-03-11T10:00:00Z'), now)).toBe(false)
})

test('points of the composite are told in words', () => {
  expect(pointWords({ part: 'score', value: '58', points: 58 })).toBe('lead score 58')
  expect(pointWords({ part: 'intent', value: 'high', points: 20 })).toBe('high intent +20')
  expect(pointWords({ part: 'role', value: 'decision_maker', points: 15 })).toBe('decides +15')
  expect(pointWords({ part: 'velocity', value: '2', points: 10 })).toBe('writes more +10')
})
