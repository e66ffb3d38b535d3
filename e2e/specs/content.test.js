import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

const letter = {
  subject_lines: ['A short call, Ana?', 'Your next step', 'Where we stopped'],
  tone: 'friendly',
  cta: 'Shall we talk this week?',
  body: 'Hello Ana,\n\nthank you for your time. I would like to hear what matters most to you now.',
  key_talking_points: ['What matters most'],
  social_proof: [],
}

scene('a letter claims only what is a fact, is compared with what it was, and goes to review', async (stage) => {
  const account = await Account.fresh('Mira Falk')
  const contact = await account.post('contacts', { name: 'Ana Duarte', email: 'ana@lumen.example' })
  const draft = await account.post('content', { kind: 'followup', title: 'Follow-up – Ana Duarte', body: letter, contact_id: contact.id })
  const page = await stage.window(account)
  await page.goto('/')
  await page.getByRole('heading', { level: 1, name: 'Today' }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('w')
  await page.getByRole('heading', { level: 1, name: 'Content' }).waitFor()
  await page.getByRole('link', { name: 'Follow-up – Ana Duarte' }).click()

  await claims(page, account, draft)
  await goesBack(page)
  await page.getByRole('button', { name: 'Submit', exact: true }).click()
  await page.getByText('In review', { exact: true }).first().waitFor()
  await until('it is in review', async () => (await account.get(`content/${draft.id}`)).status === 'in_review')
})

async function claims(page, account, draft) {
  const body = page.getByLabel('Body', { exact: true })
  await body.fill(`${letter.body} You will save 40% with it.`)
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('1 to mend').waitFor()
  await page.getByText('Body: “40”').waitFor()
  assert.ok(await page.getByRole('button', { name: 'Submit', exact: true }).isDisabled(), 'what is not a fact cannot be submitted')
  await page.getByRole('button', { name: 'Add a fact' }).click()
  await page.getByRole('textbox', { name: 'Fact 1' }).fill('Lumen saves 40% with it.')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Passed').waitFor()
  assert.equal((await account.get(`content/${draft.id}`)).errors, 0, 'errors once it is a fact')
}

async function goesBack(page) {
  await page.getByRole('button', { name: 'Compare version 1' }).click()
  const dialog = page.getByRole('dialog', { name: 'What has changed since' })
  await dialog.locator('ins', { hasText: 'You will save 40%' }).waitFor()
  await dialog.getByRole('button', { name: 'Bring this version back' }).click()
  await dialog.waitFor({ state: 'detached' })
  await until('the text is the first one', async () => (await page.getByLabel('Body', { exact: true }).inputValue()) === letter.body)
}

scene('whoever asks for a letter is told of a low score first', async (stage) => {
  const account = await Account.fresh('Mira Falk')
  const contact = await account.post('contacts', { name: 'Ana Duarte', email: 'ana@lumen.example' })
  const page = await stage.window(account)
  await page.goto('/')
  await page.getByRole('heading', { level: 1, name: 'Today' }).waitFor()
  await page.goto(page.url().replace('/today', `/contacts/${contact.id}`))
  await page.getByRole('button', { name: 'Write follow-up' }).click()
  await page.getByRole('button', { name: 'Write a draft' }).click()
  await page.getByText(/score is below 60/).waitFor()
  await page.getByRole('button', { name: 'Write all the same' }).click()
  await page.getByText(/Writing…|Waiting for its turn…|Waits for|Written\.|Nothing was written/).waitFor()
})
