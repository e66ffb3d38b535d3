import { useQuery } from '@tanstack/react-query'
import { Link, useBlocker } from '@tanstack/react-router'
import { Bot } from 'lucide-react'
import { useState } from 'react'
import { useWorkspace } from '../../shell/session'
import { Select } from '../../ui/form'
import { Panel, Row, Stack, Text } from '../../ui/layout'
import { EmptyState, ErrorState, SkeletonLines } from '../../ui/state'
import { agentsQuery } from '../queries'
import { CharterForm } from './charter-form'
import { actsOf } from './draft'
import { policiesQuery } from './queries'

/** What agents may do without asking: a common policy, and those of single agents. */
export function PolicyTab() {
  const workspace = useWorkspace()
  const policies = useQuery(policiesQuery(workspace))
  const agents = useQuery(agentsQuery(workspace))
  const [agent, setAgent] = useState('')
  const [drawn, setDrawn] = useState(0)
  const [touched, setTouched] = useState(false)
  const leave = () => !touched || window.confirm('Leave without saving?')
  useBlocker({ shouldBlockFn: () => !leave(), disabled: !touched, enableBeforeUnload: touched })
  const redraw = () => {
    setTouched(false)
    setDrawn((n) => n + 1)
  }
  const choose = (name: string) => {
    if (!leave()) return
    setAgent(name)
    redraw()
  }
  const failed = policies.error ?? agents.error
  const retry = () => {
    void policies.refetch()
    void agents.refetch()
  }
  const own = policies.data?.agents[agent]
  const kept = agent === '' ? policies.data?.standard : own ?? (policies.data && { ...policies.data.standard, version: 0 })
  const options = agents.data?.map((a) => ({ value: a.name, label: policies.data?.agents[a.name] ? `${a.name}: rules of its own` : a.name })) ?? []
  return (
    <Stack gap={5}>
      <Panel
        title="What agents may do"
        actions={<Select label="Whose rules" value={agent} onChange={(e) => choose(e.target.value)} options={[{ value: '', label: 'All agents' }, ...options]} />}
      >
        <Stack gap={4}>
          <Text as="p" size={13} tone="muted">
            Every action of an agent has a risk from 0 to 100: below 20 it is low, from 20 medium, from 40 high, from 70 critical. These rules say what it does by itself; the rest waits under{' '}
            <Link to="/w/$workspace/approvals" params={{ workspace }}>
              Approvals
            </Link>
            .
          </Text>
          {failed && <ErrorState title="The rules could not be read" error={failed} onRetry={retry} />}
          {!failed && (!kept || !agents.data) && <SkeletonLines count={8} />}
          {!failed && agents.data?.length === 0 && (
            <EmptyState icon={Bot} title="No agents in this release">
              There is nobody to make rules for.
            </EmptyState>
          )}
          {!failed && kept && agents.data && agents.data.length > 0 && (
            <CharterForm key={`${agent} ${drawn}`} agent={agent} own={agent === '' || own !== undefined} kept={kept} acts={actsOf(agents.data, agent)} onTouched={() => setTouched(true)} onRedraw={redraw} />
          )}
        </Stack>
      </Panel>
      <Fixed />
    </Stack>
  )
}

/** The rules that no setting changes. */
function Fixed() {
  return (
    <Panel title="What no rule changes">
      <Row>
        <ul>
          <li>Mail, and all else that leaves the house, is always asked for; so is whatever deletes or changes many records.</li>
          <li>What text from outside had a part in, and that changes a record, is asked for.</li>
          <li>People, keys, money, rules and agents themselves are governed by people alone.</li>
          <li>Addresses and links that nobody named, pictures from elsewhere, and secrets are never sent.</li>
          <li>From a risk of 40 on nobody allows what they asked for themselves; from 70 on an admin decides.</li>
        </ul>
      </Row>
    </Panel>
  )
}
