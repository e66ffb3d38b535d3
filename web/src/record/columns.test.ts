import { expect, test } from 'vitest'
import type { Column } from '../ui/grid'
import { arranged, formatColumns, moved, parseColumns } from './columns'

const all: Column<string>[] = ['name', 'score', 'owner_id'].map((id) => ({ id, header: id, width: '1fr', from: 'large', cell: (row) => row }))
const own: Column<string> = { id: 'field.region', header: 'Region', width: '1fr', optional: true, cell: (row) => row }
const ids = (columns: Column<string>[]) => columns.map((c) => c.id).join(' ')

test('an address keeps order and widths', () => {
  const arrangement = { columns: ['name', 'field.region', 'score'], widths: { score: 140 } }
  expect(formatColumns(arrangement)).toBe('name,field.region,score:140')
  expect(parseColumns('name,field.region,score:140')).toEqual(arrangement)
  expect(parseColumns('name:x,score:9').widths).toEqual({ score: 60 })
})

test('without a choice the list shows its own, without those that are only offered', () => {
  expect(ids(arranged([...all, own], { columns: [], widths: {} }))).toBe('name score owner_id')
})

test('what the row is called comes first, and a column that is no more is left out', () => {
  const shown = arranged([...all, own], { columns: ['field.region', 'gone', 'name'], widths: { 'field.region': 200 } })
  expect(ids(shown)).toBe('name field.region')
  expect(shown[1]?.width).toBe('200px')
})

test('a column moves before another, or to the end', () => {
  expect(moved(['a', 'b', 'c'], 'c', 'b')).toEqual(['a', 'c', 'b'])
  expect(moved(['a', 'b', 'c'], 'a', undefined)).toEqual(['b', 'c', 'a'])
  expect(moved(['a', 'b', 'c'], 'b', 'b')).toEqual(['a', 'b', 'c'])
})
