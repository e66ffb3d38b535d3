// A small stand-in for the server, for looking at the UI. Holds everything in memory. Not part of the product.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { join, extname } from 'node:path'
import * as db from './data.mjs'

const dist = new URL('../dist/', import.meta.url).pathname
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' }
const routes = []
const on = (method, path, run) => routes.push({ method, pattern: new RegExp(`^${path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`), run })
const W = '/v1/workspaces/:w'
class Problem extends Error { constructor(status, code, title, errors) { super(title); Object.assign(this, { status, code, title, errors }) } }
const find = (list, id) => list.find((x) => x.id === id) ?? (() => { throw new Problem(404, 'not_found', 'There is no such record') })()
const page = (list, q) => { const at = Number(q.cursor || 0); const n = Number(q.limit || 50); const more = at + n < list.length; return { data: list.slice(at, at + n), next_cursor: more ? String(at + n) : null, has_more: more } }

const value = (row, field) => field.startsWith('field.') ? row.fields?.[field.slice(6)] : field === 'tag' ? row.tags.map((t) => t.name) : row[field]
const ops = { eq: (a, b) => a === b, ne: (a, b) => a !== b, in: (a, b) => b.includes(a), nin: (a, b) => !b.includes(a), lt: (a, b) => a !== null && a < b, lte: (a, b) => a !== null && a <= b, gt: (a, b) => a !== null && a > b, gte: (a, b) => a !== null && a >= b, between: (a, b) => a >= b[0] && a <= b[1], contains: (a, b) => (Array.isArray(a) ? a.includes(b) : String(a ?? '').toLowerCase().includes(String(b).toLowerCase())), starts: (a, b) => String(a ?? '').startsWith(b), empty: (a, b) => (a === null || a === undefined || a === '') === (b !== false) }
const matches = (row, f) => !f ? true : f.and ? f.and.every((x) => matches(row, x)) : f.or ? f.or.some((x) => matches(row, x)) : ops[f.op](value(row, f.field), f.value)
function list(all, q, text) {
  const filter = q.filter ? JSON.parse(q.filter) : null
  let rows = all.filter((r) => !r.deleted_at && matches(r, filter) && (!q.q || text(r).toLowerCase().includes(q.q.toLowerCase())))
  if (q.sort) { const key = q.sort.replace('-', ''); const dir = q.sort.startsWith('-') ? -1 : 1; rows = rows.toSorted((a, b) => (a[key] === null ? 1 : b[key] === null ? -1 : a[key] > b[key] ? dir : a[key] < b[key] ? -dir : 0)) }
  return page(rows, q)
}
function patch(row, body, req) {
  const match = req.headers['if-match']
  if (!match) throw new Problem(428, 'if_match_missing', 'If-Match is missing')
  if (match !== `"${row.version}"`) throw new Problem(412, 'stale', 'Someone else changed this')
  const changes = Object.fromEntries(Object.entries(body).map(([k, v]) => [k, [row[k] ?? null, v]]))
  Object.assign(row, body, { fields: { ...row.fields, ...body.fields }, version: row.version + 1, updated_at: new Date().toISOString() })
  if ('company_id' in body) row.company_name = db.companies.find((c) => c.id === body.company_id)?.name ?? null
  db.events.unshift({ id: db.uuid('4444'), at: new Date().toISOString(), actor: { kind: 'user', name: db.me.user.name }, operation: 'update', entity: row.messages ? 'thread' : row.domain === undefined ? 'contact' : 'company', entity_id: row.id, kind: 'updated', changes, batch_id: null, run_id: null, undoes: null, undone_by: null, reason: null })
  return row
}

