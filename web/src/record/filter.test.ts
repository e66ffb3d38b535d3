import { expect, test } from 'vitest'
import { formatWhere, fromFilter, inWords, parseWhere, toFilter, type Clause, type FilterField } from './filter'

const fields: FilterField[] = [
  { name: 'score', label: 'Score', kind: 'number' },
  { name: 'status', label: 'Status', kind: 'choice', options: [{ value: 'lead', label: 'Lead' }] },
  { name: 'name', label: 'Name', kind: 'text' },
  { name: 'created_at', label: 'Created', kind: 'date' },
]

test('what an address keeps comes back as it was', () => {
  const clauses: Clause[] = [
    { field: 'score', op: 'between', values: ['40', '70'] },
    { field: 'status', op: 'in', values: ['lead', 'customer'] },
    { field: 'name', op: 'contains', values: ['a:b;c|d 100%'] },
    { field: 'name', op: 'empty', values: [] },
  ]
  expect(parseWhere(formatWhere(clauses), fields)).toEqual(clauses)
})

test('an address with unknown fields or operators loses only those parts', () => {
  expect(parseWhere('shoe:eq:42;score:like:1;score:gte:70;;:', fields)).toEqual([{ field: 'score', op: 'gte', values: ['70'] }])
})

test('no clause is no parameter', () => {
  expect(formatWhere([])).toBeUndefined()
  expect(toFilter([], fields)).toBeUndefined()
})

test('numbers become numbers, lists stay lists, empty asks for true', () => {
  const where = 'score:gte:70;status:in:lead|customer;name:empty:'
  expect(JSON.parse(toFilter(parseWhere(where, fields), fields) ?? '')).toEqual({
    and: [
      { field: 'score', op: 'gte', value: 70 },
      { field: 'status', op: 'in', value: ['lead', 'customer'] },
      { field: 'name', op: 'empty', value: true },
    ],
  })
})

test('a clause whose value is missing or not a number asks nothing', () => {
  expect(toFilter(parseWhere('score:gte:many;score:between:1;name:eq:', fields), fields)).toBeUndefined()
})

test('a day becomes the moment it begins here', () => {
  const filter = JSON.parse(toFilter([{ field: 'created_at', op: 'gte', values: ['2026-03-01'] }], fields) ?? '')
  expect(filter.and[0].value).toBe(new Date(2026, 2, 1).toISOString())
})

test('chips read like a sentence', () => {
  expect(inWords({ field: 'score', op: 'gte', values: ['70'] }, fields)).toBe('Score ≥ 70')
  expect(inWords({ field: 'status', op: 'in', values: ['lead'] }, fields)).toBe('Status is Lead')
  expect(inWords({ field: 'name', op: 'empty', values: [] }, fields)).toBe('Name is empty')
})

test('a filter that chips wrote comes back as those chips', () => {
  const clauses: Clause[] = [
    { field: 'score', op: 'between', values: ['40', '70'] },
    { field: 'status', op: 'in', values: ['lead'] },
    { field: 'name', op: 'empty', values: [] },
    { field: 'created_at', op: 'gte', values: ['2026-01-31'] },
  ]
  expect(fromFilter(JSON.parse(toFilter(clauses, fields) ?? ''), fields)).toEqual(clauses)
})

test('what chips cannot show is not shown as less than it is', () => {
  const score = { field: 'score', op: 'gte', value: 70 }
  for (const filter of [{ or: [score] }, { and: [score, { or: [score] }] }, { and: [score], or: [score] }, { and: [{ field: 'shoe', op: 'eq', value: 42 }] }, { and: [{ field: 'created_at', op: 'gte', value: '2026-01-31T10:15:00Z' }] }]) {
    expect(fromFilter(filter, fields)).toBeUndefined()
  }
  expect(fromFilter(score, fields)).toEqual([{ field: 'score', op: 'gte', values: ['70'] }])
})
