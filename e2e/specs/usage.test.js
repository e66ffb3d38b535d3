import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { scene } from '../lib/stage.js'

scene('usage shows what calls cost, by operation, and follows them', async (stage) => {
  const owner = await Account.fresh('Tove Dahl')
  for (const name of ['Ana Duarte', 'Ben Ortega', 'Cleo Marsh']) await owner.post('contacts', { name })
  const page = await stage.window(owner)
  await page.goto(`/w/${owner.workspace}/settings/usage`)
  await page.getByRole('heading', { name: 'Limits' }).waitFor()
  for (const window of ['In a minute', 'In an hour', 'In a day', 'AI, in a day', 'Calls at a time']) {
    const meter = page.getByRole('meter', { name: window, exact: true })
    await meter.waitFor()
    assert.match((await meter.getAttribute('aria-valuetext')) ?? '', /^[\d,]+ of [\d,]+/, window)
  }
  const costs = page.getByRole('region', { name: 'What tokens went on today' })
  const cells = await costs.getByRole('row', { name: /contact\.create/ }).getByRole('cell').allTextContents()
  assert.deepEqual(cells.slice(0, 3), ['contact.create', '3', '6'], 'three writes at 2 tokens')

  await owner.post('contacts', { name: 'Dora Lund' })
  await costs.getByRole('row', { name: /contact\.create 4 8/ }).waitFor()
})

scene('usage counts the workspace that is open, and viewers may read it', async (stage) => {
  const [mine, theirs] = [await Account.fresh('Ulla Strand'), await Account.fresh('Otto Kern')]
  await theirs.post('contacts', { name: 'Hidden Person' })
  const viewer = await mine.invite('Vera', 'viewer')
  const page = await stage.window(viewer)
  await page.goto(`/w/${viewer.workspace}/settings/usage`)
  await page.getByRole('heading', { name: 'Limits' }).waitFor()
  await page.getByRole('meter').first().waitFor()
  assert.equal(await page.getByText('contact.create').count(), 0, 'calls of another workspace')
  assert.equal((await viewer.send('GET', `${theirs.root}/usage`)).status, 404)
})
