import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { mailbox } from '../lib/mailbox.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

scene('an agent drafts an answer, which is improved and read before anything is sent', async (stage) => {
  const account = await Account.fresh('Mira Falk')
  await account.post('senders', { name: 'Mira Falk', address: 'mira@falkstudio.example', signature: 'Mira\nFalk Studio', smtp: { host: '127.0.0.1', port: 9, security: 'none' } })
  const { name, buffer } = await mailbox('studio.mbox')
  const { id } = await account.upload(`imports?filename=${name}&own=mira@falkstudio.example`, buffer)
  await until('the mail is understood', async () => (await account.get(`imports/${id}`)).state === 'done')
  const threads = (await account.get('threads?folder=all&limit=100')).data
  const thread = threads.find((t) => t.category === 'personal' && t.last_direction === 'inbound')
  const page = await stage.window(account)
  await page.goto(`/w/${account.workspace}/inbox?folder=all&thread=${thread.id}`)
  await page.getByRole('button', { name: 'Draft a reply' }).waitFor()

  await page.keyboard.press('d')
  const dialog = page.getByRole('dialog', { name: 'Draft a reply' })
  await dialog.getByLabel('Tone').selectOption('friendly')
  await dialog.getByRole('button', { name: 'Draft', exact: true }).click()
  const text = page.getByRole('textbox', { name: 'Text' })
  await text.waitFor()
  await page.getByText(/Drafted by the email agent/).waitFor()
  const first = await text.inputValue()
  assert.match(first, /^Hi/, 'a friendly greeting')
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/drafted.png` })

  await page.getByRole('button', { name: 'Improve' }).click()
  const better = page.getByRole('dialog', { name: 'Improve the draft' })
  await better.getByLabel('Tone').selectOption('brief')
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/improve.png` })
  await better.getByRole('button', { name: 'Improve', exact: true }).click()
  await better.waitFor({ state: 'detached' })
  await until('the text has changed', async () => (await text.inputValue()) !== first)
  assert.equal((await account.get(`drafts?thread_id=${thread.id}`)).data.length, 1, 'drafts of the thread')
  assert.equal((await account.get('outbox')).data.length, 0, 'mails on their way')
  if (process.env.SHOTS) {
    await page.setViewportSize({ width: 390, height: 844 })
    await page.screenshot({ path: `${process.env.SHOTS}/narrow.png`, fullPage: true })
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.setViewportSize({ width: 1280, height: 800 })
    await page.screenshot({ path: `${process.env.SHOTS}/dark.png` })
  }
})
