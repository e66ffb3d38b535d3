import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useMatchRoute, useNavigate, useParams } from '@tanstack/react-router'
import { Activity, Bell, Bot, Building2, ChevronsUpDown, CircleCheckBig, CircleHelp, Compass, Ellipsis, Goal, History, House, Inbox, ListTodo, LogOut, Monitor, Moon, PanelLeft, PenLine, Search, Settings, Sparkles, Sun, Upload, Users } from 'lucide-react'
import { useState } from 'react'
import { approvalCountQuery } from '../approvals/queries'
import { countsQuery, taskCountsQuery, unreadQuery } from '../api/queries'
import { Avatar } from '../ui/badge'
import { IconButton } from '../ui/button'
import { useMedia } from '../ui/media'
import { MenuButton, type MenuEntry } from '../ui/menu'
import { EmptyState } from '../ui/state'
import { useKeys } from './keys-provider'
import { LiveMark, LiveStrip, useLive } from './live'
import { BellButton } from './notifications'
import { Palette } from './palette'
import { SessionProvider, useSession, useWorkspace } from './session'
import css from './shell.module.css'
import { KeySheet } from './sheet'
import { useSignOut } from './sign-out'
import { applyTheme, savedTheme, type Theme } from './theme'
import { grouped } from '../ui/number'

type Overlay = 'palette' | 'keys' | 'bell' | null

/** What stands around every page of a workspace. */
export function Frame() {
  const { workspace } = useParams({ from: '/w/$workspace' })
  const missing = (
    <EmptyState icon={Compass} title="There is no such workspace" actions={<Link to="/">Go to one of yours</Link>}>
      Its address may have changed, or you are no longer a member of it.
    </EmptyState>
  )
  return (
    <SessionProvider slug={workspace} missing={missing}>
      <FrameInside />
    </SessionProvider>
  )
}

function FrameInside() {
  const [collapsed, setCollapsed] = useState(() => localStorage.getItem('rail') === 'collapsed')
  const [overlay, setOverlay] = useState<Overlay>(null)
  const small = useMedia('(max-width: 759px)')
  const collapse = () => {
    localStorage.setItem('rail', collapsed ? 'open' : 'collapsed')
    setCollapsed(!collapsed)
  }
  useFrameKeys(setOverlay, collapse)
  useLive(useWorkspace())
  return (
    <div className={css.frame} data-collapsed={collapsed}>
      <a className={css.skip} href="#page">
        Skip to the page
      </a>
      {!small && <Rail onCollapse={collapse} overlay={overlay} onOverlay={setOverlay} />}
      <div id="page" className={css.main} tabIndex={-1}>
        <Outlet />
      </div>
      <LiveStrip />
      {small && <BottomBar onOverlay={setOverlay} />}
      {overlay === 'palette' && <Palette onClose={() => setOverlay(null)} onKeys={() => setOverlay('keys')} />}
      {overlay === 'keys' && <KeySheet onClose={() => setOverlay(null)} />}
    </div>
  )
}

function useFrameKeys(setOverlay: (overlay: Overlay) => void, collapse: () => void) {
  const navigate = useNavigate()
  const workspace = useWorkspace()
  const { me } = useSession()
  const params = { workspace }
  const everywhere = 'Everywhere'
  const go = 'Go to'
  useKeys([
    { keys: 'mod+k', label: 'Find anything', group: everywhere, run: () => setOverlay('palette') },
    { keys: '?', label: 'Show these keys', group: everywhere, run: () => setOverlay('keys') },
    { keys: '[', label: 'Fold or unfold the rail', group: everywhere, run: collapse },
    { keys: '/', label: 'Search this page', group: everywhere, run: focusSearch },
    { keys: 'g d', label: 'Today', group: go, run: () => navigate({ to: '/w/$workspace/today', params }) },
    { keys: 'g t', label: 'Tasks', group: go, run: () => navigate({ to: '/w/$workspace/tasks', params, search: {} }) },
    { keys: 'g i', label: 'Inbox', group: go, run: () => navigate({ to: '/w/$workspace/inbox', params }) },
    { keys: 'g c', label: 'Contacts', group: go, run: () => navigate({ to: '/w/$workspace/contacts', params }) },
    { keys: 'g o', label: 'Companies', group: go, run: () => navigate({ to: '/w/$workspace/companies', params }) },
    { keys: 'g w', label: 'Content', group: go, run: () => navigate({ to: '/w/$workspace/content', params, search: {} }) },
    { keys: 'g m', label: 'Imports', group: go, run: () => navigate({ to: '/w/$workspace/imports', params }) },
    { keys: 'g h', label: 'Changes', group: go, run: () => navigate({ to: '/w/$workspace/changes', params }) },
    { keys: 'g g', label: 'Goals', group: go, run: () => navigate({ to: '/w/$workspace/goals', params }) },
    { keys: 'g p', label: 'Approvals', group: go, run: () => navigate({ to: '/w/$workspace/approvals', params, search: {} }) },
    { keys: 'g b', label: 'Agents', group: go, run: () => navigate({ to: '/w/$workspace/agents', params }) },
    { keys: 'g a', label: 'AI', group: go, run: () => navigate({ to: '/w/$workspace/ai/$tab', params: { workspace, tab: 'overview' } }) },
    ...(me.user.operator ? [{ keys: 'g e', label: 'Operations', group: go, run: () => navigate({ to: '/w/$workspace/operations/$tab', params: { workspace, tab: 'overview' }, search: {} }) }] : []),
    { keys: 'g s', label: 'Settings', group: go, run: () => navigate({ to: '/w/$workspace/settings/$tab', params: { workspace, tab: 'workspace' } }) },
  ])
}

