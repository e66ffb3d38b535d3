import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before } from 'node:test'
import axe from 'axe-core'
import { Account } from '../lib/account.js'
import { results } from '../lib/places.js'
import { Postbox } from '../lib/postbox.js'
import { Server } from '../lib/server.js'
import { scene } from '../lib/stage.js'

const screens = join(results, 'screens')
const postbox = new Postbox()
let server
before(async () => {
  server = new Server('people', await postbox.open())
  await server.start()
  await mkdir(screens, { recursive: true })
})
after(async () => {
  await server?.stop()
  postbox.close()
})

const secret = 'tideline magnet forty'

/** Somebody with a confirmed address on the server that sends mail. */
async function fresh(name) {
  const account = await Account.fresh(name, server.url)
  const token = (await postbox.link('verify', account.email)).split('/').pop()
  await account.call('POST', '/v1/auth/verify', { token })
  return account
}

const stranger = { email: 'cleo.marsh@moved.example' }

scene('whoever is invited comes in by the letter, once', async (stage) => {
  const owner = await fresh('Ann Reed')
  const page = await stage.window(owner)
  await page.goto(`/w/${owner.workspace}/settings/members`)
  await page.getByRole('button', { name: 'Invite', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Invite somebody' })
  await dialog.getByLabel('Email').fill(stranger.email)
  await dialog.getByLabel('Role').selectOption('admin')
  await dialog.getByRole('button', { name: 'Send the invitation' }).click()
  await page.getByText(`Invited ${stranger.email}`).waitFor()
  await page.getByRole('region', { name: 'Invitations' }).getByText(stranger.email).waitFor()

  const link = await postbox.link('accept', stranger.email)
  const outside = await stage.window({ base: server.url, cookies: () => [] })
  await outside.goto(link)
  await outside.getByRole('heading', { name: 'Join Ann Reed and friends' }).waitFor()
  await outside.getByLabel('Your name').fill('Cleo Marsh')
  await outside.getByLabel('Choose a password', { exact: true }).fill('password2026')
  await outside.getByRole('button', { name: 'Create account and join' }).click()
  await outside.getByText('among the first that are tried').waitFor()
  await outside.getByLabel('Choose a password', { exact: true }).fill(secret)
  await outside.keyboard.press('Enter')
  await outside.waitForURL(/\/w\//)

  await outside.goto(link)
  await outside.getByRole('heading', { name: 'This link was used already' }).waitFor()
  await page.reload()
  const row = page.getByRole('row', { name: /Cleo Marsh/ })
  await row.getByLabel('Role of Cleo Marsh').selectOption('viewer')
  await page.getByText('Cleo Marsh is viewer now').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Cleo Marsh is admin now').waitFor()
  await row.getByRole('button', { name: 'More about Cleo Marsh' }).click()
  await page.getByRole('menuitem', { name: 'Deactivate' }).click()
  await row.getByText('Inactive').waitFor()
  await page.goto(`/w/${owner.workspace}/settings/security`)
  await page.getByText('Deactivated a member').waitFor()
})

scene('a forgotten password is chosen anew by the letter, with the keyboard alone', async (stage) => {
  const ben = await fresh('Ben Ode')
  const page = await stage.window({ base: server.url, cookies: () => [] })
  await page.goto('/login')
  await page.getByRole('link', { name: 'Forgot your password?' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor()
  await page.getByLabel('Email').waitFor()
  await page.keyboard.type(ben.email)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Look at your mail' }).waitFor()
  await page.goto(await postbox.link('reset', ben.email))
  await page.getByLabel('New password', { exact: true }).waitFor()
  await page.keyboard.type(secret)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/w\//)
  assert.equal((await ben.send('GET', '/v1/me')).status, 401, 'the sessions before have ended')
  await Account.signIn(ben.email, secret, server.url)
})

scene('a person changes password and address, and makes a key that is shown once', async (stage) => {
  const eva = await fresh('Eva Lind')
  const page = await stage.window(eva)
  await page.goto(`/w/${eva.workspace}/settings/profile`)
  await page.getByLabel('Current password', { exact: true }).fill('not my password')
  await page.getByLabel('New password', { exact: true }).fill(secret)
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('This is not your password.').waitFor()
  await page.getByLabel('Current password', { exact: true }).fill(eva.password)
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('Password changed').waitFor()
  await page.getByRole('button', { name: 'Change address' }).click()
  const moved = `moved.${eva.email}`
  await page.getByLabel('New address').fill(moved)
  await page.getByLabel('Your password', { exact: true }).fill(secret)
  await page.getByRole('form', { name: 'Change address' }).getByRole('button', { name: 'Change address' }).click()
  await page.getByText(`A link is on its way to ${moved}`).waitFor()
  await page.goto(await postbox.link('verify', moved))
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  await page.getByText(`${moved} is confirmed.`).waitFor()

  await page.goto(`/w/${eva.workspace}/settings/keys`)
  await page.getByRole('button', { name: 'New key' }).click()
  await page.getByLabel('Name').fill('Sync')
  await page.getByLabel('Contact: Write').check()
  await page.getByRole('button', { name: 'Create key' }).click()
  const key = await page.getByRole('dialog').locator('code').first().innerText()
  assert.match(key, /^rk_/)
  await page.getByRole('button', { name: 'I have kept it' }).click()
  await page.getByRole('row', { name: /Sync/ }).waitFor()
  assert.ok(!(await page.content()).includes(key), 'the key is gone from the page')
  await page.getByRole('button', { name: 'Revoke Sync' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke Sync' }).click()
  await page.getByText('Revoked', { exact: true }).waitFor()
})

const sizes = [
  { name: '1440', viewport: { width: 1440, height: 900 } },
  { name: '390', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
]

for (const { name: size, ...window } of sizes)
  for (const colorScheme of ['light', 'dark'])
    scene(`the pages about people are accessible and fit, ${colorScheme}, ${size} wide`, async (stage) => {
      const owner = await Account.fresh('Ida Holm', server.url)
      await owner.invite('Mia', 'member')
      await postbox.link('verify', owner.email)
      const unverified = await stage.window(owner, { colorScheme, ...window })
      await shoot(unverified, `/w/${owner.workspace}/settings/profile`, 'Not confirmed', `profile-${colorScheme}-${size}`)
      const token = (await postbox.link('verify', owner.email)).split('/').pop()
      await owner.call('POST', '/v1/auth/verify', { token })
      const guest = `guest.${owner.email}`
      await owner.call('POST', `/v1/organizations/${owner.organization}/invitations`, { email: guest, role: 'member' })
      await owner.call('POST', `/v1/organizations/${owner.organization}/api-keys`, { name: 'Sync of the shop', workspace: owner.workspace, scopes: ['contact:read', 'contact:write', 'company:read'] })
      const inside = await stage.window(owner, { colorScheme, ...window })
      const within = (tab) => `/w/${owner.workspace}/settings/${tab}`
      await shoot(inside, within('members'), guest, `members-people-${colorScheme}-${size}`)
      await inside.getByRole('button', { name: 'Invite', exact: true }).click()
      await shoot(inside, undefined, 'Send the invitation', `invite-${colorScheme}-${size}`)
      await shoot(inside, within('keys'), 'Sync of the shop', `keys-${colorScheme}-${size}`)
      await inside.getByRole('button', { name: 'New key' }).click()
      await shoot(inside, undefined, 'Create key', `new-key-${colorScheme}-${size}`)
      await shoot(inside, within('security'), 'Invited somebody', `security-${colorScheme}-${size}`)
      const outside = await stage.window({ base: server.url, cookies: () => [] }, { colorScheme, ...window })
      await shoot(outside, '/login', 'Forgot your password?', `login-${colorScheme}-${size}`)
      await shoot(outside, '/register', 'Create account', `register-${colorScheme}-${size}`)
      await shoot(outside, '/forgot', 'Send the link', `forgot-${colorScheme}-${size}`)
      await shoot(outside, '/reset/rr_x', 'Save and sign in', `reset-${colorScheme}-${size}`)
      await shoot(outside, '/verify/rv_x', 'One press', `verify-${colorScheme}-${size}`)
      await shoot(outside, '/accept/ri_x', 'leads nowhere', `dead-link-${colorScheme}-${size}`)
      await shoot(outside, await postbox.link('accept', guest), 'Create account and join', `accept-${colorScheme}-${size}`)
    })

/** Goes to a page, waits for some words, keeps a picture, and looks for barriers and for what is too wide. */
async function shoot(page, path, words, name) {
  if (path) await page.goto(path)
  await page.getByText(words).first().waitFor()
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' })
  await page.evaluate(() => document.fonts.ready.then(() => undefined))
  await page.screenshot({ path: join(screens, `${name}.png`), fullPage: true })
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`)
  assert.deepEqual(serious, [], `${name} has barriers`)
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wider <= 0, `${name} is ${wider} px wider than the screen`)
}
