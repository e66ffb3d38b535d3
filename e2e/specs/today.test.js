import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { mailbox } from '../lib/mailbox.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

scene('a day of work: a task from a line and one from a message, done by key and taken back', async (stage) => {
  const account = await Account.fresh('Mira Falk')
  const { name, buffer } = await mailbox('studio.mbox')
  const { id } = await account.upload(`imports?filename=${name}&own=mira@falkstudio.example`, buffer)
  await until('the mail is understood', async () => (await account.get(`imports/${id}`)).state === 'done')
  const page = await stage.window(account)
  const keys = (...all) => all.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())

  await page.goto('/')
  await page.getByRole('heading', { level: 1, name: 'Today' }).waitFor()
  await page.getByRole('list', { name: 'Replies owed' }).getByRole('link', { name: /Pricing for 40 seats/ }).waitFor()
  await addByLine(page, keys)
  await doneAndBack(page, account, keys)
  await fromMessage(page, account, keys)
})

async function addByLine(page, keys) {
  await keys('c')
  await page.getByLabel('New task').and(page.locator(':focus')).waitFor()
  await page.keyboard.type('Call the printer today !high')
  await page.getByText(/^Due .*, high priority$/).waitFor()
  await keys('Enter')
  await page.getByText('Added: Call the printer').waitFor()
  await page.getByRole('list', { name: 'Tasks due' }).getByRole('button', { name: 'Call the printer', exact: true }).waitFor()
  await keys('Escape')
}

async function doneAndBack(page, account, keys) {
  const state = async () => (await account.get('tasks')).data.find((t) => t.title === 'Call the printer')?.status
  await keys('g', 't')
  await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor()
  await page.getByRole('button', { name: 'Complete: Call the printer' }).waitFor()
  await keys('j', 'e')
  await page.getByText('Done: Call the printer').waitFor()
  await until('the task is done', async () => (await state()) === 'done')
  await keys('z')
  await until('the task is open again', async () => (await state()) === 'open')
  await page.getByRole('button', { name: 'Complete: Call the printer' }).waitFor()
}

async function fromMessage(page, account, keys) {
  await keys('g', 'i')
  await page.getByRole('list', { name: 'Conversations' }).getByRole('link', { name: /Pricing for 40 seats/ }).click()
  await page.getByRole('heading', { level: 2, name: 'Pricing for 40 seats' }).waitFor()
  await keys('?')
  const sheet = page.getByRole('dialog', { name: 'Keyboard' })
  await sheet.waitFor()
  assert.equal(await sheet.getByText('Make a task of the latest message').count(), 1, 'lines about the key T')
  await keys('Escape')
  await sheet.waitFor({ state: 'detached' })

  await keys('t')
  const said = page.getByText(/^Task: /)
  await said.waitFor()
  const title = (await said.textContent()).slice('Task: '.length)
  const made = (await account.get('tasks')).data.filter((t) => t.message_id)
  assert.deepEqual(made.map((t) => t.title), [title], 'tasks that came of one press')
  await keys('g', 't')
  await page.getByRole('button', { name: title, exact: true }).waitFor()
  await page.getByRole('img', { name: 'From a message' }).or(page.getByLabel('From a message')).first().waitFor()
}
