// Invented people and mail for looking at the UI before the server exists.
const HOUR = 3_600_000
const now = Date.now()
let counter = 0
export const uuid = (kind) => `0190${kind}-0000-7000-8000-${String(++counter).padStart(12, '0')}`
export const ago = (hours) => new Date(now - hours * HOUR).toISOString()
const points = (text) => [...text].length

export const me = {
  user: { id: uuid('aaaa'), email: 'mira@northwind.example', name: 'Mira Kovač', operator: true },
  organizations: [
    { id: uuid('aaab'), name: 'Northwind Studio', role: 'owner', workspaces: [
      { id: uuid('aaac'), slug: 'northwind', name: 'Northwind Studio', time_zone: 'Europe/Lisbon', own_addresses: ['mira@northwind.example', 'team@northwind.example'], version: 1 },
      { id: uuid('aaac'), slug: 'labs', name: 'Northwind Labs', time_zone: 'Europe/Berlin', own_addresses: [], version: 1 },
    ] },
  ],
}
export const members = [
  { user_id: me.user.id, email: me.user.email, name: me.user.name, role: 'owner', active: true, joined_at: ago(3000) },
  { user_id: uuid('aaaa'), email: 'joris@northwind.example', name: 'Joris Bakker', role: 'member', active: true, joined_at: ago(900) },
  { user_id: uuid('aaaa'), email: 'lea@northwind.example', name: 'Léa Fontaine', role: 'viewer', active: false, joined_at: ago(1200) },
]
export const tags = [['VIP', 'amber'], ['Newsletter', 'blue'], ['Partner', 'violet'], ['Beta', 'green']].map(([name, color]) => ({ id: uuid('aaad'), name, color }))
export const fields = [
  { id: uuid('aaae'), entity: 'contact', key: 'lead_source', label: 'Lead source', type: 'select', options: ['Referral', 'Web', 'Event'], required: false },
  { id: uuid('aaae'), entity: 'contact', key: 'birthday', label: 'Birthday', type: 'date', options: [], required: false },
  { id: uuid('aaae'), entity: 'company', key: 'contract_value', label: 'Contract value', type: 'number', options: [], required: false },
]
const companyList = [
  ['Lumen Analytics', 'lumen.example', 'Software'], ['Harbour & Sons', 'harbour.example', 'Logistics'], ['Tidewater Energy', 'tidewater.example', 'Energy'],
  ['Brightfold Paper', 'brightfold.example', 'Manufacturing'], ['Kestrel Robotics', 'kestrel.example', 'Robotics'], ['Oakline Clinics', 'oakline.example', 'Health'],
  ['Meridian Legal', 'meridian.example', 'Law'], ['Saltmarsh Foods', 'saltmarsh.example', 'Food'], ['Quillon Press', 'quillon.example', null],
  ['Gesellschaft für angewandte Verfahrenstechnik und Messwesen mbH', 'gavm.example', 'Engineering'],
]
export const companies = companyList.map(([name, domain, industry], i) => ({
  id: uuid('cccc'), name, domain, industry, size: ['1-10', '11-50', '51-200', null][i % 4], owner_id: i % 3 ? me.user.id : null, contact_count: 0, last_interaction_at: i % 5 === 4 ? null : ago(i * 17 + 2),
  fields: { contract_value: i % 2 ? null : 12000 + i * 850 }, tags: i % 4 ? [] : [tags[2]], created_at: ago(2000), updated_at: ago(i * 3), version: 1, deleted_at: null,
}))
const names = ['Ana Duarte', 'Bram de Vries', 'Chiara Lombardi', 'Dmitri Osei', 'Eilidh Munro', 'Farid Haddad', 'Greta Nilsson', 'Hugo Marchetti', 'Ines Ferreira', 'Jonas Keller', 'Kavya Menon', 'Liam O’Rourke', 'Marta Zielińska', 'Nadia Rahman', 'Oskar Lindqvist', 'Priya Nair', 'Quentin Moreau', 'Rosa Jiménez', 'Samir Patel', 'Tove Andersen', 'Umar Sheikh', 'Vera Novotná', 'Wanda Clarke', 'Xin Li', 'Yael Mizrahi', 'Zoltán Kiss', 'Alba Ríos', 'Benedikt Freiherr von Hohenberg-Lichtenau', 'Clara Weiss', 'דנה לוי', 'Emil Sørensen', 'Freya Ashdown', 'Gianni Russo', 'Hana Sato', 'Idris Kamara', 'Julia Brandt', 'Kenji Mori', 'Lotte Visser', 'Mateus Lima', 'Noor van Dijk']
const titles = ['Head of Operations', 'Founder', 'Procurement Lead', 'CTO', null, 'Office Manager', 'Finance Director']
const slug = (name, i) => name.normalize('NFD').replace(/[^\x20-\x7e]/g, '').trim().toLowerCase().replace(/[^a-z]+/g, '.').replace(/^\.|\.$/g, '') || `contact${i}`
export const contacts = names.map((name, i) => {
  const company = i % 7 === 6 ? null : companies[i % companies.length]
  if (company) company.contact_count++
  const address = `${slug(name, i)}@${company?.domain ?? 'mailbox.test'}`
  return {
    id: uuid('bbbb'), name, email: address, title: titles[i % titles.length], phone: i % 3 ? null : `+351 21 555 01${String(i).padStart(2, '0')}`,
    status: ['lead', 'prospect', 'customer', 'prospect', 'former'][i % 5], owner_id: i % 4 === 3 ? null : members[i % 2].user_id,
    company_id: company?.id ?? null, company_name: company?.name ?? null, score: i % 9 === 8 ? null : Math.max(4, (91 * (i * 7 + 3)) % 97),
    last_interaction_at: i % 11 === 10 ? null : ago(i * i * 0.8 + 1), created_at: ago(2400 - i * 11), updated_at: ago(i * 5), version: 1, source: i % 2 ? 'import' : 'mail',
    emails: [{ id: uuid('eeee'), address, label: 'work', primary: true }, ...(i % 6 ? [] : [{ id: uuid('eeee'), address: `${slug(name, i)}@mailbox.test`, label: 'home', primary: false }])],
    tags: i % 3 ? [] : [tags[i % tags.length]], fields: { lead_source: i % 2 ? 'Referral' : null }, deleted_at: null,
  }
})

