import assert from 'node:assert/strict'
import { after } from 'node:test'
import { Account } from '../lib/account.js'
import { PostOffice } from '../lib/postoffice.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

const office = new PostOffice()
after(() => office.close())

/** Far beyond what it takes; how long that is, is measured by "go run ./bench -only arrival". */
const patience = 20_000

function letter(subject) {
  const id = Math.random().toString(36).slice(2)
  return `From: Rosa Lindqvist <rosa@harbour.example>\r\nTo: owner@studio.example\r\nSubject: ${subject}\r\nMessage-ID: <${id}@harbour.example>\r\nDate: ${new Date().toUTCString()}\r\n\r\nCould you send us your prices by Friday?\r\n`
}

scene('mail that a real server receives stands in the inbox without a reload', async (stage) => {
  const place = (await office.open()) ?? assert.fail('Dovecot is missing: scripts/setup test installs it.')
  const account = await Account.fresh('Arne Holt')
  const { id } = await account.post('mailboxes', { address: 'owner@studio.example', username: place.username, password: place.password, imap: { host: place.host, port: place.port, security: 'none' } })
  await until('the server tells of new mail by itself', async () => (await account.get(`mailboxes/${id}`)).idle, 30_000)
  const page = await stage.window(account)
  await page.goto(`/w/${account.workspace}/inbox?folder=all`)
  await page.getByRole('status').filter({ hasText: /^Live$/ }).waitFor()
  await page.evaluate(() => (window.sameDocument = true))

  for (const subject of ['The first letter', 'The second letter']) {
    await office.deliver(letter(subject))
    await page.getByRole('list', { name: 'Conversations' }).getByText(subject).waitFor({ timeout: patience })
  }
  assert.equal(await page.evaluate(() => window.sameDocument), true, 'the page was not loaded again')
})
