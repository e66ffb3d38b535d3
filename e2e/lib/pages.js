/** Every page, with what says that it has come to rest. The addresses come from the records of an account. */
export async function pages(account) {
  const { data: threads } = await account.get('threads?folder=all&sort=-last_message_at&limit=200')
  const thread = threads.filter((t) => t.category === 'personal').reduce((most, t) => (t.message_count > most.message_count ? t : most))
  const contact = thread.contact_id
  const company = (await account.get('companies?sort=-last_interaction_at')).data[0].id
  const [imported] = (await account.get('imports')).data
  const heading = (name) => (page) => page.getByRole('heading', { name }).first()
  const within = (path) => `/w/${account.workspace}/${path}`
  return [
    { name: 'login', path: '/login', shown: heading('Sign in'), stranger: true },
    { name: 'inbox', path: within('inbox'), shown: (page) => page.getByRole('list', { name: 'Conversations' }).getByRole('link').first() },
    { name: 'drafts', path: within('inbox?box=drafts'), shown: (page) => page.getByRole('heading', { name: 'No drafts' }).or(page.getByRole('list', { name: 'Drafts' })) },
    { name: 'outbox', path: within('inbox?box=outbox'), shown: heading('Everything has left') },
    { name: 'thread', path: within(`inbox?folder=all&thread=${thread.id}`), shown: heading(thread.subject) },
    { name: 'compose', path: within('inbox?compose=new'), shown: (page) => page.getByRole('heading', { level: 2 }).first() },
    { name: 'today', path: within('today'), shown: heading('Today') },
    { name: 'tasks', path: within('tasks'), shown: heading('Tasks') },
    { name: 'contacts-panel', path: within(`contacts?open=${contact}`), shown: (page) => page.getByRole('row').nth(1) },
    { name: 'contacts', path: within('contacts'), shown: (page) => page.getByRole('row').nth(1) },
    { name: 'contact', path: within(`contacts/${contact}`), shown: (page) => page.getByRole('article').first() },
    { name: 'hot-leads', path: within('hot-leads'), shown: heading('Hot leads') },
    { name: 'companies', path: within('companies'), shown: (page) => page.getByRole('row').nth(1) },
    { name: 'company', path: within(`companies/${company}`), shown: (page) => page.getByRole('article').first() },
    { name: 'search', path: within('search?q=audit'), shown: (page) => page.getByRole('list', { name: 'Results' }).getByRole('button').first() },
    { name: 'imports', path: within('imports'), shown: (page) => page.getByRole('region', { name: 'All imports' }) },
    { name: 'import', path: within(`imports/${imported.id}`), shown: (page) => page.getByRole('region', { name: 'Messages of this import' }) },
    { name: 'changes', path: within('changes'), shown: (page) => page.getByRole('article').first() },
    ...['overview', 'calls', 'routing', 'budget', 'keys', 'try'].map((tab) => ({ name: `ai-${tab}`, path: within(`ai/${tab}`), shown: (page) => page.locator('main h2').first() })),
    { name: 'goals', path: within('goals'), shown: heading('Or begin with a known one') },
    { name: 'approvals', path: within('approvals'), shown: heading('Approvals') },
    { name: 'agents', path: within('agents'), shown: heading('Runs') },
    ...['overview', 'traces', 'errors', 'alerts', 'incidents', 'profiles'].map((tab) => ({ name: `operations-${tab}`, path: within(`operations/${tab}`), shown: (page) => page.locator('main h2').first() })),
    { name: 'settings', path: within('settings/workspace'), shown: (page) => page.getByLabel('Name', { exact: true }) },
    { name: 'mailboxes', path: within('settings/mailboxes'), shown: heading('Mailboxes') },
    { name: 'senders', path: within('settings/senders'), shown: heading('Senders') },
    { name: 'agent rules', path: within('settings/agents'), shown: (page) => page.getByLabel('Actions a day') },
    { name: 'members', path: within('settings/members'), shown: (page) => page.getByRole('table').first() },
    { name: 'usage', path: within('settings/usage'), shown: heading('Limits') },
    { name: 'notifications', path: within('notifications'), shown: (page) => page.getByRole('heading', { level: 1, name: 'Notifications' }) },
    { name: 'notification settings', path: within('settings/notifications'), shown: (page) => page.getByRole('switch').first() },
    { name: 'gallery', path: '/_gallery', shown: (page) => page.getByRole('heading', { level: 1 }).first() },
  ]
}

/** Goes to one of the pages and waits until nothing on it is being read. */
export async function visit(page, one) {
  await page.goto(one.path)
  await one.shown(page).waitFor()
  if (one.name !== 'gallery') await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' })
  await page.evaluate(() => document.fonts.ready.then(() => undefined))
}