const item = (kind, text, quote, attributes = {}) => ({ kind, text, quote, attributes })
const mails = [
  { subject: 'Quote for the warehouse dashboard', intent: 'pricing_inquiry', urgency: 'high', sentiment: 'positive', mood: 'excited', within: '24h', topics: ['pricing', 'dashboard'],
    summary: 'Asks for a price for twelve seats with SSO before Friday’s board meeting; wants a call on Thursday.', readiness: 8,
    text: 'Hi Mira,\n\nThe demo went down really well here 🎉 — the team wants to move ahead.\n\nCould you send a quote for 12 seats including SSO before Friday? Our board meets on Friday at 10:00 and has to approve anything above €9,000.\n\nTwo things we need before signing: data must stay in the EU, and we need an export to Parquet. Right now our people copy numbers by hand every Monday, which costs us half a day.\n\nI will send you our security questionnaire tomorrow. Can we talk on Thursday afternoon?\n\nBest,\nAna\n\nOn Tue, Mira Kovač wrote:\n> Thanks for joining the demo today. The recording is attached.\n> Let me know what the team thinks.\n> Mira',
    items: [item('question', 'Send a quote for 12 seats including SSO', 'Could you send a quote for 12 seats including SSO before Friday?'), item('requirement', 'Data must stay in the EU', 'data must stay in the EU'), item('requirement', 'Export to Parquet', 'we need an export to Parquet'), item('pain_point', 'Numbers are copied by hand every Monday', 'our people copy numbers by hand every Monday, which costs us half a day'), item('commitment', 'Ana sends the security questionnaire tomorrow', 'I will send you our security questionnaire tomorrow', { by: 'them' }), item('date', 'Friday, 10:00', 'Friday at 10:00'), item('money', '€9,000', '€9,000', { amount: 9000, currency: 'EUR' }), item('decision', 'The team wants to move ahead', 'the team wants to move ahead')] },
  { subject: 'Export has failed since this morning', intent: 'complaint', urgency: 'critical', sentiment: 'negative', mood: 'frustrated', within: '1h', topics: ['export', 'outage'],
    summary: 'The nightly export fails with a timeout and blocks month-end closing. Wants a fix or a workaround today.', readiness: 3,
    text: 'Hello,\n\nour nightly export has been failing with a timeout since 06:10 this morning. We close the month today, so this blocks the whole finance team.\n\nIs there a workaround? Please call me on +31 20 555 0199 as soon as you can.\n\nThis is the third time this quarter, and frankly we are losing patience.\n\nBram de Vries',
    items: [item('pain_point', 'Nightly export fails since 06:10', 'our nightly export has been failing with a timeout since 06:10 this morning'), item('question', 'Is there a workaround?', 'Is there a workaround?'), item('action_item', 'Call Bram', 'Please call me on +31 20 555 0199 as soon as you can'), item('person', 'Bram de Vries', 'Bram de Vries')] },
  { subject: 'Re: Workshop in March', intent: 'meeting_request', urgency: 'medium', sentiment: 'positive', mood: 'none', within: '24h', topics: ['workshop'],
    summary: 'Offers three dates for the two-day workshop.', readiness: 6,
    text: 'Dear Mira,\n\nwe would love to host the workshop. Would 3, 10 or 17 March suit you? The room holds twenty people.\n\nOur goal is that every region lead can build their own report by summer.\n\nChiara',
    items: [item('question', 'Would 3, 10 or 17 March suit you?', 'Would 3, 10 or 17 March suit you?'), item('date', '17 March', '17 March'), item('goal', 'Every region lead can build their own report by summer', 'every region lead can build their own report by summer')] },
  { subject: 'Idea: alerts in chat', intent: 'feature_request', urgency: 'low', sentiment: 'neutral', mood: 'none', within: '7d', topics: ['alerts', 'integration'],
    summary: 'Suggests alerts in the chat tool when a pallet is late.', readiness: 5,
    text: 'Hi team,\n\nan idea from our floor: it would be great if a late pallet showed up in our chat channel at once, not in tomorrow’s report.\n\nNo rush. Happy to test a beta.\n\nDmitri',
    items: [item('idea', 'Late pallets appear in chat at once', 'it would be great if a late pallet showed up in our chat channel at once'), item('commitment', 'Dmitri tests a beta', 'Happy to test a beta', { by: 'them' })] },
  { subject: 'Introduction: Kavya at Kestrel', intent: 'introduction', urgency: 'medium', sentiment: 'positive', mood: 'excited', within: '24h', topics: ['introduction'],
    summary: 'Introduces Kavya Menon, who runs data at Kestrel Robotics.', readiness: 4,
    text: 'Mira, meet Kavya Menon, who runs data at Kestrel Robotics. They look for exactly what you build.\n\nI leave you two to it!\n\nEilidh',
    items: [item('person', 'Kavya Menon', 'Kavya Menon'), item('company', 'Kestrel Robotics', 'Kestrel Robotics')] },
  { subject: 'Contract draft, second round', intent: 'proposal', urgency: 'high', sentiment: 'neutral', mood: 'concerned', within: '24h', topics: ['contract', 'legal'],
    summary: 'Two clauses are still open: liability cap and notice period.', readiness: 7,
    text: 'Dear Ms Kovač,\n\nplease find our comments attached. Two clauses remain open: the liability cap (we propose €50,000) and the notice period (60 days rather than 90).\n\nKindly confirm by 28 November.\n\nFarid Haddad\nMeridian Legal',
    items: [item('money', '€50,000 liability cap', '€50,000', { amount: 50000, currency: 'EUR' }), item('action_item', 'Confirm the clauses by 28 November', 'Kindly confirm by 28 November'), item('date', '28 November', '28 November'), item('company', 'Meridian Legal', 'Meridian Legal')] },
]
const short = [['Thanks, all good now', 'feedback', 'positive'], ['Re: Invoice 2231', 'follow_up', 'neutral'], ['Photos from the fair', 'information_sharing', 'positive'], ['Login link does not arrive', 'support_request', 'negative'], ['Partnership in the Baltics?', 'partnership', 'positive'], ['Question about seats', 'question', 'neutral']]
const bulk = [['Your weekly digest: 14 new stories', 'bulk', 'List-Unsubscribe header and 3 more signs of a newsletter'], ['Build #4412 passed', 'automatic', 'Auto-Submitted: auto-generated'], ['[ops-list] Maintenance on Sunday', 'bulk', 'Sent through a mailing list (List-Id ops-list)'], ['Out of office: back on Monday', 'automatic', 'Automatic reply']]

