import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { scene } from '../lib/stage.js'

const rulesOf = (account) => `/w/${account.workspace}/settings/agents`

scene('rules for agents are explained, rehearsed, saved, and let go again', async (stage) => {
  const owner = await Account.fresh('Nadia Holm')
  const page = await stage.window(owner)
  await page.goto(rulesOf(owner))
  const words = page.getByRole('region', { name: 'In words' })
  await words.getByText('It does at once what has a risk below 20').waitFor()
  await page.getByText('Nothing was asked under these rules yet').waitFor()
  await page.getByLabel('Whose rules').selectOption('email')
  await page.getByText('email has no rules of its own').waitFor()
  await page.getByLabel('How far without asking').selectOption('ask')
  await words.getByText('It asks before everything').waitFor()
  await page.getByLabel('Rule for message.send').selectOption('never')
  await page.getByRole('row', { name: /message\.send/ }).getByText('Never done').waitFor()
  await page.getByLabel('Dollars a day').fill('much')
  await page.getByText('Enter dollars, such as 2 or 0.50').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled(), true, 'what is wrong is not saved')
  await page.getByLabel('Dollars a day').fill('0.5')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('The rules are saved').waitFor()
  const { agents } = await owner.get('agent-policy')
  assert.equal(agents.email.autonomy, 'ask')
  assert.equal(agents.email.daily_nano, 500_000_000)
  assert.deepEqual(agents.email.operations, ['draft.create', 'draft.update'])
  await page.getByRole('button', { name: 'Use the rules of all agents' }).click()
  await page.getByText('email has no rules of its own').waitFor()
  assert.deepEqual((await owner.get('agent-policy')).agents, {})
})

scene('rules that somebody else has changed meanwhile are not overwritten', async (stage) => {
  const owner = await Account.fresh('Nadia Holm')
  const page = await stage.window(owner)
  await page.goto(rulesOf(owner))
  await page.getByLabel('Actions a day').fill('7')
  const { standard } = await owner.get('agent-policy')
  const { version: _, ...charter } = standard
  await owner.call('PUT', `${owner.root}/agent-policy`, { ...charter, agent: '', daily_actions: 3 }, { 'If-Match': '"0"' })
  await page.getByText('Somebody has changed these rules meanwhile').waitFor()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('button', { name: 'Show what holds now' }).click()
  assert.equal(await page.getByLabel('Actions a day').inputValue(), '3')
})

scene('whoever is no admin reads the rules only', async (stage) => {
  const owner = await Account.fresh('Nadia Holm')
  const member = await owner.invite('Ben', 'member')
  const page = await stage.window(member)
  await page.goto(rulesOf(member))
  await page.getByText('Admins and owners change these rules.').waitFor()
  assert.equal(await page.getByLabel('Actions a day').isDisabled(), true)
  assert.equal(await page.getByRole('button', { name: 'Save', exact: true }).count(), 0)
})
