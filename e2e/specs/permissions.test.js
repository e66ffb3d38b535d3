import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { scene } from '../lib/stage.js'

scene('a viewer reads and cannot write', async (stage) => {
  const owner = await Account.fresh('Kaja Berg')
  const contact = await owner.post('contacts', { name: 'Olga Reis', email: 'olga@reis.example', title: 'Editor' })
  const viewer = await owner.invite('Vera', 'viewer')
  const page = await stage.window(viewer)

  await page.goto(`/w/${viewer.workspace}/contacts`)
  await page.getByRole('row', { name: /Olga Reis/ }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'New contact' }).count(), 0, 'buttons to add')
  await page.getByRole('link', { name: 'Olga Reis' }).click()
  await page.getByRole('heading', { level: 1, name: /Olga Reis/ }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Delete' }).count(), 0, 'buttons to delete')
  assert.deepEqual(await enabled(page.getByRole('button', { name: /^(Edit|Remove|Add|Undo|Tag)/ })), [], 'buttons that write')
  assert.deepEqual(await enabled(page.getByRole('button', { name: 'Score again' })), [], 'buttons that compute')

  await page.goto(`/w/${viewer.workspace}/imports`)
  await page.getByRole('heading', { name: 'Nothing imported yet' }).waitFor()
  assert.equal(await page.getByLabel('Drop a mailbox here, or choose one').count(), 0, 'places to drop a mailbox')

  const path = `${viewer.root}/contacts/${contact.id}`
  const refused = [
    await viewer.send('PATCH', path, { title: 'Taken' }, { 'if-match': `"${contact.version}"` }),
    await viewer.send('DELETE', path),
    await viewer.send('POST', `${viewer.root}/contacts`, { name: 'Nobody' }),
  ]
  assert.deepEqual(refused.map((r) => r.status), [403, 403, 403])
  assert.equal((await owner.get(`contacts/${contact.id}`)).title, 'Editor')
})

scene("another tenant's workspace is not there", async (stage) => {
  const [mine, theirs] = [await Account.fresh('Ulla Strand'), await Account.fresh('Otto Kern')]
  const contact = await theirs.post('contacts', { name: 'Hidden Person' })
  const page = await stage.window(mine)
  for (const rest of ['', '/contacts', `/contacts/${contact.id}`]) {
    await page.goto(`/w/${theirs.workspace}${rest}`)
    await page.getByRole('heading', { name: 'There is no such workspace' }).waitFor()
    assert.equal(await page.getByText('Hidden Person').count(), 0)
  }
  await page.goto(`/w/${mine.workspace}/contacts/${contact.id}`)
  await page.getByRole('alert').getByRole('heading', { name: 'This contact could not be read' }).waitFor()
  assert.equal((await mine.send('GET', `${theirs.root}/contacts/${contact.id}`)).status, 404)
})

async function enabled(buttons) {
  const all = await buttons.all()
  const open = await Promise.all(all.map(async (b) => ((await b.isEnabled()) ? [await b.textContent()] : [])))
  return open.flat()
}