function locate(text, quote) {
  const at = text.indexOf(quote)
  const start = points(text.slice(0, at))
  return { quote, start, end: start + points(quote) }
}
function analysis(m, i) {
  const degraded = i % 4 === 3
  const first = m.items[0]
  return {
    triage: { state: 'done', category: 'personal', category_reason: 'Written by a person to one of your addresses', intent: m.intent, intents: [m.intent], sentiment: m.sentiment, mood: m.mood, urgency: m.urgency, requires_response: m.within !== 'none', respond_within: m.within, due_at: ago(-6 - i * 9), topics: m.topics, is_meeting_request: m.intent === 'meeting_request', summary: m.summary, confidence: 0.86, engine: 'rules', version: '1.0.0', degraded, evidence: first ? [{ field: 'intent', ...locate(m.text, first.quote) }] : [] },
    intelligence: { state: 'done', summary: m.summary, readiness: m.readiness, energy: 6, confidence: 0.78, engine: 'rules', version: '1.0.0', degraded, items: m.items.map((x) => ({ id: uuid('dddd'), kind: x.kind, text: x.text, attributes: x.attributes, ...locate(m.text, x.quote) })) },
  }
}
const person = (c) => ({ name: c.name, address: c.email, contact_id: c.id })
const mine = { name: me.user.name, address: me.user.email, contact_id: null }
function message(thread, direction, contact, hours, text, extra = {}) {
  return { id: uuid('9999'), thread_id: thread, direction, subject: '', sent_at: ago(hours), date_note: null, from: direction === 'inbound' ? person(contact) : mine, to: [direction === 'inbound' ? mine : person(contact)], cc: [], text, has_html: false, attachments: [], problems: [], triage: null, intelligence: null, ...extra }
}
function thread(contact, subject, messages, extra) {
  const last = messages.at(-1)
  for (const m of messages) m.subject = subject
  return {
    id: messages[0].thread_id, subject, status: 'open', snoozed_until: null, assignee_id: null, unread: false, message_count: messages.length, has_attachments: messages.some((m) => m.attachments.length > 0), last_message_at: last.sent_at, last_direction: last.direction,
    snippet: last.text.replace(/\s+/g, ' ').slice(0, 140), from_name: last.from.name, from_address: last.from.address, contact_id: contact?.id ?? null, contact_name: contact?.name ?? null, company_name: contact?.company_name ?? null,
    category: 'personal', category_reason: null, intent: last.triage?.intent ?? null, sentiment: last.triage?.sentiment ?? null, urgency: last.triage?.urgency ?? null, requires_response: last.triage?.requires_response ?? null, due_at: last.triage?.due_at ?? null, version: 1, messages, ...extra,
  }
}
export const threads = []
mails.forEach((m, i) => {
  const id = uuid('7777')
  const c = contacts[i]
  const out = message(id, 'outbound', c, i * 5 + 30, 'Thanks for joining the demo today. The recording is attached.\nLet me know what the team thinks.\n\nMira')
  const attachments = i % 2 ? [] : [{ id: uuid('6666'), filename: 'Requirements 2026.pdf', content_type: 'application/pdf', size: 248_120, inline: false, note: null }, { id: uuid('6666'), filename: 'winmail.dat', content_type: 'application/ms-tnef', size: 18_000, inline: false, note: 'Outlook’s own format; its content cannot be shown' }]
  const inbound = message(id, 'inbound', c, i * 5 + 1, m.text, { ...analysis(m, i), attachments, has_html: i % 2 === 0, problems: i === 1 ? ['The charset was not named; Windows-1252 was assumed.'] : [] })
  threads.push(thread(c, m.subject, i === 4 ? [inbound] : [out, inbound], { unread: i < 3 }))
})
short.forEach(([subject, intent, sentiment], i) => {
  const id = uuid('7777')
  const c = contacts[i + 8]
  const body = `Hi Mira,\n\n${subject}. Everything is in the shared folder as discussed.\n\nRegards,\n${c.name}`
  const pending = { triage: { ...analysis({ ...mails[3], text: body, items: [], intent, sentiment, within: 'none' }, 1).triage, requires_response: false, due_at: null, state: i === 3 ? 'pending' : 'done', summary: i === 3 ? null : subject }, intelligence: null }
  threads.push(thread(c, subject, [message(id, 'inbound', c, 40 + i * 13, body, pending)], { status: ['done', 'waiting', 'open', 'open', 'snoozed', 'done'][i], snoozed_until: i === 4 ? ago(-30) : null }))
})
for (let i = 0; i < 18; i++) {
  const [subject, category, reason] = bulk[i % 4]
  const id = uuid('7777')
  const triage = { ...analysis({ ...mails[3], items: [] }, 0).triage, state: 'skipped', category, category_reason: reason, intent: null, urgency: null, sentiment: null, requires_response: false, due_at: null, summary: null, topics: [], evidence: [] }
  const m = message(id, 'inbound', contacts[0], 8 + i * 7, `${subject}\n\nYou receive this because you subscribed.`, { triage, from: { name: i % 2 ? 'Build robot' : 'The Daily Ledger', address: `no-reply${i}@lists.example`, contact_id: null }, has_html: true })
  threads.push(thread(null, subject, [m], { category, category_reason: reason }))
}
threads.sort((a, b) => b.last_message_at.localeCompare(a.last_message_at))

