import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { Account } from '../lib/account.js'
import { mailbox } from '../lib/mailbox.js'
import { inSight, scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

scene('mail comes in, is understood, shown, corrected and taken back', async (stage) => {
  const account = await Account.fresh('Mira Falk')
  const page = await stage.window()
  const file = await mailbox('studio.mbox')

  await signIn(page, account)
  await upload(page, file)
  await tiles(page, { Imported: 12, Duplicates: 1, Refused: 0, Personal: 7, Bulk: 2, Automatic: 2, 'Your own': 1 })
  await page.getByRole('row', { name: /Build 318 passed/ }).getByRole('cell', { name: /^automatic: / }).waitFor()
  await report(page, 13)
  await readThread(page)
  await readFormatted(page)
  await editAndDelete(page)

  await page.getByRole('link', { name: 'Imports' }).click()
  await upload(page, file)
  await tiles(page, { Imported: 0, Duplicates: 13, Refused: 0 })
})

async function signIn(page, { email, password }) {
  await page.goto('/')
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor()
}

async function upload(page, file) {
  await page.getByRole('navigation', { name: 'Main', exact: true }).getByRole('link', { name: 'Imports' }).click()
  await page.getByLabel('More addresses of your own in this file').fill('mira@falkstudio.example')
  await page.getByLabel('Drop a mailbox here, or choose one').setInputFiles(file)
  await page.getByRole('heading', { name: file.name }).waitFor()
  await page.getByText('Every one of 13 messages is accounted for').waitFor({ timeout: 30_000 })
}

async function tiles(page, want) {
  const names = await page.getByRole('term').allTextContents()
  const numbers = await page.getByRole('definition').allTextContents()
  const got = Object.fromEntries(names.map((name, i) => [name, Number(numbers[i])]))
  assert.deepEqual(Object.fromEntries(Object.keys(want).map((name) => [name, got[name]])), want)
}

async function report(page, messages) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()])
  const rows = (await readFile(await download.path(), 'utf8')).trim().split('\n')
  assert.equal(rows.length - 1, messages, `rows of ${download.suggestedFilename()}:\n${rows.join('\n')}`)
}

async function readThread(page) {
  await page.getByRole('link', { name: 'Open the inbox' }).click()
  const entry = page.getByRole('list', { name: 'Conversations' }).getByRole('link', { name: /Pricing for 40 seats/ })
  await entry.getByText('Pricing inquiry').waitFor()
  await entry.getByText(/High|Critical/).waitFor()
  await entry.click()
  await page.getByRole('heading', { name: 'Pricing for 40 seats' }).waitFor()
  await page.getByText(/^Found: /).last().click()
  const found = page.getByRole('group', { name: 'Questions' }).getByRole('button').last()
  const words = (await found.textContent()).trim()
  await found.click()
  const mark = page.getByRole('mark').last()
  await mark.waitFor()
  assert.equal(plain(await page.getByRole('mark').allTextContents().then((all) => all.join(''))), plain(words), 'what is highlighted')
  await until('the quote is in sight', () => inSight(mark))
}

async function readFormatted(page) {
  const asked = []
  await page.context().route(/^https:/, (route) => {
    asked.push(route.request().url())
    return route.fulfill({ contentType: 'image/png', body: onePixel })
  })
  await page.getByRole('link', { name: /The storyboard, formatted/ }).click()
  await page.getByRole('button', { name: 'Show formatted' }).click()
  const frame = page.frameLocator('iframe[title="Message of Joan Pell"]')
  await frame.getByText('Which of the two endings do you prefer?').waitFor()
  assert.equal(await frame.locator('script, iframe, form, [onload], a[href^="javascript:"]').count(), 0, 'dangerous parts of the HTML')
  assert.deepEqual(asked, [], 'remote requests before anybody asked')

  await until('the picture inside the mail is shown', () => frame.getByRole('img', { name: 'Stamp' }).evaluate((img) => img.naturalWidth > 0))
  await page.getByRole('button', { name: 'Show remote images' }).click()
  await until('the remote picture is asked for', () => asked.some((url) => url.endsWith('/board.png')))
  await page.getByRole('button', { name: 'Show as text' }).click()
}

async function editAndDelete(page) {
  await page.getByRole('link', { name: /Pricing for 40 seats/ }).click()
  await page.getByRole('region', { name: 'Messages' }).getByRole('link', { name: 'Ana Duarte' }).click()
  await page.getByRole('heading', { level: 1, name: /Ana Duarte/ }).waitFor()
  const score = page.getByRole('complementary', { name: 'About' })
  await score.getByText(/parts known$/).waitFor()
  assert.ok((await score.getByText(/weight \d+%/).count()) >= 2, 'the score shows its parts')
  const timeline = page.getByRole('region', { name: 'Timeline' })
  await timeline.getByRole('link', { name: 'Pricing for 40 seats' }).first().waitFor()

  await page.getByRole('button', { name: /^Edit Title:/ }).click()
  await page.getByRole('textbox', { name: 'Title' }).fill('Chief Operating Officer')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Edit Title: Chief Operating Officer' }).waitFor()
  await timeline.getByRole('insertion').filter({ hasText: 'Chief Operating Officer' }).waitFor()

  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('grid', { name: 'Contacts' }).waitFor()
  await page.getByRole('row', { name: /Ana Duarte/ }).waitFor({ state: 'detached' })
  await page.getByText('Deleted Ana Duarte').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('row', { name: /Ana Duarte/ }).waitFor()
}

function plain(text) {
  return text.replaceAll(/\s+/g, ' ').trim()
}

const onePixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
