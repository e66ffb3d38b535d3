import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { scene } from '../lib/stage.js'
import { Server } from '../lib/server.js'
import { until } from '../lib/until.js'

const tabs = ['Overview', 'Traces', 'Errors', 'Alerts', 'Incidents', 'Profiles']

/** An installation of its own that keeps every trace; its demo team runs it. */
async function operated(play) {
  const server = new Server('operations', { RAPPORT_DEMO: '1', RAPPORT_TRACE_RATIO: '1' })
  await server.start()
  try {
    await play(server, await Account.signIn('demo@rapport.example', 'rapport-demo', server.url))
  } finally {
    await server.stop()
  }
}

scene('operators see how the installation does, look into a trace and silence a rule', (stage) =>
  operated(async (server, demo) => {
    await demo.get('contacts')
    const page = await stage.window(demo)
    await page.goto(`/w/${demo.workspace}/today`)
    await page.getByRole('heading', { level: 1, name: 'Today' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('e')
    await page.getByRole('heading', { level: 1, name: 'Operations' }).waitFor()
    assert.deepEqual(await page.getByRole('navigation', { name: 'Operations' }).getByRole('link').allTextContents(), tabs)
    await drawn(page)
    await traced(page, demo)
    await silenced(page, demo)
    await profiled(page, demo)
  }),
)

async function drawn(page) {
  const chart = page.getByRole('slider', { name: 'Requests', exact: true })
  await until('requests are drawn', async () => /show values/.test((await chart.getAttribute('aria-valuetext')) ?? ''), 60_000)
  await chart.focus()
  await page.keyboard.press('End')
  assert.match((await chart.getAttribute('aria-valuetext')) ?? '', /: Requests (–|[\d.,]+ \/s)/)
  await page.getByRole('button', { name: '24h' }).click()
  await page.waitForURL(/range=24h/)
  await page.getByRole('button', { name: 'Requests as a table' }).click()
  await page.getByRole('region', { name: 'Requests, as a table' }).getByRole('row').nth(1).waitFor()
}

async function traced(page, demo) {
  await page.getByRole('link', { name: 'Traces', exact: true }).click()
  await page.getByRole('searchbox', { name: 'Operation or job' }).fill('contact.list')
  await page.waitForURL(/operation=contact\.list/)
  await page.getByRole('table').getByRole('link', { name: 'contact.list' }).first().click()
  const tree = page.getByRole('tree', { name: 'Spans of the trace' })
  const rows = tree.getByRole('treeitem')
  await rows.first().waitFor()
  const count = await rows.count()
  assert.ok(count > 1, 'a call has parts')
  await tree.focus()
  await page.keyboard.press('ArrowDown')
  assert.equal(await rows.nth(1).getAttribute('aria-selected'), 'true')
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowLeft')
  await until('the parts are folded away', async () => (await rows.count()) === 1)
  await page.keyboard.press('Escape')
  await page.getByRole('heading', { name: 'Traces' }).waitFor()
  await page.goto(`/operations/traces/${'0'.repeat(32)}`) // as an alert names it
  await page.waitForURL(/\/w\/[^/]+\/operations\/traces\?id=0/)
  await page.getByRole('alert').filter({ hasText: 'No such trace' }).waitFor()
}

async function silenced(page, demo) {
  await page.getByRole('link', { name: 'Alerts', exact: true }).click()
  await page.getByRole('button', { name: 'Silence error_rate' }).click()
  const dialog = page.getByRole('dialog', { name: 'Silence' })
  await dialog.getByRole('button', { name: 'Silence', exact: true }).click()
  await dialog.getByText('Say why.').waitFor()
  await dialog.getByLabel('Reason').fill('A release is on its way.')
  await dialog.getByRole('button', { name: 'Silence', exact: true }).click()
  const silences = page.getByRole('region', { name: 'Silences' })
  const row = silences.getByRole('row', { name: /A release is on its way\./ })
  await row.getByRole('button', { name: /^End the silence of/ }).click()
  await page.getByRole('heading', { name: 'Nothing is silenced' }).waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await row.waitFor()
  assert.equal((await demo.call('GET', '/v1/ops/silences')).data.length, 1)
}

async function profiled(page, demo) {
  await page.getByRole('link', { name: 'Profiles', exact: true }).click()
  await page.getByLabel('What to profile').selectOption('goroutine')
  await page.getByRole('button', { name: /^Take/ }).click()
  const link = page.getByRole('region', { name: 'Profiles' }).getByRole('link', { name: 'Download' })
  const [file] = await Promise.all([page.waitForEvent('download'), link.click()])
  assert.match(file.url(), /\/v1\/ops\/profiles\//)
  assert.equal((await demo.call('GET', '/v1/ops/profiles')).data.length, 1)
}

scene('whoever runs nothing sees no operations, and gets none from the API', async (stage) => {
  const owner = await Account.fresh('Runa Vik')
  const page = await stage.window(owner)
  await page.goto(`/w/${owner.workspace}/today`)
  await page.getByRole('heading', { level: 1, name: 'Today' }).waitFor()
  const rail = page.getByRole('navigation', { name: 'Main', exact: true })
  await rail.getByRole('link', { name: 'Settings' }).waitFor()
  assert.equal(await rail.getByRole('link', { name: 'Operations' }).count(), 0, 'links to operations')
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox').fill('operations')
  await page.getByRole('option', { name: /All results for/ }).waitFor()
  assert.equal(await page.getByRole('option', { name: 'Operations', exact: true }).count(), 0, 'entries of the palette')
  for (const tab of ['overview', 'traces', 'alerts']) {
    await page.goto(`/w/${owner.workspace}/operations/${tab}`)
    await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor()
  }
  const paths = ['overview', 'series?name=http_requests_total', 'traces', 'errors', 'alerts', 'incidents', 'silences', 'slo', 'profiles', 'statements']
  const answers = await Promise.all(paths.map((path) => owner.send('GET', `/v1/ops/${path}`)))
  assert.deepEqual(answers.map((a) => a.status), paths.map(() => 403))
})
