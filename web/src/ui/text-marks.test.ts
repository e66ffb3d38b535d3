import { expect, test } from 'vitest'
import { piecesOf, splitQuoted, toUnits } from './text-marks'

/** What the server means by a place: code points. */
function placeOf(text: string, quote: string) {
  const start = [...text.slice(0, text.indexOf(quote))].length
  return { start, end: start + [...quote].length }
}

test('places in code points find their quote past emoji and combining marks', () => {
  for (const [text, quote] of [
    ['plain words here', 'words'],
    ['🎉🎉 could you call?', 'could you call?'],
    ['family 👨‍👩‍👧 and flag 🇵🇹 then quote', 'quote'],
    ['שלום, אפשר לדבר מחר?', 'לדבר מחר?'],
    ['ends with 🚀', '🚀'],
  ] as const) {
    const { start, end } = toUnits(text, placeOf(text, quote))
    expect(text.slice(start, end)).toBe(quote)
  }
})

test('places beyond the text mark nothing', () => {
  expect(toUnits('short', { start: 90, end: 99 })).toEqual({ start: 5, end: 5 })
})

function quotedParts(text: string) {
  return splitQuoted(text)
    .filter((b) => b.quoted)
    .map((b) => text.slice(b.start, b.end))
}

test('history below an attribution line is quoted, with that line', () => {
  const text = 'Yes.\n\nOn Tue, 3 March, Mira wrote:\n> Shall we?\n> Mira'
  expect(quotedParts(text)).toEqual(['On Tue, 3 March, Mira wrote:\n> Shall we?\n> Mira'])
})

test('answers between quoted lines stay the author’s own', () => {
  const text = '> one?\nYes.\n> two?\nNo.'
  expect(quotedParts(text)).toEqual(['> one?\n', '> two?\n'])
})

test('everything after an original-message line is quoted', () => {
  const text = 'Fine.\n-----Original Message-----\nFrom: Mira\nHello'
  expect(quotedParts(text)).toEqual(['-----Original Message-----\nFrom: Mira\nHello'])
})

test('blocks cover the whole text, once', () => {
  const text = 'a\n> b\n\n> c\nd\n'
  expect(
    splitQuoted(text)
      .map((b) => text.slice(b.start, b.end))
      .join(''),
  ).toBe(text)
})

test('a mark cuts its block and leaves others whole', () => {
  const text = 'Please call me. See https://example.com/a.'
  const pieces = piecesOf(text, { start: 0, end: text.length }, { start: 7, end: 14 })
  expect(pieces.map((p) => [p.text, p.marked, p.link])).toEqual([
    ['Please ', false, false],
    ['call me', true, false],
    ['. See ', false, false],
    ['https://example.com/a', false, true],
    ['.', false, false],
  ])
  expect(piecesOf(text, { start: 0, end: 6 }, { start: 7, end: 14 }).some((p) => p.marked)).toBe(false)
})

test('a signature is parted from the words before it, above quoted text too', () => {
  const text = 'Hello\n\n-- \nAna Duarte\nLumen\n\n> before\n'
  const parts = splitQuoted(text).map((b) => [text.slice(b.start, b.end), b.quoted, b.signature ?? false])
  expect(parts).toEqual([
    ['Hello\n\n', false, false],
    ['-- \nAna Duarte\nLumen\n\n', false, true],
    ['> before\n', true, false],
  ])
  expect(splitQuoted('Yes.\nSent from my phone\n')).toHaveLength(2)
  expect(splitQuoted('A -- b\n')).toHaveLength(1)
})

test("a last paragraph under the author's name is a signature too, the name alone is not", () => {
  const cut = (text: string) => splitQuoted(text, 'Ana Duarte').map((b) => [text.slice(b.start, b.end), b.signature ?? false])
  expect(cut('Yes.\n\nAna\n\nAna Duarte\nLumen\n')).toEqual([
    ['Yes.\n\nAna\n\n', false],
    ['Ana Duarte\nLumen\n', true],
  ])
  expect(cut('Yes.\n\nAna Duarte\n')).toHaveLength(1)
  expect(cut('Ana Duarte\nLumen\n')).toHaveLength(1)
})
