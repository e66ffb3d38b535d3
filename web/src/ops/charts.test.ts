import { expect, test } from 'vitest'
import { charts, deploysOf, shareOf } from './charts'
import type { SeriesAnswer } from './contract'
import { inUnit, millis, percent, perSecond } from './words'

const answer = (...lines: [string, [number, number | null][]][]): SeriesAnswer => ({ name: 'm', fn: 'rate', lines: lines.map(([label, points]) => ({ label, points })) })

test('a share is known only where there was something', () => {
  const part = answer(['', [[10, 1], [20, 0], [30, null], [40, 2]]])
  const whole = answer(['', [[10, 4], [20, 0], [30, null], [40, 2]]])
  expect(shareOf('s', true)([part, whole])[0]?.points).toEqual([[10, 0.25], [20, null], [30, null], [40, 1]])
  expect(shareOf('s', false)([part, whole])[0]?.points).toEqual([[10, 0.2], [20, null], [30, null], [40, 0.5]])
})

test('a part that was never counted is a share of nothing', () => {
  expect(shareOf('s', true)([answer(), answer(['', [[10, 4]]])])[0]?.points).toEqual([[10, 0]])
})

test('each chart has a line for every one that is asked for by name, and names no more than five others', () => {
  const many = answer(...Array.from({ length: 9 }, (_, i): [string, [number, number | null][]] => [`line_${i}`, [[10, i]]]))
  for (const chart of charts) {
    const lines = chart.lines(chart.asks.map(() => many))
    expect(lines.length, chart.id).toBeGreaterThan(0)
    expect(lines.length, chart.id).toBeLessThanOrEqual(5)
    expect(new Set(lines.map((l) => l.id)).size, chart.id).toBe(lines.length)
  }
})

test('a deploy is where another release begins, not where the history does', () => {
  const found = deploysOf(answer(['1.0', [[10, 1], [20, 1], [30, null]]], ['1.1', [[10, null], [20, null], [30, 1]]]))
  expect(found).toEqual([{ at: 30, version: '1.1' }])
  expect(deploysOf(undefined)).toEqual([])
})

test('numbers are as long as they tell something', () => {
  expect([0.0412, 3.25, 12.34, 1240, 0].map(perSecond)).toEqual(['0.041 /s', '3.3 /s', '12.3 /s', '1,240 /s', '0 /s'])
  expect([0, 0.0004, 0.5, 0.999, 0.99995, 1].map(percent)).toEqual(['0 %', '0.04 %', '50 %', '99.9 %', '99.995 %', '100 %'])
  expect([0, 0.42, 9.97, 850, 2100, 65_000, 7_260_000].map(millis)).toEqual(['0 ms', '0.42 ms', '10 ms', '850 ms', '2.1 s', '1 min 5 s', '2 h 1 min'])
  expect([inUnit(0.02, 'share'), inUnit(0.5, 's'), inUnit(40, 'connections'), inUnit(3, '')]).toEqual(['2 %', '500 ms', '40 connections', '3'])
})
