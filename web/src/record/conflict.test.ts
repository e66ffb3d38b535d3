import { expect, test } from 'vitest'
import { changesAnything, contested, flat, without } from './conflict'

const base = { name: 'Ana', title: 'Buyer', phone: null, fields: { size: 3, area: 'north' } }

test('only what both changed, and differently, is contested', () => {
  expect(contested({ title: 'Head' }, base, { ...base, phone: '1' })).toEqual([])
  expect(contested({ title: 'Head' }, base, { ...base, title: 'Head' })).toEqual([])
  expect(contested({ title: 'Head', phone: '2' }, base, { ...base, title: 'Chief', phone: '1' })).toEqual([
    { field: 'title', mine: 'Head', theirs: 'Chief' },
    { field: 'phone', mine: '2', theirs: '1' },
  ])
})

test("a workspace's own fields are compared one by one", () => {
  expect(contested({ fields: { size: 4 } }, base, { ...base, fields: { size: 3, area: 'south' } })).toEqual([])
  expect(contested({ fields: { size: 4 } }, base, { ...base, fields: { size: 5 } })).toEqual([{ field: 'fields.size', mine: 4, theirs: 5 }])
  expect([...flat(base).keys()]).toEqual(['name', 'title', 'phone', 'fields.size', 'fields.area'])
})

test('fields given up leave the change; the rest is saved', () => {
  const patch = { title: 'Head', phone: '2', fields: { size: 4, area: 'x' } }
  expect(without(patch, new Set(['title', 'fields.size']))).toEqual({ phone: '2', fields: { area: 'x' } })
  expect(changesAnything(without({ title: 'Head' }, new Set(['title'])))).toBe(false)
  expect(changesAnything({ fields: {} })).toBe(false)
})
