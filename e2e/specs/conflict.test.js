import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

scene('who saves second sees both values and chooses', async (stage) => {
  const account = await Account.fresh('Edda Holm')
  const contact = await account.post('contacts', { name: 'Piet Aalders', email: 'piet@aalders.example', title: 'Buyer' })
  const address = `/w/${account.workspace}/contacts/${contact.id}`
  const [first, second] = [await stage.window(account), await stage.window(account)]
  await second.route('**/live*', (route) => route.abort()) // or it would know before it saves
  await Promise.all([first, second].map(async (page) => {
    await page.goto(address)
    await page.getByRole('button', { name: 'Edit Title: Buyer' }).waitFor()
  }))

  await write(first, 'Head of Purchasing')
  await first.getByRole('button', { name: 'Edit Title: Head of Purchasing' }).waitFor()
  await first.getByRole('insertion').filter({ hasText: 'Head of Purchasing' }).waitFor()
  await write(second, 'Director')
  const choice = second.getByRole('dialog', { name: 'Someone else saved this first' })
  await choice.getByRole('radio', { name: 'Head of Purchasing' }).waitFor()
  await choice.getByRole('radio', { name: 'Director', checked: true }).waitFor()
  await choice.getByText('Edda Holm saved it').waitFor()
  await choice.getByRole('button', { name: 'Keep theirs' }).click()
  await second.getByRole('button', { name: 'Edit Title: Head of Purchasing' }).waitFor()
  assert.equal((await account.get(`contacts/${contact.id}`)).title, 'Head of Purchasing')

  await write(first, 'Advisor')
  await first.getByRole('insertion').filter({ hasText: 'Advisor' }).waitFor()
  await write(second, 'Partner')
  await choice.getByRole('button', { name: 'Save mine' }).click()
  await choice.waitFor({ state: 'detached' })
  await second.getByRole('button', { name: 'Edit Title: Partner' }).waitFor()
  assert.equal((await account.get(`contacts/${contact.id}`)).title, 'Partner')
})

scene('what two people change in different fields is both kept, and in a grid one chooses by keyboard', async (stage) => {
  const account = await Account.fresh('Liv Aune')
  const contact = await account.post('contacts', { name: 'Piet Aalders', title: 'Buyer', phone: '1' })
  const page = await stage.window(account)
  await page.goto(`/w/${account.workspace}/contacts`)
  await page.getByRole('row', { name: /Piet Aalders/ }).waitFor()
  const keys = (...all) => all.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())
  const elsewhere = async (change) => {
    const { version } = await account.get(`contacts/${contact.id}`)
    await account.call('PATCH', `${account.root}/contacts/${contact.id}`, change, { 'if-match': `"${version}"` })
  }

  await keys('j', 'ArrowRight', 'ArrowRight', 'ArrowRight')
  await page.keyboard.type('Head of Purchasing')
  await elsewhere({ phone: '2' })
  await keys('Enter')
  await until('both changes are kept', async () => {
    const { title, phone } = await account.get(`contacts/${contact.id}`)
    return title === 'Head of Purchasing' && phone === '2'
  })

  await page.keyboard.type('Director')
  await elsewhere({ title: 'Partner' })
  await keys('Enter')
  const choice = page.getByRole('dialog', { name: 'Someone else saved this first' })
  await choice.getByRole('radio', { name: 'Partner' }).check()
  await choice.getByRole('button', { name: 'Save what is chosen' }).click()
  await choice.waitFor({ state: 'detached' })
  await page.getByRole('gridcell', { name: 'Partner' }).waitFor()
  assert.equal((await account.get(`contacts/${contact.id}`)).title, 'Partner')
})

async function write(page, title) {
  await page.getByRole('button', { name: /^Edit Title:/ }).click()
  await page.getByRole('textbox', { name: 'Title' }).fill(title)
  await page.keyboard.press('Enter')
}
