import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Account } from '../lib/account.js'
import { mailbox } from '../lib/mailbox.js'
import { results } from '../lib/places.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

scene('a morning of mail by keyboard alone', async (stage) => {
  const { account, page, keys, list } = await opened(stage, 'Ada Berg')
  await keys('7')
  await page.waitForURL(/folder=all/)
  const titles = await subjects(list, 4)

  await keys('j')
  const heading = page.getByRole('region', { name: 'Conversation' }).getByRole('heading', { level: 2 })
  await heading.filter({ hasText: titles[0] }).waitFor()
  await keys('j', 'k')
  await heading.filter({ hasText: titles[0] }).waitFor()
  await keys('Enter')
  await page.getByRole('region', { name: 'Messages' }).and(page.locator(':focus')).waitFor()

  await keys('a')
  const people = page.getByRole('dialog', { name: 'Assign to' })
  await people.getByRole('option', { name: /Ada Berg \(me\)/, selected: true }).waitFor()
  await keys('Enter')
  await page.getByText(`Assigned to Ada Berg: ${titles[0]}`).waitFor()

  await keys('s')
  await page.getByRole('dialog', { name: 'Snooze until' }).waitFor()
  await page.keyboard.type('next')
  await keys('Enter')
  await page.getByText(/^Snoozed until/).waitFor()
  await heading.filter({ hasText: titles[1] }).waitFor()
  await until('the server has snoozed it', async () => (await account.get('threads?folder=snoozed')).data.length === 1)
  await keys('z')
  await until('it is awake again', async () => (await account.get('threads?folder=snoozed')).data.length === 0)

  await keys('/')
  await page.keyboard.type('pricing')
  await until('the search has narrowed the list', async () => (await list.getByRole('link').count()) === 1)
  await keys('Escape', 'Escape')
  await until('the list is whole again', async () => (await list.getByRole('link').count()) > 1)
  await keys('?')
  await page.getByRole('dialog', { name: 'Keyboard' }).getByText('Reply to all').waitFor()
})

scene('many conversations are moved at once, undone at once, and put back if the server refuses', async (stage) => {
  const { account, page, keys, list } = await opened(stage, 'Odd Vang')
  await keys('2')
  await page.waitForURL(/folder=open/)
  const before = await subjects(list, 3)
  await keys('j', 'x', 'j', 'j', 'X')
  const bar = page.getByRole('toolbar', { name: 'Chosen rows' })
  await bar.getByText('3 chosen').waitFor()
  await shot(page, 'inbox-bulk')
  await keys('e')
  await page.getByText('Done: 3 conversations').waitFor()
  await bar.waitFor({ state: 'detached' })
  await until('they have left', async () => (await list.getByRole('link').count()) === before.length - 3)
  await until('the server knows', async () => (await account.get('threads?folder=open')).data.length === before.length - 3)
  await keys('z')
  await until('they are back', async () => (await list.getByRole('link').count()) === before.length)
  await until('the server has them back', async () => (await account.get('threads?folder=open')).data.length === before.length)
  assert.deepEqual(await subjects(list, 3), before, 'the order of the list')

  await page.route(/\/threads\//, (route) => (route.request().method() === 'GET' ? route.fallback() : route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ title: 'Busy', detail: 'The database is busy. Nothing is lost.' }) })))
  await list.getByRole('link').first().click()
  await keys('e')
  await page.getByText('Not changed; it is back where it was').waitFor()
  await page.getByText('The database is busy. Nothing is lost.').waitFor()
  assert.deepEqual(await subjects(list, 3), before, 'the list after a refusal')
})

async function opened(stage, name) {
  const account = await Account.fresh(name)
  const { name: filename, buffer } = await mailbox('studio.mbox')
  const { id } = await account.upload(`imports?filename=${filename}&own=mira@falkstudio.example`, buffer)
  await until('the mail is understood', async () => (await account.get(`imports/${id}`)).state === 'done')
  const page = await stage.window(account)
  await page.goto(`/w/${account.workspace}/inbox`)
  const list = page.getByRole('list', { name: 'Conversations' })
  await list.getByRole('link').first().waitFor()
  const keys = (...all) => all.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())
  return { account, page, keys, list }
}

/** The subjects of the list once there are so many. */
async function subjects(list, least) {
  await until(`there are ${least} conversations`, async () => (await list.getByRole('link').count()) >= least)
  return list.getByRole('link').evaluateAll((links) => links.map((link) => link.querySelectorAll('[dir="auto"]')[1]?.textContent))
}

async function shot(page, name) {
  await mkdir(join(results, 'screens'), { recursive: true })
  await page.screenshot({ path: join(results, 'screens', `${name}.png`) })
}
