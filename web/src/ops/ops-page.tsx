import { getRouteApi, Link } from '@tanstack/react-router'
import { NotFound } from '../shell/root'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { Page, Scroll, Stack, TabLinks } from '../ui/layout'
import { AlertsTab } from './alerts'
import { ErrorsTab } from './errors'
import { IncidentsTab } from './incidents'
import { OverviewTab } from './overview'
import { ProfilesTab } from './profiles'
import { TracesTab } from './traces'
import { tabs } from './tabs'

const route = getRouteApi('/w/$workspace/operations/$tab')

const pages: Record<string, () => React.ReactNode> = { overview: OverviewTab, traces: TracesTab, errors: ErrorsTab, alerts: AlertsTab, incidents: IncidentsTab, profiles: ProfilesTab }

/** How the installation does, for those who run it. Others find nothing here. */
export function OpsPage() {
  const { me } = useSession()
  return me.user.operator ? <Inside /> : <NotFound />
}

function Inside() {
  const workspace = useWorkspace()
  const navigate = route.useNavigate()
  const { tab } = route.useParams()
  const Tab = pages[tab]
  useKeys(tabs.map((t, i) => ({ keys: String(i + 1), label: t.label, group: 'Operations', run: () => void navigate({ to: '/w/$workspace/operations/$tab', params: { workspace, tab: t.id }, search: {} }) })))
  const links = (
    <TabLinks label="Operations">
      {tabs.map((t) => (
        <Link key={t.id} to="/w/$workspace/operations/$tab" params={{ workspace, tab: t.id }} search={{}} activeOptions={{ includeSearch: false }}>
          {t.label}
        </Link>
      ))}
    </TabLinks>
  )
  return (
    <Page title="Operations" sub={links}>
      <Scroll key={tab}>
        <Stack gap={4}>{Tab ? <Tab /> : <NotFound />}</Stack>
      </Scroll>
    </Page>
  )
}