function focusSearch() {
  document.querySelector<HTMLInputElement>('main input[type="search"]')?.focus()
}

type RailProps = { onCollapse: () => void; overlay: Overlay; onOverlay: (overlay: Overlay) => void }

function Rail({ onCollapse, overlay, onOverlay }: RailProps) {
  const workspace = useWorkspace()
  const counts = useQuery(countsQuery(workspace)).data
  const tasks = useQuery(taskCountsQuery(workspace)).data
  const waiting = useQuery(approvalCountQuery(workspace)).data
  const due = tasks ? tasks.overdue + tasks.today : 0
  const here = useMatchRoute()
  const inSettings = here({ to: '/w/$workspace/settings/$tab' })
  const inAI = here({ to: '/w/$workspace/ai/$tab' })
  const inOps = here({ to: '/w/$workspace/operations/$tab' })
  const { me } = useSession()
  const params = { workspace }
  return (
    <nav className={css.rail} aria-label="Main">
      <div className={css.top}>
        <WorkspaceSwitcher />
      </div>
      <button type="button" className={css.item} onClick={() => onOverlay('palette')}>
        <Search size={16} strokeWidth={1.5} aria-hidden />
        <span>Find</span>
        <span className={css.badge}>Ctrl K</span>
      </button>
      <BellButton open={overlay === 'bell'} onOpenChange={(open) => onOverlay(open ? 'bell' : null)} />
      <Link to="/w/$workspace/today" params={params} className={css.item} title="Today">
        <House size={16} strokeWidth={1.5} aria-hidden />
        <span>Today</span>
      </Link>
      <Link to="/w/$workspace/inbox" params={params} className={css.item} title="Inbox">
        <Inbox size={16} strokeWidth={1.5} aria-hidden />
        <span>Inbox</span>
        {counts && counts.needs_reply > 0 && (
          <span className={css.badge} title={`${counts.needs_reply} need a reply`}>
            {grouped(counts.needs_reply)}
          </span>
        )}
      </Link>
      <Link to="/w/$workspace/tasks" params={params} search={{}} activeOptions={{ includeSearch: false }} className={css.item} title="Tasks">
        <ListTodo size={16} strokeWidth={1.5} aria-hidden />
        <span>Tasks</span>
        {due > 0 && (
          <span className={css.badge} title={`${due} due today or overdue`}>
            {grouped(due)}
          </span>
        )}
      </Link>
      <Link to="/w/$workspace/contacts" params={params} className={css.item} title="Contacts">
        <Users size={16} strokeWidth={1.5} aria-hidden />
        <span>Contacts</span>
      </Link>
      <Link to="/w/$workspace/companies" params={params} className={css.item} title="Companies">
        <Building2 size={16} strokeWidth={1.5} aria-hidden />
        <span>Companies</span>
      </Link>
      <Link to="/w/$workspace/content" params={params} search={{}} activeOptions={{ includeSearch: false }} className={css.item} title="Content">
        <PenLine size={16} strokeWidth={1.5} aria-hidden />
        <span>Content</span>
      </Link>
      <Link to="/w/$workspace/imports" params={params} className={css.item} title="Imports">
        <Upload size={16} strokeWidth={1.5} aria-hidden />
        <span>Imports</span>
      </Link>
      <Link to="/w/$workspace/changes" params={params} className={css.item} title="Changes">
        <History size={16} strokeWidth={1.5} aria-hidden />
        <span>Changes</span>
      </Link>
      <Link to="/w/$workspace/goals" params={params} className={css.item} title="Goals">
        <Goal size={16} strokeWidth={1.5} aria-hidden />
        <span>Goals</span>
      </Link>
      <Link to="/w/$workspace/approvals" params={params} search={{}} activeOptions={{ includeSearch: false }} className={css.item} title="Approvals">
        <CircleCheckBig size={16} strokeWidth={1.5} aria-hidden />
        <span>Approvals</span>
        {waiting && waiting.pending > 0 && (
          <span className={css.badge} title={waiting.overdue > 0 ? `${waiting.pending} wait, ${waiting.overdue} for more than a day` : `${waiting.pending} wait`}>
            {grouped(waiting.pending)}
          </span>
        )}
      </Link>
      <Link to="/w/$workspace/agents" params={params} className={css.item} title="Agents">
        <Bot size={16} strokeWidth={1.5} aria-hidden />
        <span>Agents</span>
      </Link>
      <Link to="/w/$workspace/ai/$tab" params={{ workspace, tab: 'overview' }} activeProps={{}} aria-current={inAI ? 'page' : undefined} data-status={inAI ? 'active' : undefined} className={css.item} title="AI">
        <Sparkles size={16} strokeWidth={1.5} aria-hidden />
        <span>AI</span>
      </Link>
      <div className={css.spacer} />
      {me.user.operator && (
        <Link to="/w/$workspace/operations/$tab" params={{ workspace, tab: 'overview' }} search={{}} activeProps={{}} aria-current={inOps ? 'page' : undefined} data-status={inOps ? 'active' : undefined} className={css.item} title="Operations">
          <Activity size={16} strokeWidth={1.5} aria-hidden />
          <span>Operations</span>
        </Link>
      )}
      <Link to="/w/$workspace/settings/$tab" params={{ workspace, tab: 'workspace' }} activeProps={{}} aria-current={inSettings ? 'page' : undefined} data-status={inSettings ? 'active' : undefined} className={css.item} title="Settings">
        <Settings size={16} strokeWidth={1.5} aria-hidden />
        <span>Settings</span>
      </Link>
      <LiveMark />
      <div className={css.tools}>
        <AccountMenu />
        <div className={css.spacer} />
        <IconButton icon={CircleHelp} label="Keyboard" onClick={() => onOverlay('keys')} />
        <IconButton icon={PanelLeft} label="Fold or unfold the rail" onClick={onCollapse} />
      </div>
    </nav>
  )
}

