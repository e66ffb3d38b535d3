import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { closedPort } from '../lib/port.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

scene('a new mail is found again as a draft and in the outbox, and is had back from there', async (stage) => {
  const account = await Account.fresh('Ines Falk')
  await account.post('senders', { name: 'Ines Falk', address: 'ines@falkstudio.example', smtp: { host: '127.0.0.1', port: await closedPort(), security: 'none' } })
  const page = await stage.window(account)
  const folders = page.getByRole('navigation', { name: 'Folders' })
  await page.goto(`/w/${account.workspace}/inbox`)
  await page.getByRole('heading', { name: 'Nobody waits for you' }).waitFor()

  await page.keyboard.press('c')
  await page.getByRole('textbox', { name: 'Subject' }).fill('Proofs of the poster')
  await page.getByRole('textbox', { name: 'Text' }).fill('The proofs come on Thursday.')
  await page.getByText('Draft saved').waitFor()
  await page.keyboard.press('Escape')
  await folders.getByRole('link', { name: /^Drafts 1$/ }).click()
  await page.getByRole('list', { name: 'Drafts' }).getByRole('link', { name: /Proofs of the poster/ }).click()
  const text = page.getByRole('textbox', { name: 'Text' })
  await text.waitFor()
  assert.equal(await text.inputValue(), 'The proofs come on Thursday.', 'the draft that is gone on with')

  const [draft] = (await account.get('drafts')).data
  const mail = { mode: 'new', to: [{ address: 'joan@harbourfilms.example' }], subject: draft.subject, text: draft.text, draft_id: draft.id, undo_seconds: 0 }
  await page.goto(`/w/${account.workspace}/inbox?box=outbox`)
  await page.getByRole('heading', { name: 'Everything has left' }).waitFor()
  await account.post('messages/send', mail)
  await until('the mail was tried', async () => (await account.get('outbox')).data.some((m) => m.attempts > 0))
  const list = page.getByRole('region', { name: 'List' })
  await list.getByText(/Proofs of the poster/).waitFor()
  await list.getByRole('button', { name: /^(Take back|Write on)$/ }).click()
  await text.waitFor()
  assert.equal(await text.inputValue(), 'The proofs come on Thursday.', 'the mail that was had back')
  await list.getByRole('link', { name: /Proofs of the poster/ }).waitFor()
})
