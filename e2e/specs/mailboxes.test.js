import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { closedPort } from '../lib/port.js'
import { scene } from '../lib/stage.js'

scene('a mail server that does not answer is named at its field, and what was typed stays', async (stage) => {
  const account = await Account.fresh('Edda Holm')
  const page = await stage.window(account)
  await page.goto(`/w/${account.workspace}/settings/mailboxes`)
  await page.getByRole('button', { name: 'Add mailbox' }).first().click()
  const form = page.getByRole('form', { name: 'Add a mailbox' })
  await form.getByLabel('Address', { exact: true }).fill('edda@holmstudio.example')
  await form.getByLabel('Password').fill('not-a-real-one')
  const imap = form.getByLabel('Incoming (IMAP)')
  await imap.fill('127.0.0.1')
  await form.getByLabel('Port').first().fill(String(await closedPort()))
  await form.getByLabel('Protection').first().selectOption('none')
  await form.getByLabel('Send from this address too').uncheck({ force: true })
  await form.getByRole('button', { name: 'Connect' }).click()

  const faulty = form.locator('[aria-invalid="true"]').first()
  await faulty.waitFor()
  const reason = await faulty.evaluate((field) => document.getElementById(field.getAttribute('aria-describedby'))?.textContent ?? '')
  assert.match(reason, /refused|answer|reach/i, 'the reason at the field')
  assert.equal(await imap.inputValue(), '127.0.0.1', 'the host that was typed')
  assert.deepEqual((await account.get('mailboxes')).data, [], 'mailboxes that were made')
})