function WorkspaceSwitcher() {
  const { me, workspace } = useSession()
  const entries = useWorkspaceEntries()
  return (
    <MenuButton label={`Workspace ${workspace.name}`} look="bare" entries={entries} section={me.organizations.length > 1 ? 'Workspaces' : me.organizations[0]?.name}>
      <span className={css.workspace}>
        <Avatar name={workspace.name} id={workspace.id} square />
        <span className={css.workspaceName}>{workspace.name}</span>
        <ChevronsUpDown className={css.chevron} size={14} strokeWidth={1.5} aria-hidden />
      </span>
    </MenuButton>
  )
}

function useWorkspaceEntries(): MenuEntry[] {
  const { me, workspace } = useSession()
  const navigate = useNavigate()
  return me.organizations.flatMap((organization) =>
    organization.workspaces.map((w) => ({
      id: w.id,
      label: me.organizations.length > 1 ? `${organization.name} / ${w.name}` : w.name,
      chosen: w.id === workspace.id,
      onAction: () => void navigate({ to: '/w/$workspace/today', params: { workspace: w.slug } }),
    })),
  )
}

const themes: { theme: Theme; label: string; icon: typeof Sun }[] = [
  { theme: 'system', label: 'As the system', icon: Monitor },
  { theme: 'light', label: 'Light', icon: Sun },
  { theme: 'dark', label: 'Dark', icon: Moon },
]

