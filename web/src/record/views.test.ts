import { expect, test } from 'vitest'
import type { View } from '../api/types'
import type { FilterField } from './filter'
import { changed, joined, placeBeside, rigid, toSearch, toViewQuery } from './views'

const fields: FilterField[] = [{ name: 'score', label: 'Score', kind: 'number' }]
const hot = { and: [{ field: 'score', op: 'gte', value: 70 }] }
const either = { or: [{ field: 'score', op: 'gte', value: 70 }] }

function view(id: string, position: number, query: View['query'] = {}): View {
  return { id, entity: 'contact', name: id, shared: false, owner_id: null, mine: true,
  base: false, position, query, version: 1, created_at: '', updated_at: '' }
}

test('a view is changed once filters, order or words differ', () => {
  const saved = view('a', 1, { filter: hot, sort: '-score' })
  const search = toSearch(saved, fields)
  expect(search).toEqual({ view: 'a', where: 'score:gte:70', sort: '-score', q: undefined })
  expect(changed(search, saved, fields)).toBe(false)
  expect(changed({ ...search, q: 'ana' }, saved, fields)).toBe(true)
  expect(changed({ ...search, where: undefined }, saved, fields)).toBe(true)
  expect(changed({}, undefined, fields)).toBe(false)
  expect(changed({ sort: 'name' }, undefined, fields)).toBe(true)
  expect(toViewQuery(search, fields, undefined)).toEqual({ filter: hot, sort: '-score', q: undefined })
})

test('a filter without chips stays beside them', () => {
  const saved = view('a', 1, { filter: either })
  const fixed = rigid(saved, fields)
  expect(fixed).toEqual(either)
  expect(JSON.parse(joined(undefined, fixed) ?? '')).toEqual(either)
  expect(toViewQuery({ where: 'score:lte:90' }, fields, fixed).filter).toEqual({ and: [either, { and: [{ field: 'score', op: 'lte', value: 90 }] }] })
  expect(rigid(view('b', 1, { filter: hot }), fields)).toBeUndefined()
})

test('a view moves between its new neighbours, and not beyond the ends', () => {
  const views = [view('a', 1), view('b', 2), view('c', 3)]
  expect(placeBeside(views, 'c', -1)).toBe(1.5)
  expect(placeBeside(views, 'b', -1)).toBe(0)
  expect(placeBeside(views, 'b', 1)).toBe(4)
  expect(placeBeside(views, 'a', -1)).toBeUndefined()
})
