import { Account } from '../lib/account.js'
import { mailbox } from '../lib/mailbox.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

scene('everything daily goes by keyboard, and the focus can be seen', async (stage) => {
  const account = await Account.fresh('Tove Lund')
  await importMail(account)
  const page = await stage.window()
  const keys = (...all) => all.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())

  await page.goto('/login')
  await page.getByLabel('Email').and(page.locator(':focus')).waitFor()
  await page.keyboard.type(account.email)
  await keys('Tab')
  await page.keyboard.type(account.password)
  await keys('Enter')
  await page.getByRole('heading', { level: 1, name: 'Today' }).waitFor()
  await keys('g', 'i')
  const list = page.getByRole('list', { name: 'Conversations' })
  await list.waitFor()

  await keys('g', 'c')
  await page.getByRole('heading', { level: 1, name: 'Contacts' }).waitFor()
  await keys('g', 'i')
  await list.waitFor()
  await doneAndBack(page, list, keys)
  await palette(page, keys)

  await keys('?')
  const sheet = page.getByRole('dialog', { name: 'Keyboard' })
  await sheet.getByText('Find anything').waitFor()
  await keys('Escape')
  await sheet.waitFor({ state: 'detached' })
  await keys('Escape')
  await page.getByRole('heading', { level: 1, name: 'Contacts' }).waitFor()
})

scene('the focus is visible wherever Tab leads', async (stage) => {
  const account = await Account.fresh('Signe Dahl')
  await importMail(account)
  const [contact] = (await account.get('contacts')).data
  const page = await stage.window(account)
  for (const path of ['inbox', 'contacts', `contacts/${contact.id}`, 'imports', 'settings/workspace']) {
    await page.goto(`/w/${account.workspace}/${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' })
    for (let step = 0; step < 25; step++) {
      await page.keyboard.press('Tab')
      await until(`the focus is visible after ${step + 1} tabs on ${path}`, async () => (await page.evaluate(hiddenFocus)) === '', 2_000)
    }
  }
})

async function doneAndBack(page, list, keys) {
  const subjects = () => list.getByRole('link').evaluateAll((links) => links.map((l) => l.textContent))
  await list.getByRole('link').first().waitFor()
  const before = await subjects()
  await keys('j')
  const title = page.getByRole('heading', { level: 2 }).first()
  await page.getByRole('button', { name: 'Done' }).waitFor()
  const first = await title.textContent()
  await keys('e')
  await page.getByText(`Done: ${first}`).waitFor()
  await until('the conversation has left', async () => (await subjects()).length === before.length - 1)
  await keys('z')
  await until('the conversation is back', async () => (await subjects()).length === before.length)
}

async function palette(page, keys) {
  await keys('Control+k')
  await page.getByRole('combobox', { name: /^Find people/ }).and(page.locator(':focus')).waitFor()
  await page.keyboard.type('duarte')
  await page.getByRole('option', { name: /Ana Duarte/, selected: true }).waitFor()
  await keys('Enter')
  await page.getByRole('heading', { level: 1, name: /Ana Duarte/ }).waitFor()
}

async function importMail(account) {
  const { name, buffer } = await mailbox('studio.mbox')
  const { id } = await account.upload(`imports?filename=${name}&own=mira@falkstudio.example`, buffer)
  await until('the mail is understood', async () => (await account.get(`imports/${id}`)).state === 'done')
}

/** Names what has the focus if nothing on the screen shows it; nothing has it where Tab leaves the page. Runs in the page. */
function hiddenFocus() {
  const at = document.querySelector(':focus')
  if (!at) return ''
  const box = at.getBoundingClientRect()
  const marked = [at, at.closest('label')].some((e) => e && (getComputedStyle(e).outlineStyle !== 'none' || getComputedStyle(e).boxShadow !== 'none'))
  const inside = box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight
  return marked && inside ? '' : at.outerHTML.slice(0, 200)
}