function useAccountEntries(): (MenuEntry | 'separator')[] {
  const [theme, setTheme] = useState(savedTheme)
  const signOut = useSignOut()
  const choose = (next: Theme) => {
    applyTheme(next)
    setTheme(next)
  }
  return [
    ...themes.map((t) => ({ id: t.theme, label: t.label, icon: t.icon, chosen: t.theme === theme, onAction: () => choose(t.theme) })),
    'separator',
    { id: 'out', label: 'Sign out', icon: LogOut, onAction: signOut },
  ]
}

function AccountMenu() {
  const { me } = useSession()
  const entries = useAccountEntries()
  return (
    <MenuButton label={`${me.user.name}: theme and sign out`} entries={entries} section={me.user.email} square>
      <Avatar name={me.user.name} id={me.user.id} />
    </MenuButton>
  )
}

function BottomBar({ onOverlay }: { onOverlay: (overlay: Overlay) => void }) {
  const { me } = useSession()
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const counts = useQuery(countsQuery(workspace)).data
  const unread = useQuery(unreadQuery(workspace)).data
  const waiting = useQuery(approvalCountQuery(workspace)).data?.pending
  const account = useAccountEntries()
  const params = { workspace }
  const more: (MenuEntry | 'separator')[] = [
    { id: 'notifications', label: unread ? `Notifications (${unread})` : 'Notifications', icon: Bell, onAction: () => void navigate({ to: '/w/$workspace/notifications', params }) },
    { id: 'tasks', label: 'Tasks', icon: ListTodo, onAction: () => void navigate({ to: '/w/$workspace/tasks', params, search: {} }) },
    { id: 'companies', label: 'Companies', icon: Building2, onAction: () => void navigate({ to: '/w/$workspace/companies', params }) },
    { id: 'content', label: 'Content', icon: PenLine, onAction: () => void navigate({ to: '/w/$workspace/content', params, search: {} }) },
    { id: 'imports', label: 'Imports', icon: Upload, onAction: () => void navigate({ to: '/w/$workspace/imports', params }) },
    { id: 'changes', label: 'Changes', icon: History, onAction: () => void navigate({ to: '/w/$workspace/changes', params }) },
    { id: 'goals', label: 'Goals', icon: Goal, onAction: () => void navigate({ to: '/w/$workspace/goals', params }) },
    { id: 'approvals', label: waiting ? `Approvals (${waiting})` : 'Approvals', icon: CircleCheckBig, onAction: () => void navigate({ to: '/w/$workspace/approvals', params, search: {} }) },
    { id: 'agents', label: 'Agents', icon: Bot, onAction: () => void navigate({ to: '/w/$workspace/agents', params: { workspace } }) },
    { id: 'ai', label: 'AI', icon: Sparkles, onAction: () => void navigate({ to: '/w/$workspace/ai/$tab', params: { workspace, tab: 'overview' } }) },
    ...(me.user.operator ? [{ id: 'operations', label: 'Operations', icon: Activity, onAction: () => void navigate({ to: '/w/$workspace/operations/$tab', params: { workspace, tab: 'overview' }, search: {} }) }] : []),
    { id: 'settings', label: 'Settings', icon: Settings, onAction: () => void navigate({ to: '/w/$workspace/settings/$tab', params: { workspace, tab: 'workspace' } }) },
    'separator',
    ...useWorkspaceEntries(),
    'separator',
    ...account,
  ]
  return (
    <nav className={css.bottom} aria-label="Main, small screen">
      <Link to="/w/$workspace/today" params={params} className={css.bottomItem}>
        <House size={20} strokeWidth={1.5} aria-hidden />
        Today
      </Link>
      <Link to="/w/$workspace/inbox" params={params} className={css.bottomItem}>
        <Inbox size={20} strokeWidth={1.5} aria-hidden />
        Inbox
        {counts && counts.needs_reply > 0 && <span className={css.bottomBadge}>{counts.needs_reply > 99 ? '99+' : counts.needs_reply}</span>}
      </Link>
      <Link to="/w/$workspace/contacts" params={params} className={css.bottomItem}>
        <Users size={20} strokeWidth={1.5} aria-hidden />
        Contacts
      </Link>
      <button type="button" className={css.bottomItem} onClick={() => onOverlay('palette')}>
        <Search size={20} strokeWidth={1.5} aria-hidden />
        Find
      </button>
      <MenuButton label="More" look="bare" entries={more}>
        <span className={css.bottomItem}>
          <Ellipsis size={20} strokeWidth={1.5} aria-hidden />
          More
        </span>
      </MenuButton>
    </nav>
  )
}
