import { expect, test } from 'vitest'
import type { ThreadRow } from '../api/types'
import { applied, belongs, placed } from './folder'
import { extended, neighbour, nothing, toggled } from '../record/selection'

const row = (id: string, minute: number, more: Partial<ThreadRow> = {}): ThreadRow => ({
  id,
  subject: id,
  status: 'open',
  snoozed_until: null,
  assignee_id: null,
  unread: false,
  message_count: 1,
  has_attachments: false,
  last_message_at: `2026-03-01T10:${String(minute).padStart(2, '0')}:00Z`,
  last_direction: 'inbound',
  snippet: '',
  from_name: '',
  from_address: 'a@example.com',
  contact_id: null,
  contact_name: null,
  company_name: null,
  category: 'personal',
  category_reason: '',
  intent: null,
  sentiment: null,
  urgency: null,
  requires_response: true,
  due_at: null,
  version: 1,
  ...more,
})
const page = (data: ThreadRow[], has_more = false) => ({ data, has_more, next_cursor: has_more ? 'x' : null })
const ids = (pages: { data: ThreadRow[] }[]) => pages.map((p) => p.data.map((r) => r.id))

test('what is done leaves the folders of open mail and enters Done', () => {
  const done = applied(row('a', 1), { status: 'done' })
  expect([belongs('needs_reply', done), belongs('open', done), belongs('done', done), belongs('all', done)]).toEqual([false, false, true, true])
})

test('a snooze ends with the status that ends it', () => {
  const asleep = applied(row('a', 1), { status: 'snoozed', snoozed_until: '2026-04-01T09:00:00Z' })
  expect(asleep.snoozed_until).toBe('2026-04-01T09:00:00Z')
  expect(applied(asleep, { status: 'open' }).snoozed_until).toBeNull()
})

test('a conversation leaves the folder it is no longer of, and comes back to its place', () => {
  const pages = [page([row('c', 30), row('b', 20)], true), page([row('a', 10)])]
  const without = placed(pages, row('b', 20, { status: 'done' }), 'open')
  expect(ids(without)).toEqual([['c'], ['a']])
  expect(ids(placed(without, row('b', 20), 'open'))).toEqual([['c'], ['b', 'a']])
  expect(ids(placed(without, row('z', 5), 'open'))).toEqual([['c'], ['a', 'z']])
  expect(ids(placed([page([row('c', 30)], true)], row('a', 10), 'open'))).toEqual([['c']])
})

test('a range goes from the last choice to here', () => {
  const order = ['a', 'b', 'c', 'd']
  expect([...extended(toggled(nothing, 'b'), order, 'd').ids]).toEqual(['b', 'c', 'd'])
  expect([...extended(toggled(nothing, 'c'), order, 'a').ids].toSorted()).toEqual(['a', 'b', 'c'])
  expect([...toggled(toggled(nothing, 'b'), 'b').ids]).toEqual([])
})

test('after what leaves comes the next that stays, at the end the one before', () => {
  const order = ['a', 'b', 'c']
  expect(neighbour(order, 'a', new Set(['a', 'b']))).toBe('c')
  expect(neighbour(order, 'c', new Set(['c']))).toBe('b')
  expect(neighbour(order, 'b', new Set(order))).toBeUndefined()
})
