import { expect, test } from 'vitest'
import { rowsOf, type Bar } from './span-tree'

const bar = (id: string, parent_id?: string): Bar => ({ id, parent_id, name: id, kind: 'internal', offset_ms: 0, duration_ms: 1 })
const told = (bars: Bar[], ...folded: string[]) => rowsOf(bars, new Set(folded)).map((r) => `${'-'.repeat(r.level)}${r.bar.id}`)

test('parts stand below what they are parts of', () => {
  expect(told([bar('a'), bar('b', 'a'), bar('d'), bar('c', 'b'), bar('e', 'a')])).toEqual(['a', '-b', '--c', '-e', 'd'])
})

test('what is inside a folded one is left out', () => {
  expect(told([bar('a'), bar('b', 'a'), bar('c', 'b'), bar('d')], 'a')).toEqual(['a', 'd'])
})

test('a part of what is elsewhere, or of itself, is shown all the same', () => {
  expect(told([bar('a', 'gone'), bar('b', 'b')])).toEqual(['a', 'b'])
  expect(told([bar('a', 'b'), bar('b', 'a')])).toEqual(['a', '-b'])
})
