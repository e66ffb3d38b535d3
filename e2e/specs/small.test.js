import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { inSight, scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

scene('mail and people can be read on a phone', async (stage) => {
  const demo = await Account.demo()
  const page = await stage.window(demo, phone)
  await page.goto(`/w/${demo.workspace}/inbox`)
  const list = page.getByRole('list', { name: 'Conversations' })
  await list.getByRole('link').first().tap()
  await page.getByRole('button', { name: 'Back to the list' }).waitFor()
  await fits(page)
  await page.getByRole('button', { name: 'Back to the list' }).tap()
  await list.getByRole('link').first().waitFor()

  await page.getByRole('navigation', { name: 'Main, small screen' }).getByRole('link', { name: 'Contacts' }).tap()
  await page.getByRole('grid', { name: 'Contacts' }).getByRole('link').first().tap()
  await page.getByRole('button', { name: 'All contacts' }).waitFor()
  await page.getByRole('heading', { name: 'Timeline' }).waitFor()
  await fits(page)
  const score = page.getByRole('heading', { name: 'Score' })
  await score.scrollIntoViewIfNeeded()
  assert.ok(await inSight(score), 'the score can be scrolled to')
}, phone)

scene('the folder that is open can be seen in the row of folders', async (stage) => {
  const demo = await Account.demo()
  const page = await stage.window(demo, phone)
  for (const [path, name] of [['inbox?box=outbox', 'Outbox'], ['inbox?folder=all', 'All']]) {
    await page.goto(`/w/${demo.workspace}/${path}`)
    const folder = page.locator('[aria-current=page]').filter({ hasText: name })
    await folder.waitFor()
    await until(`the folder ${name} is in sight`, () => inSight(folder))
  }
}, phone)

scene('a conversation opens at its newest mail', async (stage) => {
  const demo = await Account.demo()
  const { data: threads } = await demo.get('threads?folder=all&limit=200')
  const longest = threads.reduce((most, t) => (t.message_count > most.message_count ? t : most))
  const { messages } = await demo.get(`threads/${longest.id}`)
  const { from } = messages.at(-1)
  for (const viewport of [{ width: 1440, height: 480 }, phone.viewport]) {
    const page = await stage.window(demo, { viewport })
    await page.goto(`/w/${demo.workspace}/inbox?folder=all&thread=${longest.id}`)
    await page.getByRole('heading', { name: longest.subject }).waitFor()
    const newest = page.getByText(`${from.address} to `).last()
    await until(`the newest of ${messages.length} mails is in sight`, () => inSight(newest))
  }
})

async function fits(page) {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wider <= 0, `${page.url()} is ${wider} px wider than the screen`)
}
