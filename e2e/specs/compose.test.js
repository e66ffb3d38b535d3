import assert from 'node:assert/strict'
import { after } from 'node:test'
import { Account } from '../lib/account.js'
import { mailbox } from '../lib/mailbox.js'
import { Sink } from '../lib/sink.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

const sink = await new Sink().start()
after(() => sink.stop())

scene('an answer is written by keyboard, had back, sent after all, and arrives in its thread', async (stage) => {
  const account = await Account.fresh('Mira Falk')
  await account.post('senders', { name: 'Mira Falk', address: 'mira@falkstudio.example', signature: 'Mira\nFalk Studio', smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
  const { name, buffer } = await mailbox('studio.mbox')
  const { id } = await account.upload(`imports?filename=${name}&own=mira@falkstudio.example`, buffer)
  await until('the mail is understood', async () => (await account.get(`imports/${id}`)).state === 'done')
  const [thread] = (await account.get('threads?folder=all&q=pricing')).data
  const page = await stage.window(account)
  const keys = (...all) => all.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())
  await page.goto(`/w/${account.workspace}/inbox?folder=all&thread=${thread.id}`)
  await page.getByRole('button', { name: 'Reply', exact: true }).waitFor()

  await keys('r')
  const text = page.getByRole('textbox', { name: 'Text' })
  await text.and(page.locator(':focus')).waitFor()
  await page.keyboard.type('Gladly: 40 seats cost 800 a month.')
  await page.getByText('Draft saved').waitFor()
  await keys('Control+Enter')
  await page.getByText(/^Sending to /).waitFor()
  await keys('z')
  await text.waitFor()
  assert.equal(await text.inputValue(), 'Gladly: 40 seats cost 800 a month.', 'the text that is had back')
  assert.equal(sink.mails.length, 0, 'mails that have left')

  await text.fill('Gladly: 40 seats cost 790 a month.')
  await keys('Control+Enter')
  await until('the mail has arrived', () => sink.mails.length === 1, 40_000)
  const [mail] = sink.mails
  assert.match(mail.text, /790 a month/)
  assert.match(mail.text, /In-Reply-To: </i)
  await until('the answer stands in its thread', async () => (await account.get(`threads/${thread.id}`)).messages.some((m) => m.direction === 'outbound' && m.text.includes('790 a month')))
  await page.getByRole('region', { name: 'Messages' }).getByText('790 a month').first().waitFor()
})
