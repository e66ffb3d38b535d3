import { expect, test } from 'vitest'
import type { PlanStep } from '../api/types'
import { afterWords, levelsOf, pageOf } from './words'

const step = (id: string, level: number, needs: string[] = []): PlanStep => ({
  id, level, needs, agent: 'contact', title: `Do ${id}`, state: 'planned', run_id: null, summary: '', error: '', output: null, approvals: 0, cost_nano: 0, started_at: null, finished_at: null,
})
const plan = [step('a', 0), step('c', 1, ['a', 'b']), step('b', 0)]

test('steps stand by what comes before them', () => {
  expect(levelsOf(plan).map((l) => l.map((s) => s.id))).toEqual([['a', 'b'], ['c']])
  expect(levelsOf([])).toEqual([])
})

test('a step says after which others it begins', () => {
  expect(plan.map((s) => afterWords(s, plan))).toEqual(['', 'After “Do a” and “Do b”', ''])
})

test('only a result with a page has one', () => {
  expect([pageOf(null), pageOf({ page: '# x' }), pageOf({ page: 1 }), pageOf('x')]).toEqual(['', '# x', '', ''])
})
