import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { scene } from '../lib/stage.js'

scene('who saves second sees both values and chooses', async (stage) => {
  const account = await Account.fresh('Edda Holm')
  const contact = await account.post('contacts', { name: 'Piet Aalders', email: 'piet@aalders.example', title: 'Buyer' })
  const address = `/w/${account.workspace}/contacts/${contact.id}`
  const [first, second] = [await stage.window(account), await stage.window(account)]
  await Promise.all([first, second].map(async (page) => {
    await page.goto(address)
    await page.getByRole('button', { name: 'Edit Title: Buyer' }).waitFor()
  }))

  await write(first, 'Head of Purchasing')
  await first.getByRole('button', { name: 'Edit Title: Head of Purchasing' }).waitFor()
  await first.getByRole('insertion').filter({ hasText: 'Head of Purchasing' }).waitFor()
  await write(second, 'Director')
  const choice = second.getByRole('dialog', { name: 'Someone else saved this first' })
  await choice.getByRole('cell', { name: 'Head of Purchasing' }).waitFor()
  await choice.getByRole('cell', { name: 'Director' }).waitFor()
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

async function write(page, title) {
  await page.getByRole('button', { name: /^Edit Title:/ }).click()
  await page.getByRole('textbox', { name: 'Title' }).fill(title)
  await page.keyboard.press('Enter')
}
