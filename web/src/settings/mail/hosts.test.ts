import { expect, test } from 'vitest'
import { hostOf, usualPort } from './hosts'

test('the servers of well-known providers are known, whatever the case', () => {
  expect(hostOf('Ana@GMail.com')).toMatchObject({ known: true, oauth: 'google', imap: { host: 'imap.gmail.com', port: 993, security: 'tls' } })
  expect(hostOf('ana@web.de')?.smtp).toEqual({ host: 'smtp.web.de', port: 587, security: 'starttls' })
})

test('another domain gets the usual names', () => {
  expect(hostOf('ana@lumen.example')).toMatchObject({ known: false, imap: { host: 'imap.lumen.example', port: 993 }, smtp: { host: 'smtp.lumen.example', port: 587 } })
})

test('half an address has no servers yet', () => {
  for (const half of ['', 'ana', 'ana@', 'ana@lumen', 'ana@lumen.', 'ana@.example', 'ana@lu men.example']) expect(hostOf(half), half).toBeUndefined()
})

test('the port follows from the protection', () => {
  expect([usualPort('imap', 'tls'), usualPort('imap', 'starttls'), usualPort('smtp', 'tls'), usualPort('smtp', 'starttls'), usualPort('smtp', 'none')]).toEqual([993, 143, 465, 587, 25])
})
