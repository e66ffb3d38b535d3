import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useWorkspace } from '../shell/session'
import { Page, Scroll, Stack, TabLinks } from '../ui/layout'
import { Banner, EmptyState } from '../ui/state'
import { AskTab } from './ask'
import { BudgetTab } from './budget'
import { CallsTab } from './calls'
import { KeysTab } from './keys'
import { OverviewTab } from './overview'
import { providersQuery } from './queries'
import { RoutingTab } from './routing'

const route = getRouteApi('/w/$workspace/ai/$tab')

const tabs = [
  { id: 'overview', label: 'Overview', Tab: OverviewTab, wide: true },
  { id: 'calls', label: 'Calls', Tab: CallsTab, wide: true },
  { id: 'routing', label: 'Routing', Tab: RoutingTab, wide: true },
  { id: 'budget', label: 'Budget', Tab: BudgetTab, wide: false },
  { id: 'keys', label: 'Keys', Tab: KeysTab, wide: false },
  { id: 'try', label: 'Try it', Tab: AskTab, wide: false },
]

/** Everything about models: who is asked, how they do, what they cost. */
export function AiPage() {
  const workspace = useWorkspace()
  const { tab } = route.useParams()
  const current = tabs.find((t) => t.id === tab)
  const simulated = useQuery(providersQuery(workspace)).data?.simulated
  const links = (
    <TabLinks label="AI">
      {tabs.map((t) => (
        <Link key={t.id} to="/w/$workspace/ai/$tab" params={{ workspace, tab: t.id }}>
          {t.label}
        </Link>
      ))}
    </TabLinks>
  )
  return (
    <Page title="AI" sub={links}>
      <Scroll width={current?.wide ? 'wide' : 'normal'}>
        <Stack gap={4}>
          {simulated && <Banner tone="warn">Simulated: no real provider is asked here. Answers mean nothing, and the money is play money.</Banner>}
          {current ? <current.Tab /> : <EmptyState title="There is no such page" />}
        </Stack>
      </Scroll>
    </Page>
  )
}
