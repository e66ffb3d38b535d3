import { expect, test } from 'vitest'
import { assembled, obstacle, written } from './letter'

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