on('POST', '/v1/auth/(login|register)', ({ body, res }) => { if (body.password === 'wrong') throw new Problem(401, 'credentials', 'Email or password is wrong'); if (body.password?.length < 4) throw new Problem(422, 'invalid', 'Some fields are wrong', [{ pointer: '/password', message: 'Use at least 12 characters.' }]); res.setHeader('Set-Cookie', ['rapport_session=1; Path=/; HttpOnly', 'rapport_csrf=abc; Path=/']); return db.me })
on('POST', '/v1/auth/logout', ({ res }) => { res.setHeader('Set-Cookie', ['rapport_session=; Path=/; Max-Age=0']) })
on('GET', '/v1/me', ({ req }) => { if (!/rapport_session=1/.test(req.headers.cookie ?? '')) throw new Problem(401, 'unauthenticated', 'Sign in first'); return db.me })
on('GET', '/v1/me/sessions', () => ({ data: [{ id: 's1', created_at: db.ago(40), last_seen_at: db.ago(0), ip: '127.0.0.1', user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0 Safari/537.36', current: true }, { id: 's2', created_at: db.ago(400), last_seen_at: db.ago(30), ip: '192.0.2.14', user_agent: 'Mozilla/5.0 (iPhone) Version/18.0 Safari/605', current: false }] }))
on('GET', '/v1/organizations/:o/members', () => ({ data: db.members }))
on('POST', '/v1/organizations/:o/members', ({ body }) => { const m = { user_id: db.uuid('aaaa'), active: true, joined_at: new Date().toISOString(), ...body }; db.members.push(m); return m })
on('PATCH', '/v1/organizations/:o/members/:id', ({ p, body }) => Object.assign(db.members.find((m) => m.user_id === p.id), body))
on('GET', '/v1/organizations/:o/api-keys', () => ({ data: db.keys }))
on('POST', '/v1/organizations/:o/api-keys', ({ body }) => { const k = { id: db.uuid('2222'), prefix: 'rk_9xYz', created_at: new Date().toISOString(), last_used_at: null, expires_at: null, revoked_at: null, ...body }; db.keys.unshift(k); return { ...k, secret: 'rk_9xYzExampleOnlyNotARealKey00000000' } })
on('DELETE', '/v1/organizations/:o/api-keys/:id', ({ p }) => { find(db.keys, p.id).revoked_at = new Date().toISOString() })
on('GET', W, ({ p }) => db.me.organizations[0].workspaces.find((w) => w.slug === p.w))
on('PATCH', W, ({ p, body }) => Object.assign(db.me.organizations[0].workspaces.find((w) => w.slug === p.w), body))
for (const [noun, all] of [['tags', db.tags], ['custom-fields', db.fields]]) {
  on('GET', `${W}/${noun}`, () => ({ data: all }))
  on('POST', `${W}/${noun}`, ({ body }) => { const row = { id: db.uuid('aaad'), options: [], ...body }; all.push(row); return row })
  on('DELETE', `${W}/${noun}/:id`, ({ p }) => { all.splice(all.findIndex((x) => x.id === p.id), 1) })
}
for (const [noun, all] of [['contacts', db.contacts], ['companies', db.companies]]) {
  on('GET', `${W}/${noun}`, ({ q }) => list(all, q, (r) => `${r.name} ${r.email ?? ''} ${r.domain ?? ''} ${r.company_name ?? ''}`))
  on('POST', `${W}/${noun}`, ({ body }) => {
    if (!body.name) throw new Problem(422, 'invalid', 'Some fields are wrong', [{ pointer: '/name', message: 'Enter a name.' }])
    const taken = body.email && all.find((c) => c.email === body.email)
    if (taken) throw new Problem(409, 'duplicate_email', 'Someone has this address already', [{ pointer: '/email', message: `${taken.name} has this address.`, allowed: [taken.id] }])
    const row = { ...structuredClone(all[0]), id: db.uuid('bbbb'), email: null, title: null, phone: null, status: 'prospect', score: null, company_id: null, company_name: null, contact_count: 0, industry: null, domain: all === db.companies ? null : undefined, last_interaction_at: null, tags: [], emails: body.email ? [{ id: db.uuid('eeee'), address: body.email, label: null, primary: true }] : [], fields: {}, created_at: new Date().toISOString(), version: 1, ...body }
    all.unshift(row)
    return row
  })
  on('GET', `${W}/${noun}/:id`, ({ p }) => { const row = find(all, p.id); if (row.deleted_at) throw new Problem(404, 'not_found', 'There is no such record'); return row })
  on('PATCH', `${W}/${noun}/:id`, ({ p, body, req }) => patch(find(all, p.id), body, req))
  on('DELETE', `${W}/${noun}/:id`, ({ p }) => { find(all, p.id).deleted_at = new Date().toISOString() })
  on('POST', `${W}/${noun}/:id/restore`, ({ p }) => Object.assign(find(all, p.id), { deleted_at: null }))
  on('PUT', `${W}/${noun}/:id/tags`, ({ p, body }) => { const row = find(all, p.id); row.tags = body.tags.map((name) => db.tags.find((t) => t.name === name) ?? { id: db.uuid('aaad'), name, color: null }); row.version++; return row })
  on('GET', `${W}/${noun}/:id/timeline`, ({ p, q }) => {
    const own = (t) => t.contact_id === p.id || db.contacts.find((c) => c.id === t.contact_id)?.company_id === p.id
    const mails = db.threads.filter(own).flatMap((t) => t.messages.map((m) => ({ id: m.id, at: m.sent_at, kind: 'message', title: t.subject, summary: m.triage?.summary ?? m.text.slice(0, 120), actor: { kind: 'user', name: m.from.name }, message_id: m.id, thread_id: t.id, direction: m.direction, entity: 'message', entity_id: m.id })))
    const events = db.events.filter((e) => e.entity_id === p.id).map((e) => ({ id: e.id, at: e.at, kind: 'event', title: e.kind === 'created' ? 'Created' : 'Changed', summary: e.reason, actor: e.actor, entity: e.entity, entity_id: e.entity_id, operation: e.operation, change: e.kind, changes: e.changes, batch_id: e.batch_id, undone: Boolean(e.undone_by) }))
    return page([...mails, ...events].filter((x) => !q.kind || x.kind === q.kind).toSorted((a, b) => b.at.localeCompare(a.at)), q)
  })
}
on('POST', `${W}/contacts/:id/emails`, ({ p, body }) => { const c = find(db.contacts, p.id); c.emails.push({ id: db.uuid('eeee'), label: null, primary: false, ...body }); return c })
on('DELETE', `${W}/contacts/:id/emails/:e`, ({ p }) => { const c = find(db.contacts, p.id); c.emails = c.emails.filter((e) => e.id !== p.e); return c })
on('PUT', `${W}/contacts/:id/emails/:e/primary`, ({ p }) => { const c = find(db.contacts, p.id); for (const e of c.emails) e.primary = e.id === p.e; return c })
on('(GET|POST)', `${W}/contacts/:id/score`, ({ p }) => db.score(find(db.contacts, p.id)))
const folder = { needs_reply: (t) => t.status === 'open' && t.requires_response && t.category === 'personal', open: (t) => t.status === 'open' && t.category === 'personal', waiting: (t) => t.status === 'waiting', snoozed: (t) => t.status === 'snoozed', done: (t) => t.status === 'done', bulk: (t) => t.category !== 'personal', all: () => true }
on('GET', `${W}/threads`, ({ q }) => { const r = list(db.threads.filter(folder[q.folder ?? 'all']), q, (t) => `${t.subject} ${t.from_name} ${t.snippet}`); return { ...r, data: r.data.map(({ messages, ...t }) => t) } })
on('GET', `${W}/threads/counts`, () => Object.fromEntries(Object.entries(folder).map(([k, f]) => [k, db.threads.filter(f).length])))
on('GET', `${W}/threads/:id`, ({ p }) => find(db.threads, p.id))
on('PATCH', `${W}/threads/:id`, ({ p, body, req }) => patch(find(db.threads, p.id), body, req))
on('POST', `${W}/messages/:id/analyze`, () => ({ run_ids: [db.uuid('1111')] }))
on('GET', `${W}/imports`, ({ q }) => page(db.imports, q))
on('POST', `${W}/imports`, ({ q, size }) => { const row = { ...db.imports[0], id: db.uuid('5555'), filename: q.filename, state: 'running', bytes_total: size, bytes_done: 0, total: null, imported: 0, duplicates: 0, refused: 0, triaged: 0, personal: 0, bulk: 0, automatic: 0, own: 0, analyzed: 0, analysis_skipped: 0, rate: 640, eta_seconds: 12, created_at: new Date().toISOString(), started_at: new Date().toISOString(), finished_at: null }; db.imports.unshift(row); return row })
on('GET', `${W}/imports/:id`, ({ p }) => { const i = find(db.imports, p.id); if (i.state === 'running') { i.bytes_done = Math.min(i.bytes_total, i.bytes_done + i.bytes_total / 12); i.imported += 310; i.bulk += 200; i.personal += 70; i.automatic += 40; i.eta_seconds--; if (i.bytes_done >= i.bytes_total) { i.state = 'done'; i.finished_at = new Date().toISOString() } } return i })
on('GET', `${W}/imports/:id/items`, ({ q }) => page(db.items.filter((x) => !q.outcome || x.outcome === q.outcome), q))
on('POST', `${W}/imports/:id/cancel`, ({ p }) => Object.assign(find(db.imports, p.id), { state: 'cancelled', finished_at: new Date().toISOString() }))
on('GET', `${W}/changes`, ({ q }) => page(db.events.toSorted((a, b) => b.at.localeCompare(a.at)), q))
on('POST', `${W}/changes/:id/undo`, ({ p }) => { const e = find(db.events, p.id); e.undone_by = db.uuid('4444'); const row = [...db.contacts, ...db.companies].find((c) => c.id === e.entity_id); for (const [k, [old]] of Object.entries(e.changes)) if (row) row[k] = old; if (row) row.version++; return { undone: [{ entity: e.entity, entity_id: e.entity_id, fields: Object.keys(e.changes) }], conflicts: [], event_ids: [e.undone_by] } })
on('GET', `${W}/search`, ({ q }) => { const has = (s) => String(s).toLowerCase().includes(q.q.toLowerCase()); return { data: [...db.contacts.filter((c) => has(c.name) || has(c.email)).map((c) => ({ entity: 'contact', id: c.id, title: c.name, subtitle: c.email, rank: 1 })), ...db.companies.filter((c) => has(c.name)).map((c) => ({ entity: 'company', id: c.id, title: c.name, subtitle: c.domain, rank: 1 })), ...db.threads.filter((t) => has(t.subject)).map((t) => ({ entity: 'thread', id: t.id, title: t.subject, subtitle: t.from_name, rank: 1 }))].slice(0, 10) } })

async function handle(req, res) {
  const url = new URL(req.url, 'http://mock')
  if (/\/messages\/[^/]+\/html$/.test(url.pathname)) {
    res.setHeader('Content-Type', 'text/html; charset=utf-8')
    return res.end(`<body style="font:14px sans-serif;margin:16px"><h2>Hello</h2><p>This is the <b>HTML</b> view. Images ${url.searchParams.has('images') ? 'shown' : 'blocked'}.</p><p>${'A paragraph of mail. '.repeat(30)}</p></body>`)
  }
  if (!url.pathname.startsWith('/v1')) return file(url.pathname, res)
  const chunks = []
  for await (const c of req) chunks.push(c)
  const raw = Buffer.concat(chunks)
  const body = req.headers['content-type'] === 'application/json' ? JSON.parse(raw.toString() || '{}') : {}
  try {
    for (const r of routes) {
      const match = new RegExp(`^${r.method}$`).test(req.method) && r.pattern.exec(url.pathname)
      if (!match) continue
      if (process.env.SLOW) await new Promise((done) => setTimeout(done, Number(process.env.SLOW)))
      const answer = r.run({ p: match.groups ?? {}, q: Object.fromEntries(url.searchParams), body, req, res, size: raw.length })
      res.setHeader('Content-Type', 'application/json')
      res.statusCode = answer === undefined ? 204 : 200
      return res.end(answer === undefined ? '' : JSON.stringify(answer))
    }
    throw new Problem(404, 'not_found', 'There is nothing at this address')
  } catch (e) {
    res.statusCode = e.status ?? 500
    res.setHeader('Content-Type', 'application/problem+json')
    res.end(JSON.stringify({ type: `/problems/${e.code}`, title: e.title ?? String(e), status: res.statusCode, detail: e.title ?? String(e), code: e.code, request_id: 'req_mock_1', errors: e.errors }))
  }
}
async function file(path, res) {
  const name = extname(path) ? path : '/index.html'
  const bytes = await readFile(join(dist, name)).catch(() => null)
  res.statusCode = bytes ? 200 : 404
  res.setHeader('Content-Type', types[extname(name)] ?? 'application/octet-stream')
  res.end(bytes ?? 'not built')
}
createServer(handle).listen(Number(process.env.PORT ?? 3999), '127.0.0.1')
