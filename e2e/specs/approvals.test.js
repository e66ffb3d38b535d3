import assert from 'node:assert/strict'
import { after } from 'node:test'
import { Account } from '../lib/account.js'
import { results } from '../lib/places.js'
import { Sink } from '../lib/sink.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

const sink = await new Sink().start()
after(() => sink.stop())

/** An owner, a colleague who decides, a contact, and a program that may only ask. */
async function studio() {
  const owner = await Account.fresh('Mira Falk')
  const colleague = await owner.invite('Nadia', 'member')
  colleague.root = owner.root
  colleague.workspace = owner.workspace
  const contact = await owner.post('contacts', { name: 'Ana Duarte', title: 'Buyer', email: 'ana@lumen.example' })
  const key = await owner.call('POST', `/v1/organizations/${owner.organization}/api-keys`, { name: 'Shop', workspace: owner.workspace, scopes: ['approval:write', 'approval:read'] })
  const ask = async (body) => {
    const answer = await fetch(`${owner.base}${owner.root}/approvals`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${key.secret}` }, body: JSON.stringify(body) })
    assert.equal(answer.status, 201, await answer.clone().text())
    return answer.json()
  }
  const note = (body, title) => ask({ operation: 'note.create', args: { entity: 'contact', entity_id: contact.id, body }, title, why: 'She said so on the phone.', entity: 'contact', entity_id: contact.id })
  const rename = (title) => ask({ operation: 'contact.update', args: { id: contact.id, 'If-Match': `"${contact.version}"`, title }, title: `Call Ana a ${title}`, why: 'Her signature says so.', entity: 'contact', entity_id: contact.id })
  const state = async (a) => (await owner.get(`approvals/${a.id}`)).state
  return { owner, colleague, contact, ask, note, rename, state }
}

const row = (page, title) => page.getByRole('list', { name: 'Requests' }).getByRole('link', { name: title })

scene('what a program asks for is changed first, then done, and the next one is done by one key', async (stage) => {
  const { owner, colleague, contact, note, rename, state } = await studio()
  const page = await stage.window(colleague)
  await page.goto(`/w/${colleague.workspace}/approvals`)
  await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor()
  const first = await note('Prefers calls.', 'Write down that Ana prefers calls')
  await row(page, 'prefers calls').waitFor()
  const second = await rename('Director')
  await row(page, 'Call Ana a Director').waitFor()
  await page.getByRole('navigation', { name: 'Main', exact: true }).getByTitle('2 wait').waitFor()

  await page.keyboard.press('j')
  await page.getByRole('heading', { level: 2, name: 'Write down that Ana prefers calls' }).waitFor()
  await page.getByText('Shop (API key)').waitFor()
  await page.getByRole('meter', { name: 'Risk' }).waitFor()
  await page.screenshot({ path: `${results}/approvals-fields-light-1440.png` })
  await page.keyboard.press('m')
  const args = page.getByRole('textbox', { name: 'Arguments' })
  await args.fill('{')
  await page.getByRole('button', { name: 'Approve as changed' }).click()
  await page.getByText('This is no JSON').waitFor()
  await args.fill(JSON.stringify({ entity: 'contact', entity_id: contact.id, body: '' }))
  await page.getByRole('button', { name: 'Approve as changed' }).click()
  await page.getByRole('dialog').getByRole('alert').getByText('body').waitFor()
  assert.equal(await state(first), 'pending', 'a refused change decides nothing')
  await args.fill(JSON.stringify({ entity: 'contact', entity_id: contact.id, body: 'Prefers calls before noon.' }))
  await page.getByRole('button', { name: 'Approve as changed' }).click()
  await until('it is done', async () => (await state(first)) === 'done')
  assert.ok(JSON.stringify(await owner.get(`contacts/${contact.id}/timeline`)).includes('before noon'), 'the note as changed')

  await page.getByRole('heading', { level: 2, name: 'Call Ana a Director' }).waitFor()
  await page.locator('del', { hasText: 'Buyer' }).waitFor()
  await page.screenshot({ path: `${results}/approvals-diff-light-1440.png` })
  await page.getByRole('button', { name: 'Approve', exact: true, disabled: false }).waitFor()
  await page.keyboard.press('y')
  await until('the contact is renamed', async () => (await owner.get(`contacts/${contact.id}`)).title === 'Director')
  assert.equal(await state(second), 'done', 'state')
  await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor()
})

scene('a mail is shown as it arrives, reworded and sent', async (stage) => {
  const { owner, colleague, contact, ask, state } = await studio()
  const sender = await owner.post('senders', { name: 'Mira Falk', address: 'mira@falkstudio.example', signature: 'Mira', smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
  const asked = await ask({
    operation: 'message.send',
    args: { mode: 'new', sender_id: sender.id, to: [{ name: 'Ana Duarte', address: 'ana@lumen.example' }], subject: 'Prices for 40 seats', text: 'Hello Ana,\n\n40 seats cost **800** a month, as [the list](https://falkstudio.example/prices) says.', format: 'markdown' },
    title: 'Answer Ana Duarte: Prices for 40 seats',
    why: 'She asked for prices.',
    entity: 'contact',
    entity_id: contact.id,
  })
  const page = await stage.window(colleague)
  await page.goto(`/w/${colleague.workspace}/contacts/${contact.id}`)
  await page.getByRole('link', { name: 'Answer Ana Duarte' }).waitFor()
  await page.screenshot({ path: `${results}/approvals-contact-light-1440.png` })
  await page.getByRole('link', { name: 'Answer Ana Duarte' }).click()
  await page.getByRole('group', { name: 'The mail' }).getByText('Ana Duarte <ana@lumen.example>').waitFor()
  const frame = page.frameLocator('iframe[title="The mail, formatted"]')
  await frame.locator('strong', { hasText: '800' }).waitFor()
  await page.getByRole('group', { name: 'The mail' }).getByText('https://falkstudio.example/prices').waitFor()
  await page.screenshot({ path: `${results}/approvals-mail-light-1440.png` })
  await page.getByRole('button', { name: 'Show it as plain text' }).click()
  await page.getByRole('group', { name: 'The mail' }).getByText('40 seats cost').waitFor()
  await small(stage, colleague, asked)
  await page.keyboard.press('m')
  await page.getByRole('textbox', { name: 'Subject' }).fill('Your prices')
  await page.getByRole('textbox', { name: 'Text' }).fill('Hello Ana,\n\n40 seats cost 790 a month.')
  await page.getByRole('button', { name: 'Approve as changed' }).click()
  await until('it is done', async () => (await state(asked)) === 'done')
  await until('the mail has arrived', () => sink.mails.length === 1, 40_000)
  assert.match(sink.mails[0].text, /790 a month/)
  assert.match(sink.mails[0].text, /Subject: Your prices/)
  await page.getByRole('link', { name: 'Done', exact: true }).click()
  await row(page, 'Answer Ana Duarte').click()
  await page.getByText('Changed before it was approved').waitFor()
})

scene('the only one who could decide what their own program asks for shows their password', async (stage) => {
  const owner = await Account.fresh('Mira Falk')
  const sender = await owner.post('senders', { name: 'Mira Falk', address: 'mira@falkstudio.example', signature: '', smtp: { host: '127.0.0.1', port: sink.port, security: 'none' } })
  const asked = await owner.post('approvals', { operation: 'message.send', args: { mode: 'new', sender_id: sender.id, to: [{ name: '', address: 'ben@lumen.example' }], subject: 'Hello', text: 'Hello Ben.' }, title: 'Greet Ben' })
  const page = await stage.window(owner)
  await page.goto(`/w/${owner.workspace}/approvals?id=${asked.id}`)
  await page.getByText('Your password is asked for').waitFor()
  await page.keyboard.press('y')
  const password = page.getByRole('textbox', { name: 'Your password' })
  await password.fill('not-this-one-at-all')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').locator('[aria-invalid="true"]').waitFor()
  assert.equal((await owner.get(`approvals/${asked.id}`)).state, 'pending', 'with a wrong password')
  await password.fill(owner.password)
  await page.keyboard.press('Enter')
  await until('it is done', async () => (await owner.get(`approvals/${asked.id}`)).state === 'done')
})

scene('the words that it relies on lead to their source, and who may not decide reads why', async (stage) => {
  const { colleague, contact, rename } = await studio()
  const asked = await rename('Director')
  const page = await stage.window(colleague)
  await page.route(`**/approvals/${asked.id}`, async (route) => {
    const answer = await route.fetch()
    const evidence = [{ entity: 'contact', id: contact.id, quote: 'Ana Duarte, Director' }]
    await route.fulfill({ json: { ...(await answer.json()), evidence, may: false, may_not: 'From a risk of 70 on, an admin or owner decides.' } })
  })
  await page.goto(`/w/${colleague.workspace}/approvals?id=${asked.id}`)
  await page.getByText('an admin or owner decides').waitFor()
  await page.getByRole('button', { name: 'Approve', exact: true, disabled: true }).waitFor()
  await page.getByRole('list', { name: 'What it relies on' }).getByText('Ana Duarte, Director').waitFor()
  await page.getByRole('link', { name: 'Open the contact' }).click()
  await page.getByRole('heading', { level: 1, name: 'Ana Duarte' }).waitFor()
})

/** The same on a phone in the dark: nothing is wider than the screen. */
async function small(stage, account, asked) {
  const page = await stage.window(account, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' })
  await page.goto(`/w/${account.workspace}/approvals`)
  await row(page, 'Answer Ana Duarte').waitFor()
  await page.screenshot({ path: `${results}/approvals-list-dark-390.png` })
  await page.goto(`/w/${account.workspace}/approvals?id=${asked.id}`)
  await page.getByRole('meter', { name: 'Risk' }).waitFor()
  await page.frameLocator('iframe').locator('strong').waitFor()
  await page.screenshot({ path: `${results}/approvals-mail-dark-390.png` })
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than the screen')
  await page.getByRole('meter', { name: 'Risk' }).scrollIntoViewIfNeeded()
  await page.screenshot({ path: `${results}/approvals-risk-dark-390.png` })
}

scene('one is rejected with a reason, the others are approved together, each by itself', async (stage) => {
  const { owner, colleague, contact, note, rename, state } = await studio()
  const never = await note('Hates calls.', 'Write down that Ana hates calls')
  const one = await note('Has a dog.', 'Write down the dog')
  const two = await note('Has a cat.', 'Write down the cat')
  const late = await rename('Director')
  const page = await stage.window(colleague)
  await page.goto(`/w/${colleague.workspace}/approvals?id=${never.id}`)
  await page.getByRole('button', { name: 'Reject' }).waitFor()
  await page.keyboard.press('n')
  await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click()
  await page.getByText('Say why, in a few words.').waitFor()
  await page.getByRole('textbox', { name: 'Reason' }).fill('She likes them.')
  await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.equal(await state(never), 'rejected')
  assert.equal((await owner.get(`approvals/${never.id}`)).reason, 'She likes them.')

  for (const title of ['Write down the dog', 'Write down the cat', 'Call Ana a Director']) await page.getByRole('checkbox', { name: `Choose ${title}` }).check({ force: true })
  await page.getByText('3 chosen').waitFor()
  await page.screenshot({ path: `${results}/approvals-chosen-light-1440.png` })
  await owner.call('PATCH', `${owner.root}/contacts/${contact.id}`, { title: 'Founder' }, { 'if-match': `"${contact.version}"` })
  await page.getByRole('list', { name: 'Requests' }).getByRole('link', { name: 'Call Ana a Director' }).click()
  await page.getByText('A record that this relies on was changed').waitFor()
  await page.keyboard.press('Y')
  const outcome = page.getByRole('dialog', { name: '2 of 3 requests done' })
  await outcome.getByText('The contact was changed since.').waitFor()
  await page.screenshot({ path: `${results}/approvals-group-light-1440.png` })
  assert.deepEqual(await Promise.all([one, two, late].map(state)), ['done', 'done', 'stale'])
  assert.equal((await owner.get(`contacts/${contact.id}`)).title, 'Founder', 'what somebody changed since')
})
