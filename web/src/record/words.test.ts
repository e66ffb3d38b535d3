import { expect, test } from 'vitest'
import { excerpt, isMoment } from './words'

test('a text that was cut ends with a whole word, and says that more follows', () => {
  const cut = `${'word '.repeat(39)}begin`
  expect([...cut].length).toBe(200)
  expect(excerpt(cut)).toBe(`${'word '.repeat(38)}word…`)
})

test('a text that is whole stays as it is', () => {
  expect(excerpt('Thank you, and a no')).toBe('Thank you, and a no')
  expect(excerpt('🙂'.repeat(150))).toBe('🙂'.repeat(150))
})

test('moments are told from other texts', () => {
  expect(isMoment('2027-01-15T08:00:00Z')).toBe(true)
  expect(['2027-01-15', 'at 2027-01-15T08:00:00Z', 'done', 8, null].some(isMoment)).toBe(false)
})
