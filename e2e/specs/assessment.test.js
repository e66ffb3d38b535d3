import assert from 'node:assert/strict'
import { Account } from '../lib/account.js'
import { mailbox } from '../lib/mailbox.js'
import { Server } from '../lib/server.js'
import { inSight, scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

scene('a contact is assessed, each sentence shows its words in the mail, and what to do becomes a task', async (stage) => {
  const server = new Server('assessment', { RAPPORT_AI: 'sim' })
  await server.start()
  try {
    const owner = await Account.fresh('Mira Falk', server.url)
    const { name, buffer } = await mailbox('studio.mbox')
    const { id } = await owner.upload(`imports?filename=${name}&own=mira@falkstudio.example`, buffer)
    await until('the mail is understood', async () => (await owner.get(`imports/${id}`)).state === 'done')
    const thread = (await owner.get('threads?folder=all')).data.find((t) => /Pricing for 40 seats/.test(t.subject))
    const page = await stage.window(owner)
    await page.goto(`/w/${owner.workspace}/contacts/${thread.contact_id}`)
    await page.getByText('Not assessed yet.', { exact: false }).waitFor()
    await assessed(page, owner, thread)
    await cited(page)
    await task(page, owner)
    await hot(page, owner)
    await small(stage, owner, thread)
    await reader(stage, owner, thread)
  } finally {
    await server.stop()
  }
})

async function assessed(page, owner, thread) {
  await page.getByRole('button', { name: 'Assess', exact: true }).click()
  await page.getByRole('list', { name: 'Brief' }).getByRole('listitem').first().waitFor()
  const { assessment, lead_score, composite } = await owner.get(`contacts/${thread.contact_id}/assessment`)
  assert.equal(assessment.degraded, false, 'a simulated model answers in full')
  assert.ok(assessment.brief.every((s) => s.citations.length > 0), 'each sentence is cited')
  assert.ok(composite >= lead_score, 'the composite is the lead score and more')
  await page.getByRole('button', { name: /^About this: Made by OpenRouter/ }).first().waitFor()
  await page.getByText(/^lead score \d+/).waitFor()
  await page.getByRole('button', { name: 'Assess again' }).click()
  await until('the second run has stored', async () => (await owner.get(`contacts/${thread.contact_id}/assessment`)).assessment.run_id !== assessment.run_id)
}

/** By keyboard: a number opens its source, with the words marked and in sight; Escape leads back to it. */
async function cited(page) {
  const number = page.getByRole('list', { name: 'Brief' }).getByRole('button', { name: /^Source 1:/ })
  await number.focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  const mark = dialog.locator('mark').first()
  await mark.waitFor()
  await until('the words are in sight', () => inSight(mark))
  const sentence = await page.getByRole('list', { name: 'Brief' }).getByRole('listitem').first().textContent()
  const words = (await dialog.locator('mark').allTextContents()).join('').replaceAll(/\s+/g, ' ')
  assert.ok(sentence.includes(words.slice(0, 40)), `the sentence ${sentence} quotes ${words}`)
  await dialog.getByRole('link', { name: 'Open the conversation' }).waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.ok(await number.evaluate((e) => e === document.activeElement), 'the focus is back on the number')
}

async function task(page, owner) {
  const next = page.getByRole('region', { name: 'Next best action' })
  await next.getByRole('button', { name: 'Make a task' }).click()
  await page.getByText(/^Task: /).waitFor()
  await until('the task is made', async () => (await owner.get('tasks')).data.some((t) => t.entity === 'contact'))
}

async function hot(page, owner) {
  await page.goto(`/w/${owner.workspace}/today`)
  await page.getByRole('link', { name: 'See all', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Hot leads' }).waitFor()
  const { data } = await owner.get('hot-leads')
  if (data.length === 0) return page.getByRole('heading', { name: 'Nobody is hot' }).waitFor()
  await page.getByRole('list', { name: 'Hot leads' }).getByRole('link').first().waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: data[0].name }).waitFor()
}

async function small(stage, owner, thread) {
  const phone = await stage.window(owner, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: 'dark' })
  await phone.goto(`/w/${owner.workspace}/contacts/${thread.contact_id}`)
  const brief = phone.getByRole('list', { name: 'Brief' })
  await brief.waitFor()
  const wider = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wider <= 0, `the page is ${wider} px wider than the phone`)
  await brief.getByRole('button', { name: /^Source 1:/ }).tap()
  await phone.getByRole('dialog').locator('mark').first().waitFor()
}

/** Who only reads sees the brief, and nothing to press. */
async function reader(stage, owner, thread) {
  const viewer = await owner.invite('Vera', 'viewer')
  const page = await stage.window(viewer)
  await page.goto(`/w/${owner.workspace}/contacts/${thread.contact_id}`)
  await page.getByRole('list', { name: 'Brief' }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Assess again' }).count(), 0)
  assert.equal(await page.getByRole('button', { name: 'Make a task' }).count(), 0)
}
