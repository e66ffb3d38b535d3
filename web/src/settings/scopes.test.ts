import { expect, test } from 'vitest'
import { everyScope, readScopes, scopeWords } from './scopes'

test('scopes are told in few words', () => {
  expect(scopeWords(['*'])).toBe('Everything')
  expect(scopeWords(readScopes)).toBe('Read everything')
  expect(scopeWords(['contact:write', 'contact:read', 'custom_field:read'])).toBe('Contact: read, write · Custom field: read')
})

test('no key changes an organization', () => {
  expect(everyScope).not.toContain('member:write')
  expect(everyScope).toContain('contact:delete')
})
