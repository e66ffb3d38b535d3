import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { mailbox } from '../lib/mailbox.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

scene('the palette and the page of results find people and mail by keyboard alone', async (stage) => {
  const account = await Account.fresh('Runa Falk')
  const [person, mail] = await bring(account)
  const page = await stage.window(account)
  await page.goto(`/w/${account.workspace}/contacts`)
  await page.getByRole('row').nth(1).waitFor()
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('dialog', { name: 'Find anything' })
  await page.keyboard.type(swapped(person.name))
  await palette.getByRole('option', { name: person.name }).first().waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: person.name }).waitFor()

  await page.keyboard.press('Control+k')
  await palette.getByRole('option', { name: person.name }).waitFor() // what was opened lately
  const word = mail.subject.match(/\p{L}{5,}/u)[0]
  await page.keyboard.type(`subject:${word} cc:nobody`)
  await palette.getByText('cc: is no operator').waitFor()
  await page.getByLabel('Find people, companies').fill(`subject:${word}`)
  await palette.getByRole('option', { name: mail.subject }).first().waitFor()
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  const results = page.getByRole('list', { name: 'Results' })
  await results.getByRole('button', { name: mail.subject }).first().waitFor()
  assert.ok(page.url().includes('subject%3A'), `the address ${page.url()} keeps the search`)
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: mail.subject }).first().waitFor()
  await page.goBack()
  await results.waitFor()
  await page.getByLabel('Search everything').fill('xylophonist')
  await page.getByText('Nothing matches “xylophonist”').waitFor()
})

scene('a view is saved, changed, reset, shared, deleted and brought back', async (stage) => {
  const account = await Account.fresh('Odd Moen')
  await bring(account)
  const page = await stage.window(account)
  await page.goto(`/w/${account.workspace}/contacts?where=status:in:prospect`)
  await page.getByRole('button', { name: 'Save as view' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Prospects')
  await page.getByRole('button', { name: 'Save view' }).click()
  const tab = page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Prospects' })
  await tab.and(page.locator('[aria-current="page"]')).waitFor()
  const dot = tab.getByRole('img', { name: 'Changed, not saved' })
  await page.getByRole('button', { name: /Score/ }).first().click()
  await dot.waitFor()
  await page.getByRole('button', { name: 'Reset' }).click()
  await dot.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: /Score/ }).first().click()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await dot.waitFor({ state: 'detached' })
  await page.reload()
  await tab.and(page.locator('[aria-current="page"]')).waitFor()

  await page.getByRole('button', { name: 'View Prospects' }).click()
  await page.getByRole('menuitem', { name: 'Share with everybody' }).click()
  const colleague = await account.invite('Siv', 'member')
  await until('the colleague sees it', async () => (await colleague.call('GET', `${account.root}/views?entity=contact`)).data.some((v) => v.name === 'Prospects' && !v.mine))
  await page.getByRole('button', { name: 'View Prospects' }).click()
  await page.getByRole('menuitem', { name: 'Delete view' }).click()
  await tab.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Undo' }).click()
  await tab.waitFor()
})

/** Imports mail and returns somebody of it with a conversation. */
async function bring(account) {
  const { name, buffer } = await mailbox('studio.mbox')
  const { id } = await account.upload(`imports?filename=${name}&own=mira@falkstudio.example`, buffer)
  await until('the mail is imported', async () => (await account.get(`imports/${id}`)).state === 'done', 60_000)
  const { data: threads } = await account.get('threads?folder=all')
  const mail = threads.find((t) => t.contact_id && /\p{L}{5,}/u.test(t.subject))
  return [(await account.get(`contacts/${mail.contact_id}`)), mail]
}

/** A name with the second and third letter of its last word swapped, as fingers do. */
function swapped(name) {
  const words = name.split(' ')
  const last = words.pop()
  return [...words, last.length < 4 ? last : last[0] + last[2] + last[1] + last.slice(3)].join(' ')
}
