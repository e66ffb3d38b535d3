import { expect, test } from 'vitest'
import { assembled, marked, obstacle, written } from './letter'

test('a mail that was taken back is what was written, not its signature and quotation again', () => {
  const whole = assembled('Hello\n', 'Mira\nFalk Studio', 'On Tuesday Ana wrote:\n> Hi')
  expect(whole).toBe('Hello\n\n-- \nMira\nFalk Studio\n\nOn Tuesday Ana wrote:\n> Hi')
  expect(written(whole, 'Mira\nFalk Studio', 'On Tuesday Ana wrote:\n> Hi')).toBe('Hello')
  expect(written('Hello ', 'Mira', '')).toBe('Hello ')
  expect(written('', 'Mira', '> Hi')).toBe('')
})

test('a mail needs somebody, and only real addresses', () => {
  const isAddress = (text: string) => text.includes('@')
  const none = { to: [], cc: [], bcc: [], isAddress }
  expect(obstacle(none)).toBe('Say who it goes to.')
  expect(obstacle({ ...none, cc: [{ address: 'ana' }] })).toBe('“ana” is not an address.')
  expect(obstacle({ ...none, bcc: [{ address: 'ana@lumen.example' }] })).toBeUndefined()
})

test('a mail is shown with marks only where there are some', () => {
  for (const text of ['**now**', 'so *soon* as can be', '- one\n- two', '1. one', '[prices](https://lumen.example)']) expect(marked(text), text).toBe(true)
  for (const text of ['2 * 3 * 4', 'snake_case_name', 'Hello Ben,\nit costs 40 - 50.', '[1] see below']) expect(marked(text), text).toBe(false)
})
