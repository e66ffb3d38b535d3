import { expect, test } from 'vitest'
import { measured, momentsOf, nearest, niceTop, pathOf, timeTicks } from './scale'

const frame = { from: 0, to: 100, top: 10, width: 1000, height: 100 }

test('an axis ends at a round number that nothing is above', () => {
  expect([0, 0.7, 1, 1.3, 2.2, 3, 42, 730].map(niceTop)).toEqual([1, 1, 1, 2, 2.5, 5, 50, 1000])
  expect(niceTop(NaN)).toBe(1)
})

test('a line breaks where nothing was measured', () => {
  expect(pathOf([[0, 0], [50, 10], [75, null], [100, 5]], frame)).toBe('M0.0 100.00L500.0 0.00M1000.0 50.00h.1')
  expect(pathOf([[0, null]], frame)).toBe('')
})

test('what is above the axis stays in the chart', () => {
  expect(pathOf([[0, 20], [100, 20]], frame)).toBe('M0.0 0.00L1000.0 0.00')
})

test('moments of all lines are one axis, in order and once', () => {
  const lines = [
    { id: 'a', label: 'a', points: [[10, 1], [30, null]] as const },
    { id: 'b', label: 'b', points: [[20, null], [30, 2]] as const },
  ]
  expect(momentsOf(lines)).toEqual([10, 20, 30])
  expect(measured(lines)).toBe(true)
  expect(measured([{ id: 'a', label: 'a', points: [[10, null]] }])).toBe(false)
})

test('ticks stand at round times of the zone, and are few', () => {
  const at = Date.UTC(2026, 2, 10, 11, 52) / 1000
  expect(timeTicks(at - 3600, at, 4, 'UTC').map((t) => t.label)).toEqual(['11:00', '11:15', '11:30', '11:45'])
  expect(timeTicks(at - 86_400, at, 5, 'Asia/Kolkata').map((t) => t.label)).toEqual(['18:00', '00:00', '06:00', '12:00'])
  expect(timeTicks(at - 30 * 86_400, at, 6, 'UTC').length).toBeLessThanOrEqual(6)
  expect(timeTicks(at, at, 6, 'UTC')).toEqual([])
})

test('the nearest moment is found', () => {
  expect(nearest([0, 10, 20], 14)).toBe(1)
  expect(nearest([], 14)).toBe(-1)
})
