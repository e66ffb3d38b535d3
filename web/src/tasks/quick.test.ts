import { describe, expect, test } from 'vitest'
import { fromField, midnight, parseQuick, toField } from './quick'

// A Wednesday, 10:00 in Lisbon.
const now = Date.parse('2026-07-15T09:00:00Z')
const zone = 'Europe/Lisbon'

describe('a quick task', () => {
  test.each([
    ['Send the offer', 'Send the offer', undefined],
    ['Send the offer tomorrow', 'Send the offer', '2026-07-16T16:00:00.000Z'],
    ['Send the offer fri 3pm', 'Send the offer', '2026-07-17T14:00:00.000Z'],
    ['Send the offer 3pm fri', 'Send the offer', '2026-07-17T14:00:00.000Z'],
    ['Send the offer by Friday', 'Send the offer', '2026-07-17T16:00:00.000Z'],
    ['Call Ana at 9', 'Call Ana', '2026-07-16T08:00:00.000Z'],
    ['Call Ana 15:30', 'Call Ana', '2026-07-15T14:30:00.000Z'],
    ['Call Ana today at noon', 'Call Ana', '2026-07-15T11:00:00.000Z'],
    ['Call Ana wed', 'Call Ana', '2026-07-22T16:00:00.000Z'],
    ['Call Ana next week', 'Call Ana', '2026-07-20T16:00:00.000Z'],
    ['Call Ana in 2 hours', 'Call Ana', '2026-07-15T11:00:00.000Z'],
    ['Call Ana in 3 days', 'Call Ana', '2026-07-18T16:00:00.000Z'],
    ['Renew 31 jan', 'Renew', '2027-01-31T17:00:00.000Z'],
    ['Renew Dec 1st 8am', 'Renew', '2026-12-01T08:00:00.000Z'],
    ['Renew 2026-08-01', 'Renew', '2026-08-01T16:00:00.000Z'],
    ['Order 12', 'Order 12', undefined],
    ['Visit Friday Adeyemi', 'Visit Friday Adeyemi', undefined],
    ['Plan 31 feb', 'Plan 31 feb', undefined],
    ['Watch 25:00', 'Watch 25:00', undefined],
    ['tomorrow', 'tomorrow', undefined],
    ['', '', undefined],
  ])('%s', (text, title, due) => {
    const read = parseQuick(text, now, zone)
    expect([read.title, read.due]).toEqual([title, due])
  })

  test('has a priority anywhere at the end', () => {
    expect(parseQuick('Send !high tomorrow', now, zone)).toMatchObject({ title: 'Send', priority: 'high', due: '2026-07-16T16:00:00.000Z' })
    expect(parseQuick('Send tomorrow !urgent', now, zone)).toMatchObject({ title: 'Send', priority: 'urgent' })
  })

  test('means the wall clock of the workspace, also over a change of the clocks', () => {
    const march = Date.parse('2026-03-27T12:00:00Z')
    expect(parseQuick('Go monday 9am', march, 'Europe/Berlin').due).toBe('2026-03-30T07:00:00.000Z')
    expect(parseQuick('Go tomorrow 9am', march, 'Europe/Berlin').due).toBe('2026-03-28T08:00:00.000Z')
    expect(parseQuick('Go tomorrow 9am', march, 'Pacific/Auckland').due).toBe('2026-03-28T20:00:00.000Z')
  })
})

test('a day ends at midnight of the zone', () => {
  expect(new Date(midnight(now, zone)).toISOString()).toBe('2026-07-15T23:00:00.000Z')
  expect(new Date(midnight(now, 'Pacific/Auckland')).toISOString()).toBe('2026-07-15T12:00:00.000Z')
})

test('a field shows the wall clock and reads it back', () => {
  expect(toField('2026-07-15T14:30:00Z', zone)).toBe('2026-07-15T15:30')
  expect(fromField('2026-07-15T15:30', zone)).toBe('2026-07-15T14:30:00.000Z')
  expect(fromField('', zone)).toBeUndefined()
})