export const imports = [
  { id: uuid('5555'), filename: 'archive-2025.mbox.gz', format: 'mbox.gz', state: 'done', bytes_total: 48_211_004, bytes_done: 48_211_004, total: 2500, imported: 2431, duplicates: 57, refused: 12, triaged: 2431, personal: 402, bulk: 1611, automatic: 380, own: 38, analyzed: 402, analysis_skipped: 2029, rate: 812, eta_seconds: 0, error: null, created_at: ago(26), started_at: ago(26), finished_at: ago(25.9), actor_name: 'Mira Kovač', version: 9 },
  { id: uuid('5555'), filename: 'old-laptop.mbox', format: 'mbox', state: 'failed', bytes_total: 1_204_000, bytes_done: 310_000, total: null, imported: 41, duplicates: 0, refused: 1, triaged: 41, personal: 20, bulk: 15, automatic: 6, own: 0, analyzed: 20, analysis_skipped: 21, rate: 0, eta_seconds: null, error: 'The file ends in the middle of a message. 41 messages before that were kept; drop the whole file again to go on.', created_at: ago(80), started_at: ago(80), finished_at: ago(79.9), actor_name: 'Joris Bakker', version: 3 },
]
export const items = Array.from({ length: 180 }, (_, i) => ({ ordinal: i + 1, outcome: i % 23 === 7 ? 'refused' : i % 11 === 3 ? 'duplicate' : 'imported', reason: i % 23 === 7 ? 'No From and no Date: not a message' : i % 11 === 3 ? 'Same Message-ID and content as message 12' : null, message_ref: `<${i}.msg@lists.example>`, subject: bulk[i % 4][0], from: 'news@lists.example', message_id: threads[i % threads.length].messages[0].id, category: ['bulk', 'automatic', 'personal', 'own'][i % 4], category_reason: null }))
export const score = (c) => ({ score: c.score, coverage: c.score === null ? 0 : 0.75, band: c.score === null ? 'none' : c.score >= 70 ? 'hot' : c.score >= 40 ? 'warm' : 'cold', version: '1.0.0', computed_at: ago(2), parts: c.score === null ? [] : [
  { name: 'engagement', label: 'Engagement', weight: 0.4, points: c.score, reasons: ['4 replies in 30 days', 'Answers within 3 hours on average'] },
  { name: 'intent', label: 'Intent', weight: 0.35, points: Math.min(100, c.score + 12), reasons: ['Asked for a price 2 days ago', 'Decision readiness 8 of 10'] },
  { name: 'fit', label: 'Fit', weight: 0.25, points: Math.max(0, c.score - 20), reasons: ['Head of Operations in a company of 11–50'] },
  { name: 'demography', label: 'Company data', weight: 0, points: null, reasons: ['Nothing is known yet'] },
] })
export const events = contacts.flatMap((c, i) => (i > 12 ? [] : [
  { id: uuid('4444'), at: ago(i * 4 + 3), actor: { kind: i % 2 ? 'user' : 'import', name: i % 2 ? me.user.name : 'archive-2025.mbox.gz' }, operation: 'contact.update', entity: 'contact', entity_id: c.id, kind: 'updated', changes: { title: [null, c.title], status: ['prospect', c.status] }, batch_id: null, run_id: null, undoes: null, undone_by: null, reason: null },
  { id: uuid('4444'), at: ago(700 + i), actor: { kind: 'import', name: 'archive-2025.mbox.gz' }, operation: 'contact.create', entity: 'contact', entity_id: c.id, kind: 'created', changes: { name: [null, c.name] }, batch_id: uuid('3333'), run_id: null, undoes: null, undone_by: null, reason: 'Wrote to you' },
]))
export const keys = [{ id: uuid('2222'), name: 'Reporting', prefix: 'rk_7Hd2', scopes: ['contact:read', 'company:read'], workspace_id: me.organizations[0].workspaces[0].id, created_at: ago(400), last_used_at: ago(3), expires_at: null, revoked_at: null }, { id: uuid('2222'), name: 'Old script', prefix: 'rk_1aBc', scopes: ['contact:read'], workspace_id: me.organizations[0].workspaces[0].id, created_at: ago(4000), last_used_at: null, expires_at: null, revoked_at: ago(900) }]
