import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import { csrfToken } from './api/client'
import { meQuery } from './api/queries'
import { approvalsSearch } from './approvals/search'
import { contentSearch } from './content/search'
import { firstRows } from './first'
import { importSearch } from './imports/search'
import { inboxSearch } from './inbox/search'
import { listSearch } from './record/list-search'
import { opsSearch } from './ops/search'
import { arrivalSearch, settingsSearch } from './settings/search'
import { searchPageSearch } from './search/search'
import { Frame } from './shell/frame'
import { NotFound, PageError, PagePending } from './shell/root'
import { requireMe, type RouterContext } from './shell/router'
import { findWorkspace } from './shell/session'
import { tasksSearch } from './tasks/search'

const root = createRootRouteWithContext<RouterContext>()({ component: Outlet, notFoundComponent: NotFound, errorComponent: PageError })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async ({ context, location }) => {
    const me = await requireMe(context.client, location.href)
    const workspace = me.organizations.flatMap((o) => o.workspaces)[0]
    if (workspace) throw redirect({ to: '/w/$workspace/today', params: { workspace: workspace.slug } })
  },
  component: NotFound,
})
const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (raw: Record<string, unknown>): { next?: string } => ({ next: typeof raw.next === 'string' ? raw.next : undefined }),
  component: lazyRouteComponent(() => import('./login/login-page'), 'LoginPage'),
})
const register = createRoute({
  getParentRoute: () => root,
  path: '/register',
  component: lazyRouteComponent(() => import('./login/login-page'), 'RegisterPage'),
})
const forgot = createRoute({
  getParentRoute: () => root,
  path: '/forgot',
  component: lazyRouteComponent(() => import('./login/forgot-page'), 'ForgotPage'),
})
const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset/$token',
  component: lazyRouteComponent(() => import('./login/reset-page'), 'ResetPage'),
})
const accept = createRoute({
  getParentRoute: () => root,
  path: '/accept/$token',
  component: lazyRouteComponent(() => import('./login/accept-page'), 'AcceptPage'),
})
const verify = createRoute({
  getParentRoute: () => root,
  path: '/verify/$token',
  component: lazyRouteComponent(() => import('./login/verify-page'), 'VerifyPage'),
})
const gallery = createRoute({
  getParentRoute: () => root,
  path: '/_gallery',
  component: lazyRouteComponent(() => import('./gallery/gallery-page'), 'GalleryPage'),
})

/** Where a mail provider's way back leads; the page itself stands in its workspace. */
const arrival = createRoute({
  getParentRoute: () => root,
  path: '/settings/mailboxes',
  validateSearch: arrivalSearch,
  beforeLoad: async ({ context, location, search: { workspace, ...told } }) => {
    const me = await requireMe(context.client, location.href)
    const place = findWorkspace(me, workspace ?? '')?.workspace ?? me.organizations.flatMap((o) => o.workspaces)[0]
    if (place) throw redirect({ to: '/w/$workspace/settings/$tab', params: { workspace: place.slug, tab: 'mailboxes' }, search: told, replace: true })
  },
  component: NotFound,
})

/** Where the links of alerts lead, which know no workspace. */
const alerted = createRoute({
  getParentRoute: () => root,
  path: '/operations/$tab/$id',
  beforeLoad: async ({ context, location, params: { tab, id } }) => {
    const me = await requireMe(context.client, location.href)
    const place = me.organizations.flatMap((o) => o.workspaces)[0]
    if (place) throw redirect({ to: '/w/$workspace/operations/$tab', params: { workspace: place.slug, tab }, search: { id }, replace: true })
  },
  component: NotFound,
})

