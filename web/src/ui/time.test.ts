import { expect, test } from 'vitest'
import { dayName, duration, fileSize, relative } from './time'

const now = new Date(2026, 2, 10, 12, 0, 0).getTime()
const shift = (seconds: number) => new Date(now + seconds * 1000).toISOString()

test('moments are told by their largest whole unit', () => {
  expect(relative(shift(-30), now)).toBe('just now')
  expect(relative(shift(-90), now)).toBe('1 minute ago')
  expect(relative(shift(-3 * 3600), now)).toBe('3 hours ago')
  expect(relative(shift(-86_400), now)).toBe('yesterday')
  expect(relative(shift(2 * 86_400 + 60), now)).toBe('in 2 days')
  expect(relative(shift(-400 * 86_400), now)).toBe('last year')
  expect(relative('no date', now)).toBe('')
})

test('the words are those of the browser', () => {
  const sizes = { year: 31_536_000, month: 2_592_000, week: 604_800, day: 86_400, hour: 3_600, minute: 60 } as const
  for (const style of ['long', 'narrow'] as const) {
    const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style })
    for (const unit of ['year', 'month', 'week', 'day', 'hour', 'minute'] as const) {
      for (const count of [-3, -2, -1, 1, 2, 3]) expect(relative(shift(count * sizes[unit]), now, style)).toBe(format.format(count, unit))
    }
  }
})

test('days have names near the present and dates further away', () => {
  expect(dayName(shift(-3600), now)).toBe('Today')
  expect(dayName(shift(-86_400), now)).toBe('Yesterday')
  expect(dayName(new Date(2024, 0, 2).toISOString(), now)).toContain('2024')
})

test('durations keep two units', () => {
  expect(duration(0.2)).toBe('under a second')
  expect(duration(59.6)).toBe('1 min')
  expect(duration(3 * 3600 + 61)).toBe('3 h 1 min')
})

test('sizes are decimal and short', () => {
  expect([0, 999, 1000, 248_120, 48_211_004, 999_950].map(fileSize)).toEqual(['0 B', '999 B', '1.0 kB', '248 kB', '48 MB', '1.0 MB'])
})
