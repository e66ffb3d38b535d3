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

scene('chosen drafts go to review, are approved and given back together, each by itself', async (stage) => {
  const owner = await Account.fresh('Mira Falk')
  const contact = await owner.post('contacts', { name: 'Ana Duarte', email: 'ana@lumen.example' })
  for (const title of ['First letter', 'Second letter']) await owner.post('content', { kind: 'followup', title, body: letter, contact_id: contact.id })
  await owner.post('content', { kind: 'followup', title: 'Bold letter', body: { ...letter, body: `${letter.body} You will save 40% with it.` }, contact_id: contact.id })
  const page = await stage.window(owner)
  await page.goto(`/w/${owner.workspace}/content`)
  const choose = (...titles) => titles.reduce((before, title) => before.then(() => page.getByRole('checkbox', { name: `Choose ${title}` }).check()), Promise.resolve())
  const bar = page.getByRole('toolbar')
  const says = (title, status) => page.getByRole('row', { name: new RegExp(`${title}.*${status}`) }).waitFor()

  await choose('First letter', 'Second letter', 'Bold letter')
  await bar.getByRole('button', { name: 'Submit' }).click()
  await page.getByText('Given to review: 2 texts').waitFor()
  await page.getByText('1 left as it is: not that far, or with something to mend.').waitFor()
  await says('First letter', 'In review')
  await says('Bold letter', 'Draft.*1 to mend')
  assert.equal(await bar.count(), 0, 'bars of a choice that was used')

  await choose('First letter')
  await bar.getByRole('button', { name: 'Approve' }).click()
  await page.getByText('Approved: 1 text').waitFor()
  await says('First letter', 'Approved')
  await rejects(page, bar, choose)
  await says('Second letter', 'Draft')
  await says('First letter', 'Draft')
  await isOnlyOfAdmins(stage, owner, 'First letter')
})

async function rejects(page, bar, choose) {
  await choose('First letter', 'Second letter')
  await bar.getByRole('button', { name: 'Reject' }).click()
  const dialog = page.getByRole('dialog', { name: 'Give 2 texts back' })
  await dialog.getByRole('button', { name: 'Give back' }).click()
  await dialog.getByText('Say why.').waitFor()
  await dialog.getByLabel('What has to change?').fill('Name the day.')
  await dialog.getByRole('button', { name: 'Give back' }).click()
  await page.getByText('Given back: 2 texts').waitFor()
}

async function isOnlyOfAdmins(stage, owner, title) {
  const { data } = await owner.get('content')
  const [one] = data.filter((c) => c.title === title)
  const member = await owner.invite('Nils', 'member')
  const page = await stage.window(member)
  await page.goto(`/w/${member.workspace}/content`)
  await page.getByRole('checkbox', { name: `Choose ${title}` }).check()
  await page.getByRole('button', { name: 'Submit' }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Reject' }).count(), 0, 'buttons to reject')
  assert.equal((await member.send('POST', `${member.root}/content/${one.id}/reject`, { reason: 'No.' }, { 'if-match': `"${one.version}"` })).status, 403)
}
