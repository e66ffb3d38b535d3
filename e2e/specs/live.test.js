import assert from 'node:assert/strict'
import { after } from 'node:test'
import { Account } from '../lib/account.js'
import { Server } from '../lib/server.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

const other = new Server('live-server')
after(() => other.stop())

/** One mail as a file, sent an hour ago. */
function mail(subject, text, from = 'Rosa Lindqvist <rosa@harbour.example>') {
  const sent = new Date(Date.now() - 3_600_000).toUTCString().replace('GMT', '+0000')
  const id = Math.random().toString(36).slice(2)
  return Buffer.from(`From: ${from}\r\nTo: studio@studio.example\r\nSubject: ${subject}\r\nMessage-ID: <${id}@harbour.example>\r\nDate: ${sent}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`)
}

function receive(account, subject, text = 'Hello,\r\ncould you send us your prices by Friday?\r\nRosa') {
  return account.upload(`imports?filename=one.eml`, mail(subject, text))
}

function conversations(page) {
  return page.getByRole('list', { name: 'Conversations' })
}

const isLive = (page) => page.getByRole('status').filter({ hasText: /^Live$/ }).waitFor()

scene('new mail comes into the list without a reload, and nothing that is read moves', async (stage) => {
  const account = await Account.fresh('Lena Live')
  for (let i = 1; i <= 30; i++) await receive(account, `Offer number ${i}`)
  await until('the mail is in', async () => (await account.get('threads/counts')).all === 30)
  const page = await stage.window(account)
  await page.goto(`/w/${account.workspace}/inbox?folder=all`)
  await conversations(page).getByRole('link').first().waitFor()
  await isLive(page)
  await receive(account, 'The newest of all')
  await conversations(page).getByText('The newest of all').waitFor({ timeout: 3_000 })

  const box = conversations(page).locator('xpath=..')
  await box.evaluate((element) => element.scrollTo(0, 1000))
  const seen = conversations(page).getByRole('listitem').nth(10)
  const text = await seen.innerText()
  const place = () => conversations(page).getByRole('listitem').filter({ hasText: text.split('\n')[1] ?? text }).first().boundingBox()
  const before = await place()
  await receive(account, 'Newer still')
  await until('the folder counts it', async () => (await page.getByRole('navigation', { name: 'Folders' }).innerText()).includes('32'))
  await until('the list has it', async () => (await account.get('threads/counts')).all === 32 && (await conversations(page).locator('[aria-posinset="12"]').count()) > 0)
  const after = await place()
  assert.ok(before && after && Math.abs(after.y - before.y) < 2, `what was read moved from ${before?.y} to ${after?.y}`)
})

scene('who is given a conversation hears of it, and gets there by keyboard', async (stage) => {
  const account = await Account.fresh('Nora Notes')
  const colleague = await account.invite('Otto', 'member')
  await receive(account, 'A question for Otto')
  await until('the mail is in', async () => (await account.get('threads/counts')).all === 1)
  const page = await stage.window(colleague)
  await page.goto(`/w/${account.workspace}/contacts`)
  await isLive(page)
  const { data: [thread] } = await account.get('threads?folder=all')
  const members = await account.call('GET', `/v1/organizations/${account.organization}/members`)
  const otto = members.data.find((m) => m.email === colleague.email).user_id
  await account.call('PATCH', `${account.root}/threads/${thread.id}`, { assignee_id: otto }, { 'if-match': `"${thread.version}"` })
  await page.getByRole('button', { name: 'Notifications, 1 not read' }).waitFor({ timeout: 3_000 })
  await page.keyboard.press('g')
  await page.keyboard.press('n')
  const panel = page.getByRole('dialog', { name: 'Notifications' })
  await panel.getByText('gave you a conversation').waitFor()
  await panel.getByRole('link', { name: /gave you a conversation/ }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'A question for Otto' }).waitFor()
  await page.getByRole('button', { name: 'Notifications', exact: true }).waitFor()

  await page.goto(`/w/${account.workspace}/settings/notifications`)
  const choice = page.getByRole('group', { name: 'A conversation is given to you' }).getByRole('switch', { name: 'Here' })
  await choice.uncheck()
  await page.reload()
  await choice.waitFor()
  assert.equal(await choice.isChecked(), false, 'the choice is kept')
})

scene('an import shows its progress without being asked', async (stage) => {
  const account = await Account.fresh('Ida Import')
  const page = await stage.window(account)
  const asked = []
  page.on('request', (request) => request.url().includes('/imports/') && asked.push(request.url()))
  const many = Buffer.concat(Array.from({ length: 300 }, (_, i) => Buffer.concat([Buffer.from('From - Mon Nov  2 10:00:00 2026\r\n'), mail(`Letter ${i}`, `Hello,\r\nthis is letter ${i}. Could you answer it?\r\nRosa`), Buffer.from('\r\n')])))
  await page.goto(`/w/${account.workspace}/imports`)
  await isLive(page)
  const started = await account.upload(`imports?filename=many.mbox`, many)
  await page.getByRole('link', { name: 'many.mbox' }).waitFor({ timeout: 3_000 })
  await page.goto(`/w/${account.workspace}/imports/${started.id}`)
  await page.getByText('300', { exact: true }).first().waitFor()
  await until('the import is done', async () => (await account.get(`imports/${started.id}`)).state === 'done', 60_000)
  await page.getByText('Done', { exact: true }).first().waitFor({ timeout: 3_000 })
  let before = -1
  for (let i = 0; i < 6 && asked.length !== before; i++) { // the last news may be on its way
    before = asked.length
    await page.waitForTimeout(2_500)
  }
  assert.equal(asked.length, before, 'what does not change is not asked for')
})

scene('a page catches up after the server was away', async (stage) => {
  await other.start()
  const account = await Account.fresh('Cara Catch', other.url)
  const page = await stage.window(account)
  await page.goto(`/w/${account.workspace}/contacts`)
  await isLive(page)
  await other.halt()
  await page.getByRole('status').filter({ hasText: 'Reconnecting…' }).waitFor()
  await other.start()
  await account.post('contacts', { name: 'Made Meanwhile' })
  await page.getByRole('link', { name: 'Made Meanwhile' }).waitFor({ timeout: 20_000 })
  await isLive(page)
})
