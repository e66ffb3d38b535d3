import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

scene('a cell is edited where it stands, and the old value returns with the reason when the server refuses', async (stage) => {
  const { account, page, keys } = await opened(stage, 'Una Strand', ['Ana Duarte', 'Bo Lind'])
  const [first] = (await account.get('contacts?sort=name')).data
  await keys('j', 'ArrowRight', 'ArrowRight', 'ArrowRight')
  await page.keyboard.type('Head of Ops')
  await keys('Escape')
  await page.getByRole('textbox', { name: 'Title' }).waitFor({ state: 'detached' })
  assert.equal((await account.get(`contacts/${first.id}`)).title, null, 'the title after Escape')

  await page.keyboard.type('Head of Ops')
  await keys('Tab')
  const status = page.getByRole('combobox', { name: 'Status' })
  await status.and(page.locator(':focus')).waitFor()
  await status.selectOption('Customer')
  await until('both are saved', async () => {
    const saved = await account.get(`contacts/${first.id}`)
    return saved.title === 'Head of Ops' && saved.status === 'customer'
  })

  await page.route(/\/contacts\//, (route) =>
    route.request().method() === 'PATCH' ? route.fulfill({ status: 422, contentType: 'application/problem+json', body: JSON.stringify({ title: 'Wrong', errors: [{ pointer: '/title', code: 'x', message: 'Use 200 characters or fewer.' }] }) }) : route.fallback(),
  )
  await keys('ArrowLeft', 'ArrowLeft')
  await page.keyboard.type('Too long')
  await keys('Enter')
  await page.getByText('Use 200 characters or fewer.').waitFor()
  await page.getByRole('gridcell', { name: 'Head of Ops' }).waitFor()
})

scene('many records are tagged, assigned and deleted at once, and all of it can be undone', async (stage) => {
  const { account, page, keys } = await opened(stage, 'Pia Holt', ['Ana Duarte', 'Bo Lind', 'Cem Aydin'])
  await keys('j', 'x', 'j', 'X')
  const bar = page.getByRole('toolbar', { name: '2 contacts chosen' })
  await bar.getByRole('button', { name: 'Tag' }).click()
  await page.getByRole('textbox', { name: 'A new tag' }).fill('VIP')
  await keys('Enter')
  await page.getByText('Tagged 2 contacts with VIP').waitFor()
  const tagged = async () => (await account.get(`contacts?filter=${encodeURIComponent(JSON.stringify({ field: 'tag', op: 'eq', value: 'VIP' }))}`)).data.length
  assert.equal(await tagged(), 2)
  await keys('z')
  await until('nobody is tagged', async () => (await tagged()) === 0)

  await page.getByRole('checkbox', { name: 'Choose all rows that have been read' }).check()
  await page.getByRole('toolbar', { name: '3 contacts chosen' }).getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('heading', { name: 'No contacts yet' }).waitFor()
  await keys('z')
  await until('all are back', async () => (await page.getByRole('row').count()) === 4)
})

scene('a row is looked at beside the list, the panel follows j and k, Escape closes it', async (stage) => {
  const { page, keys } = await opened(stage, 'Eli Brandt', ['Ana Duarte', 'Bo Lind'])
  await page.getByRole('row', { name: /Ana Duarte/ }).click({ position: { x: 500, y: 10 } })
  const panel = page.getByRole('complementary', { name: 'The contact beside the list' })
  await panel.getByRole('heading', { name: 'Ana Duarte' }).waitFor()
  await keys('j')
  await panel.getByRole('heading', { name: 'Bo Lind' }).waitFor()
  await page.waitForURL(/open=/)
  await keys('Escape')
  await panel.waitFor({ state: 'detached' })
  await keys('Enter')
  await page.getByRole('heading', { level: 1, name: 'Bo Lind' }).waitFor()
})

async function opened(stage, name, people) {
  const account = await Account.fresh(name)
  for (const person of people) await account.post('contacts', { name: person })
  const page = await stage.window(account)
  await page.goto(`/w/${account.workspace}/contacts?sort=name`)
  await page.getByRole('row').nth(people.length).waitFor()
  const keys = (...all) => all.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())
  return { account, page, keys }
}
