import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { Server } from '../lib/server.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

/** An installation of its own, whose providers are simulated. */
async function simulated(play) {
  const server = new Server('ai', { RAPPORT_AI: 'sim' })
  await server.start()
  try {
    await play(server)
  } finally {
    await server.stop()
  }
}

scene('models: asked, routed, limited and paid for, all of it seen', (stage) =>
  simulated(async (server) => {
    const owner = await Account.fresh('Nadia Holm', server.url)
    const page = await stage.window(owner)
    const go = async (tab) => {
      await page.goto(`/w/${owner.workspace}/ai/${tab}`)
      await page.getByText('Simulated: no real provider is asked here.').waitFor()
    }
    await go('overview')
    await page.getByRole('row', { name: /Gemini.*Simulated.*Not asked yet/ }).waitFor()
    await page.getByRole('heading', { name: 'No calls' }).waitFor()
    await asked(page, go)
    await seen(page, owner, go)
    await routed(page, owner, go)
    await keyed(page, go)
    await limited(page, owner, go)
    await forbidden(stage, owner)
  }),
)

async function asked(page, go) {
  await go('try')
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByText('expected length >= 1').or(page.getByText('Say what is wanted.')).first().waitFor()
  await page.getByLabel('What you want').fill('Name a town by the sea.')
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'Ask' }).click()
  const answer = page.getByRole('region', { name: 'Answer' })
  await answer.getByText('This is a simulated answer.').waitFor()
  await answer.getByRole('list', { name: 'Who was asked' }).getByText(/answered after/).waitFor()
  await answer.getByRole('button', { name: /Where this is from: Simulated\. Answered by OpenRouter/ }).click()
  await page.getByRole('dialog').getByText(/cost .* ¢\./).waitFor()
  await page.keyboard.press('Escape')
}

async function seen(page, owner, go) {
  await until('the call is recorded', async () => (await owner.get('ai/calls')).data.length > 0)
  await go('overview')
  await page.getByRole('button', { name: 'How person.ask was answered' }).click()
  await page.getByRole('list', { name: 'Who was asked' }).getByText('OpenRouter', { exact: false }).first().waitFor()
  await page.getByRole('row', { name: /OpenRouter.*Answers.*100 % of 1/ }).waitFor()
  const { shares } = await owner.get('ai/costs')
  assert.equal(shares.find((s) => s.provider === 'openrouter').by_calls, 100)
}

async function routed(page, owner, go) {
  const first = async () => (await owner.get('ai/policy')).policy.chains.standard[0].provider
  await go('routing')
  const chain = page.getByRole('list', { name: 'Candidates of standard' })
  await chain.getByRole('button', { name: 'Move candidate 2, Gemini up' }).click()
  await chain.getByLabel('Who').first().focus()
  await page.keyboard.press('Alt+ArrowDown')
  await page.keyboard.press('Alt+ArrowUp')
  await chain.getByRole('button', { name: 'Parameters' }).first().click()
  await chain.getByLabel('Tokens of an answer').fill('900000')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await chain.getByText('This model answers with at most 65536 tokens.').waitFor()
  assert.equal(await first(), 'openrouter', 'a bad policy was stored')
  await chain.getByLabel('Tokens of an answer').fill('900')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Of this workspace').waitFor()
  assert.equal(await first(), 'gemini')
  await page.getByRole('button', { name: 'JSON', exact: true }).click()
  await page.getByLabel('The policy as JSON').fill('{')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText(/JSON/).and(page.locator('[id$=note]')).waitFor()
  await page.getByRole('button', { name: 'Discard' }).click()
  await page.getByRole('button', { name: 'Back to the installation’s' }).click()
  await page.getByRole('button', { name: 'Give it up' }).click()
  await page.getByText('Of this release').waitFor()
  assert.equal(await first(), 'openrouter')
}

async function keyed(page, go) {
  await go('keys')
  await page.getByRole('button', { name: 'Add a key' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add a key' })
  await dialog.getByLabel('Key', { exact: true }).fill('sk-ant-0123456789abcdef')
  await dialog.getByRole('button', { name: 'Keep the key' }).click()
  await dialog.getByText('The keys of this provider begin with sk-or-.').waitFor()
  await dialog.getByLabel('Key', { exact: true }).fill('sk-or-v1-0123456789abcdef')
  await dialog.getByRole('button', { name: 'Keep the key' }).click()
  await page.getByRole('button', { name: 'Forget the key for OpenRouter' }).click()
  await page.getByRole('button', { name: 'Forget it' }).click()
  await page.getByRole('heading', { name: 'No keys of your own' }).waitFor()
}

async function limited(page, owner, go) {
  await go('budget')
  await page.getByLabel('A day, in dollars').fill('many')
  await page.getByText('Enter dollars, such as 20 or 0.50, or leave it empty for no limit.').waitFor()
  await page.getByLabel('A day, in dollars').fill('0')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Spent: only rules and free models answer.').waitFor()
  assert.equal((await owner.get('ai/budget')).day.limit_nano, 0)
}

async function forbidden(stage, owner) {
  const viewer = await owner.invite('Vera', 'viewer')
  const page = await stage.window(viewer)
  for (const [tab, words] of Object.entries({ overview: 'For admins', routing: 'For admins', keys: 'For admins', try: 'For members' })) {
    await page.goto(`/w/${viewer.workspace}/ai/${tab}`)
    await page.getByRole('heading', { name: words }).first().waitFor()
  }
  await page.goto(`/w/${viewer.workspace}/ai/budget`)
  await page.getByText('Owners set what may be spent.').waitFor()
  assert.deepEqual(await Promise.all(['costs', 'policy', 'keys'].map(async (p) => (await viewer.send('GET', `${viewer.root}/ai/${p}`)).status)), [403, 403, 403])
}