const workspace = createRoute({
  getParentRoute: () => root,
  path: '/w/$workspace',
  beforeLoad: async ({ context, location }) => {
    const cold = csrfToken() !== '' && context.client.getQueryData(meQuery.queryKey) === undefined
    const rows = cold && firstRows(context.client, location)
    await requireMe(context.client, location.href)
    await rows
  },
  component: Frame,
  errorComponent: PageError,
  notFoundComponent: NotFound,
})
const workspaceHome = createRoute({
  getParentRoute: () => workspace,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/w/$workspace/today', params })
  },
})
const inbox = createRoute({
  getParentRoute: () => workspace,
  path: '/inbox',
  validateSearch: inboxSearch,
  component: lazyRouteComponent(() => import('./inbox/inbox-page'), 'InboxPage'),
})
const contacts = createRoute({
  getParentRoute: () => workspace,
  path: '/contacts',
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import('./contacts/contacts-page'), 'ContactsPage'),
})
const contact = createRoute({
  getParentRoute: () => workspace,
  path: '/contacts/$id',
  component: lazyRouteComponent(() => import('./contacts/contact-page'), 'ContactPage'),
})
const hotLeads = createRoute({
  getParentRoute: () => workspace,
  path: '/hot-leads',
  component: lazyRouteComponent(() => import('./contacts/hot-page'), 'HotPage'),
})
const companies = createRoute({
  getParentRoute: () => workspace,
  path: '/companies',
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import('./companies/companies-page'), 'CompaniesPage'),
})
const company = createRoute({
  getParentRoute: () => workspace,
  path: '/companies/$id',
  component: lazyRouteComponent(() => import('./companies/company-page'), 'CompanyPage'),
})
const imports = createRoute({
  getParentRoute: () => workspace,
  path: '/imports',
  component: lazyRouteComponent(() => import('./imports/imports-page'), 'ImportsPage'),
})
const oneImport = createRoute({
  getParentRoute: () => workspace,
  path: '/imports/$id',
  validateSearch: importSearch,
  component: lazyRouteComponent(() => import('./imports/import-page'), 'ImportPage'),
})
const changes = createRoute({
  getParentRoute: () => workspace,
  path: '/changes',
  component: lazyRouteComponent(() => import('./changes/changes-page'), 'ChangesPage'),
})
const tasks = createRoute({
  getParentRoute: () => workspace,
  path: '/tasks',
  validateSearch: tasksSearch,
  component: lazyRouteComponent(() => import('./tasks/tasks-page'), 'TasksPage'),
})
const today = createRoute({
  getParentRoute: () => workspace,
  path: '/today',
  component: lazyRouteComponent(() => import('./today/today-page'), 'TodayPage'),
})
const content = createRoute({
  getParentRoute: () => workspace,
  path: '/content',
  validateSearch: contentSearch,
  component: lazyRouteComponent(() => import('./content/content-page'), 'ContentPage'),
})
const contentRecord = createRoute({
  getParentRoute: () => workspace,
  path: '/content/$id',
  component: lazyRouteComponent(() => import('./content/content-record'), 'ContentRecord'),
})
const search = createRoute({
  getParentRoute: () => workspace,
  path: '/search',
  validateSearch: searchPageSearch,
  component: lazyRouteComponent(() => import('./search/search-page'), 'SearchPage'),
})
const ai = createRoute({
  getParentRoute: () => workspace,
  path: '/ai/$tab',
  component: lazyRouteComponent(() => import('./ai/ai-page'), 'AiPage'),
})
const goals = createRoute({
  getParentRoute: () => workspace,
  path: '/goals',
  component: lazyRouteComponent(() => import('./goals/goals-page'), 'GoalsPage'),
})
const goal = createRoute({
  getParentRoute: () => workspace,
  path: '/goals/$id',
  component: lazyRouteComponent(() => import('./goals/goal-page'), 'GoalPage'),
})
const approvals = createRoute({
  getParentRoute: () => workspace,
  path: '/approvals',
  validateSearch: approvalsSearch,
  component: lazyRouteComponent(() => import('./approvals/approvals-page'), 'ApprovalsPage'),
})
const agents = createRoute({
  getParentRoute: () => workspace,
  path: '/agents',
  component: lazyRouteComponent(() => import('./agents/agents-page'), 'AgentsPage'),
})
const run = createRoute({
  getParentRoute: () => workspace,
  path: '/runs/$id',
  component: lazyRouteComponent(() => import('./agents/run-page'), 'RunPage'),
})
const notifications = createRoute({
  getParentRoute: () => workspace,
  path: '/notifications',
  validateSearch: (raw: Record<string, unknown>): { unread?: boolean } => ({ unread: raw.unread === true || undefined }),
  component: lazyRouteComponent(() => import('./notifications/notifications-page'), 'NotificationsPage'),
})
const settings = createRoute({
  getParentRoute: () => workspace,
  path: '/settings/$tab',
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => import('./settings/settings-page'), 'SettingsPage'),
})
const operations = createRoute({
  getParentRoute: () => workspace,
  path: '/operations/$tab',
  validateSearch: opsSearch,
  component: lazyRouteComponent(() => import('./ops/ops-page'), 'OpsPage'),
})

export const routeTree = root.addChildren([
  home,
  login,
  register,
  forgot,
  reset,
  accept,
  verify,
  gallery,
  arrival,
  alerted,
  workspace.addChildren([workspaceHome, today, inbox, tasks, contacts, contact, hotLeads, companies, company, imports, oneImport, changes, content, contentRecord, search, goals, goal, agents, run, ai, notifications, settings, approvals, operations]),
])

/** The router of this tree; the pages' links, parameters and searches are checked against its type. */
export function newRouter(context: RouterContext) {
  const router = createRouter({ routeTree, context, defaultPreload: 'intent', defaultPreloadStaleTime: 0, defaultPendingComponent: PagePending, defaultPendingMs: 300 })
  // The page's script need not wait until it is known who asks.
  const [matched] = router.getMatchedRoutes(router.latestLocation.pathname)
  for (const route of matched) void router.loadRouteChunk(route)
  return router
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>
  }
}
