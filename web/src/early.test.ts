import { expect, test } from 'vitest'
import { pageAt, wanted } from './early'

const at = (address: string) => wanted(new URL(address, 'http://example.test'))

test('a list is asked for as its page asks', () => {
  expect(at('/w/demo/contacts')).toEqual(['/v1/me', '/v1/workspaces/demo/contacts?sort=-last_interaction_at&limit=100'])
  expect(at('/w/demo/companies/')).toEqual(['/v1/me', '/v1/workspaces/demo/companies?sort=name&limit=100'])
  expect(at('/w/demo/inbox')).toEqual(['/v1/me', '/v1/workspaces/demo/threads?folder=needs_reply&sort=-last_message_at&limit=100'])
  expect(at('/w/demo/inbox?folder=all')).toEqual(['/v1/me', '/v1/workspaces/demo/threads?folder=all&sort=-last_message_at&limit=100'])
})

test('what is narrowed down, and every other page, is left to its page', () => {
  expect(at('/w/demo/contacts?q=ada')).toEqual(['/v1/me'])
  expect(at('/w/demo/inbox?folder=all&q=ada')).toEqual(['/v1/me'])
  expect(at('/w/demo/contacts/7')).toEqual([])
  expect(at('/login')).toEqual([])
})

test('the scripts of a list and of Today are fetched early', () => {
  const page = (address: string) => pageAt(new URL(address, 'http://example.test'))
  expect(['/w/demo/inbox?folder=all', '/w/demo/contacts/', '/w/demo/today', '/w/demo/contacts/7', '/login'].map(page)).toEqual(['inbox', 'contacts', 'today', undefined, undefined])
})
