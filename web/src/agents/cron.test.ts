import { expect, test } from 'vitest'
import { inWords } from './cron'

test('known rhythms are said in words, others as they are', () => {
  expect(inWords('0  7 * * 1', 'Europe/Lisbon')).toBe('Mondays at 07:00 (Europe/Lisbon)')
  expect(inWords('3 4 * * *', 'UTC')).toBe('3 4 * * * (UTC)')
})
