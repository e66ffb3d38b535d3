import { getRouteApi, Link } from '@tanstack/react-router'
import { PolicyTab } from '../agents/policy/policy-tab'
import { useWorkspace } from '../shell/session'
import { Page, SettingsLayout, TabLinks } from '../ui/layout'
import { EmptyState } from '../ui/state'
import { FieldsTab } from './fields-tab'
import { KeysTab } from './keys-tab'
import { MailboxesTab } from './mail/mailboxes-tab'
import { SendersTab } from './mail/senders-tab'
import { MembersTab } from './members-tab'
import { NotificationsTab } from './notifications-tab'
import { ProfileTab } from './profile-tab'
import { SecurityTab } from './security-tab'
import { TagsTab } from './tags-tab'
import { UsageTab } from './usage-tab'
import { WorkspaceTab } from './workspace-tab'

const route = getRouteApi('/w/$workspace/settings/$tab')

const tabs = [
  { id: 'workspace', label: 'Workspace', Tab: WorkspaceTab },
  { id: 'mailboxes', label: 'Mailboxes', Tab: MailboxesTab },
  { id: 'senders', label: 'Senders', Tab: SendersTab },
  { id: 'members', label: 'Members', Tab: MembersTab },
  { id: 'agents', label: 'Agents', Tab: PolicyTab },
  { id: 'keys', label: 'API keys', Tab: KeysTab },
  { id: 'fields', label: 'Custom fields', Tab: FieldsTab },
  { id: 'tags', label: 'Tags', Tab: TagsTab },
  { id: 'notifications', label: 'Notifications', Tab: NotificationsTab },
  { id: 'usage', label: 'Usage', Tab: UsageTab },
  { id: 'security', label: 'Security log', Tab: SecurityTab },
  { id: 'profile', label: 'Profile', Tab: ProfileTab },
]

export function SettingsPage() {
  const workspace = useWorkspace()
  const { tab } = route.useParams()
  const current = tabs.find((t) => t.id === tab)
  const nav = (
    <TabLinks label="Settings">
      {tabs.map((t) => (
        <Link key={t.id} to="/w/$workspace/settings/$tab" params={{ workspace, tab: t.id }}>
          {t.label}
        </Link>
      ))}
    </TabLinks>
  )
  return (
    <Page title="Settings">
      <SettingsLayout nav={nav}>{current ? <current.Tab /> : <EmptyState title="There is no such setting" />}</SettingsLayout>
    </Page>
  )
}
