import assert from 'node:assert/strict'
import { after } from 'node:test'
import { Account, url } from '../lib/account.js'
import { Server } from '../lib/server.js'
import { scene } from '../lib/stage.js'

const other = new Server('stopped-server')
after(() => other.stop())

scene('a wrong password is answered in words, and the right one still works', async (stage) => {
  const account = await Account.fresh('Runa Vik')
  const page = await stage.window()
  await page.goto(`/w/${account.workspace}/companies`)
  await page.getByLabel('Email').fill(account.email)
  await page.getByLabel('Password').fill('not-the-password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').filter({ hasText: /password/i }).waitFor()
  assert.equal(await page.getByLabel('Email').inputValue(), account.email, 'the address that was typed')

  await page.getByLabel('Password').fill(account.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Companies' }).waitFor()
})

scene('an empty workspace says on each page what will be there and what to do', async (stage) => {
  const account = await Account.fresh('Aksel Moe')
  const page = await stage.window(account)
  const expected = [
    ['inbox', 'Nobody waits for you', page.getByRole('link', { name: 'Import mail' })],
    ['inbox?folder=all', 'No mail yet', page.getByRole('link', { name: 'Import mail' })],
    ['contacts', 'No contacts yet', page.getByRole('button', { name: 'New contact' })],
    ['companies', 'No companies yet', page.getByRole('button', { name: 'New company' })],
    ['imports', 'Two ways to bring mail in', page.getByLabel('Drop a mailbox here, or choose one')],
    ['changes', 'No changes yet'],
  ]
  for (const [path, title, action] of expected) {
    await page.goto(`/w/${account.workspace}/${path}`)
    await page.getByRole('heading', { name: title }).waitFor()
    await action?.first().waitFor()
  }
  await page.goto(`/w/${account.workspace}/settings/tags`)
  await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
  await page.getByRole('navigation', { name: 'Main', exact: true }).locator('[aria-current=page]').filter({ hasText: 'Settings' }).waitFor()
  await page.goto(`/w/${account.workspace}/contacts?q=nobody`)
  await page.getByRole('heading', { name: 'No contact matches' }).waitFor()
  await page.goto(`${url}/w/${account.workspace}/nowhere`)
  await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor()
})

scene('what is not there says so, and leads on', async (stage) => {
  const account = await Account.fresh('Ragna Lie')
  const page = await stage.window(account)
  await page.goto(`/w/${account.workspace}/contacts/0190d8a0-0000-7000-8000-000000000000`)
  const told = page.getByRole('alert').filter({ hasText: 'There is no such contact' })
  await told.waitFor()
  assert.equal(await told.getByRole('button').count(), 0, 'buttons to try again for what is not there')
  await page.goto('/w/nowhere/today')
  await page.getByRole('heading', { name: 'There is no such workspace' }).waitFor()
  await page.getByRole('link', { name: 'Go to one of yours' }).click()
  await page.waitForURL(new RegExp(`/w/${account.workspace}/today`))
})

scene('a server that is gone is named, and the page goes on when it is back', async (stage) => {
  await other.start()
  const account = await Account.fresh('Bodil Aas', other.url)
  await account.post('contacts', { name: 'Still There' })
  const page = await stage.window(account)
  const fetched = page.waitForResponse(/contacts-page/)
  await page.goto(`/w/${account.workspace}/companies`)
  await page.getByRole('heading', { name: 'No companies yet' }).waitFor()
  await (await fetched).finished()

  await other.halt()
  await page.getByRole('link', { name: 'Contacts' }).first().click()
  const told = page.getByRole('alert').filter({ hasText: 'The server cannot be reached. Nothing that was saved is lost.' })
  await told.waitFor({ timeout: 30_000 })

  await other.start()
  await told.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('row', { name: /Still There/ }).waitFor()
})
