import { expect, test } from 'vitest'
import { markedPieces } from './marks'

test('what matched is marked, the rest is kept as it is', () => {
  expect(markedPieces('the \u0002roof\u0003 and the \u0002tiles\u0003')).toEqual([
    { text: 'the ', marked: false },
    { text: 'roof', marked: true },
    { text: ' and the ', marked: false },
    { text: 'tiles', marked: true },
  ])
  expect(markedPieces('')).toEqual([])
  expect(markedPieces('<b>plain</b>')).toEqual([{ text: '<b>plain</b>', marked: false }])
  expect(markedPieces('a \u0002roof')).toEqual([
    { text: 'a ', marked: false },
    { text: 'roof', marked: false },
  ])
})
