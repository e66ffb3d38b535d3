import { Account } from '../lib/account.js'
import { scene } from '../lib/stage.js'

const at = new Date().toISOString()
const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const child = '01890a5d-ac96-774b-bcce-b302099a8058'
const run = {
  id, agent: 'contact', version: 'contact/1', state: 'running', engine: 'rules', degraded: false, subject_entity: 'contact', subject_id: id, error: '', started_at: at, finished_at: null,
  program: true, title: 'Look at Ana', parent_id: null, root_id: id, person: null, run_at: at, attempts: 0, calls: 1, tokens: 120, cost_nano: 3_000_000, worked_ms: 900,
}
const step = { seq: 1, key: 'look', kind: 'act', state: 'done', input: {}, output: { seen: 'Ana Duarte' }, error: '', started_at: at, finished_at: at, attempts: 2, maybe_billed: 1, call_id: null, child_id: null, approval_id: null, tokens: 0, cost_nano: 0, trail: [] }

scene('a run shows its steps, is cancelled, and taken back with what stayed', async (stage) => {
  const owner = await Account.fresh('Nadia Holm')
  const page = await stage.window(owner)
  let now = run
  await page.route(`**/runs/${id}`, (route) => (route.request().resourceType() === 'document' ? route.continue() : route.fulfill({ json: { ...now, input: {}, output: null, caps: {}, steps: [step], children: [{ ...run, id: child, title: 'A part of it' }] } })))
  await page.route(`**/runs/${id}/cancel`, (route) => {
    now = { ...run, state: 'cancelled', error: 'Somebody cancelled the run.', finished_at: at }
    return route.fulfill({ status: 202, json: { run_id: id } })
  })
  const kept = { entity: 'contact', entity_id: id, field: 'name', expected: 'Ana', actual: 'Anna' }
  await page.route(`**/runs/${id}/undo`, (route) => route.fulfill({ json: { undone: [], conflicts: [kept], before: null } }))
  await page.goto(`/w/${owner.workspace}/runs/${id}`)
  await page.getByText('1 call maybe billed').waitFor()
  await page.getByRole('link', { name: 'A part of it' }).waitFor()
  await page.getByRole('list', { name: 'Steps' }).getByText('Output').click()
  await page.getByText('Ana Duarte').waitFor()
  await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  await page.getByRole('button', { name: 'Cancel the run' }).click()
  await page.getByText('Somebody cancelled the run.').waitFor()
  await page.getByRole('button', { name: 'Undo this run' }).click()
  await page.getByRole('button', { name: 'Take it back' }).click()
  await page.getByRole('list', { name: 'Kept' }).getByText('Anna').waitFor()
})
