import assert from 'node:assert/strict'
import axe from 'axe-core'
import { Account } from '../lib/account.js'
import { scene } from '../lib/stage.js'
import { until } from '../lib/until.js'

/** Nothing that axe finds serious. */
async function accessible(page) {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  assert.deepEqual(violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes[0]?.html}`), [])
}

/** Many contacts of a team that has its own field. */
async function crowd(many) {
  const team = await Account.fresh('Lena Voss')
  await team.post('custom-fields', { entity: 'contact', key: 'region', label: 'Region', type: 'text' })
  const rest = Array.from({ length: many }, (_, i) => i + 1)
  await Promise.all(
    [1, 2, 3, 4].map(async () => {
      for (let i = rest.shift(); i !== undefined; i = rest.shift()) await team.post('contacts', { name: `Person ${String(i).padStart(3, '0')}`, fields: { region: i % 2 ? 'north' : 'south' } })
    }),
  )
  return team
}

const withStatus = async (team, status) => {
  const filter = encodeURIComponent(JSON.stringify({ field: 'status', op: 'eq', value: status }))
  return (await team.get(`contacts?limit=200&filter=${filter}`)).data.length
}

scene('all that match are changed as one, more than the page has read, and come back as one', async (stage) => {
  const team = await crowd(260)
  const page = await stage.window(team)
  await page.goto(`/w/${team.workspace}/contacts?sort=name`)
  await page.getByRole('checkbox', { name: 'Choose all rows that have been read' }).click()
  await page.getByRole('button', { name: 'Choose all that match' }).click()
  const bar = page.getByRole('toolbar', { name: 'All 260 contacts chosen' })
  await bar.waitFor()
  await accessible(page)
  await bar.getByRole('button', { name: 'Status' }).click()
  await page.getByRole('option', { name: 'Customer' }).click()
  await page.getByText('260 contacts: now Customer').waitFor()
  assert.equal(await withStatus(team, 'prospect'), 0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Took back 260 changes').waitFor()
  assert.equal(await withStatus(team, 'customer'), 0)
})

scene('columns are chosen, moved and widened, and are there again', async (stage) => {
  const team = await crowd(3)
  const page = await stage.window(team)
  await page.goto(`/w/${team.workspace}/contacts?sort=name`)
  await page.getByRole('button', { name: 'Columns' }).click()
  const panel = page.getByRole('dialog', { name: 'Columns' })
  await panel.getByRole('checkbox', { name: 'Region' }).check()
  await accessible(page)
  await page.keyboard.press('Escape')
  await page.getByRole('gridcell', { name: 'north' }).first().waitFor()
  const heads = () => page.getByRole('columnheader').allInnerTexts()
  await page.getByRole('separator', { name: 'Width of Region' }).focus()
  for (let i = 0; i < 9; i++) await page.keyboard.press('Alt+ArrowLeft')
  await until('Region stands behind the name', async () => (await heads()).filter(Boolean)[1] === 'Region')
  await page.getByRole('columnheader', { name: 'Score' }).dragTo(page.getByRole('columnheader', { name: 'Region' }))
  await until('Score stands before Region', async () => (await heads()).filter(Boolean)[1] === 'Score')
  const edge = page.getByRole('separator', { name: 'Width of Region' })
  const box = await edge.boundingBox()
  await page.mouse.move(box.x + 5, box.y + 5)
  await page.mouse.down()
  await page.mouse.move(box.x + 105, box.y + 5, { steps: 4 })
  await page.mouse.up()
  const width = async () => Math.round((await page.getByRole('columnheader', { name: 'Region' }).boundingBox()).width)
  let wide = 0 // drawn a moment after the mouse
  await until('the server has it', async () => {
    wide = await width()
    return (await team.get('views?entity=contact')).data[0]?.query.widths?.['field.region'] === wide
  })
  const other = await stage.window(team)
  await other.goto(`/w/${team.workspace}/contacts?sort=name`)
  await other.getByRole('columnheader', { name: 'Region' }).waitFor()
  assert.equal(Math.round((await other.getByRole('columnheader', { name: 'Region' }).boundingBox()).width), wide, 'in another window')
})

scene('a saved view keeps its own columns until they are saved anew', async (stage) => {
  const team = await crowd(2)
  const view = await team.post('views', { entity: 'contact', name: 'Regions', query: { columns: ['name', 'field.region'] } })
  const page = await stage.window(team)
  await page.goto(`/w/${team.workspace}/contacts?view=${view.id}`)
  await page.getByRole('gridcell', { name: 'south' }).waitFor()
  assert.equal(await page.getByRole('columnheader').count(), 3)
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('checkbox', { name: 'Score' }).check()
  await page.keyboard.press('Escape')
  await page.getByRole('img', { name: 'Changed, not saved' }).waitFor()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('img', { name: 'Changed, not saved' }).waitFor({ state: 'detached' })
  const { data } = await team.get('views?entity=contact')
  assert.deepEqual(data.find((v) => v.id === view.id).query.columns, ['name', 'field.region', 'score'])
})

scene('the company of a contact is found or made where it stands in the list', async (stage) => {
  const team = await crowd(1)
  await team.post('companies', { name: 'Fjord Studio' })
  const page = await stage.window(team)
  await page.goto(`/w/${team.workspace}/contacts`)
  const cell = page.getByRole('row', { name: /Person 001/ }).getByRole('gridcell').nth(2)
  await cell.dblclick()
  await page.getByRole('combobox', { name: 'Company' }).fill('fjo')
  await page.getByRole('option', { name: /Fjord Studio/ }).click()
  await cell.getByText('Fjord Studio').waitFor()
  await cell.dblclick()
  await page.getByRole('combobox', { name: 'Company' }).fill('Harbour Press')
  await page.getByRole('option', { name: /Add the company/ }).click()
  await cell.getByText('Harbour Press').waitFor()
  assert.equal((await team.get('companies?q=harbour')).data.length, 1)
})

scene('what the inbox is filtered by is kept as a folder of its own', async (stage) => {
  const demo = await Account.demo()
  const page = await stage.window(demo)
  await page.goto(`/w/${demo.workspace}/inbox?folder=open&where=urgency:in:high`)
  const name = `Urgent ${Date.now()}`
  await page.getByRole('button', { name: 'Save as view…' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  await page.getByRole('button', { name: 'Save view' }).click()
  const folder = page.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name })
  await folder.waitFor()
  assert.equal(await folder.getAttribute('aria-current'), 'page')
  await accessible(page)
  await page.getByRole('link', { name: /^Needs reply/ }).click()
  assert.equal(new URL(page.url()).searchParams.get('where'), null, 'a built-in folder drops what the view asked')
  await folder.click()
  await page.getByText('Urgency is high', { exact: false }).first().waitFor()
  await page.getByRole('button', { name: `View ${name}` }).click()
  await page.getByRole('menuitem', { name: 'Delete view' }).click()
  await folder.waitFor({ state: 'detached' })
})
