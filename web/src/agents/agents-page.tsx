import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Bot } from 'lucide-react'
import { useState } from 'react'
import { money } from '../ai/words'
import { read, server } from '../api/client'
import type { AgentCard, AgentPatch, Run } from '../api/types'
import { counted } from '../record/words'
import { useSession, useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { Select, Switch } from '../ui/form'
import { Padded, Page, Panel, Row, Scroll, Stack, Text } from '../ui/layout'
import { Progress } from '../ui/progress'
import { EntryHead, Fact, Facts, RowEntry, Rows } from '../ui/rows'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { MemoryTab } from './memories'
import { agentsQuery, runsQuery, type RunFilter } from './queries'
import { SchedulesTab } from './schedules'
import { autonomies, healthWords, runStates, runTitle, runWords } from './words'

/** The agents of a workspace, and what they did. */
export function AgentsPage() {
  const workspace = useWorkspace()
  const agents = useQuery(agentsQuery(workspace))
  return (
    <Page title="Agents">
      <Scroll width="normal">
        <Stack gap={5}>
          <Panel
            title="Who works here"
            flush
            actions={
              <Link to="/w/$workspace/settings/$tab" params={{ workspace, tab: 'agents' }}>
                What they may do
              </Link>
            }
          >
            {agents.isPending && <SkeletonLines count={6} />}
            {agents.isError && <ErrorState title="The agents could not be read" error={agents.error} onRetry={() => void agents.refetch()} />}
            {agents.data?.length === 0 && (
              <EmptyState icon={Bot} title="No agents in this release">
                Agents work on mail, contacts and content, and ask before they do what could do harm.
              </EmptyState>
            )}
            {agents.data && agents.data.length > 0 && (
              <Rows label="Agents">
                {agents.data.map((a) => (
                  <AgentEntry key={a.name} agent={a} />
                ))}
              </Rows>
            )}
          </Panel>
          <RunsPanel agents={agents.data ?? []} />
          <SchedulesTab agents={agents.data?.map((a) => a.name) ?? []} />
          <MemoryTab />
        </Stack>
      </Scroll>
    </Page>
  )
}

function AgentEntry({ agent: a }: { agent: AgentCard }) {
  const { isAdmin } = useSession()
  const save = useSetting(a.name)
  const health = healthWords(a.health.state)
  return (
    <RowEntry>
      <EntryHead>
        <Stack gap={1}>
          <Row gap={2} wrap>
            <Text as="h3" weight={600}>
              {a.name}
            </Text>
            {a.health.runs > 0 && <Badge tone={health.tone}>{health.words}</Badge>}
            {!a.enabled && <Badge>Off</Badge>}
          </Row>
          <Text as="p" size={13} tone="muted">
            {a.purpose}
          </Text>
        </Stack>
        <Row gap={3} wrap>
          <Select
            label={`How far ${a.name} goes without asking`}
            value={a.autonomy}
            disabled={!isAdmin || save.isPending}
            onChange={(e) => save.mutate({ autonomy: autonomies.find((o) => o.value === e.target.value)?.value })}
            options={[...autonomies]}
          />
          <Switch label={a.enabled ? 'On' : 'Off'} aria-label={`${a.name} is on`} checked={a.enabled} disabled={!isAdmin || save.isPending} onChange={(enabled) => save.mutate({ enabled })} />
        </Row>
      </EntryHead>
      {a.daily_nano > 0 && (
        <Progress label="Spent today" value={a.spent_nano} max={a.daily_nano} note={`${money(a.spent_nano)} of ${money(a.daily_nano)}`} tone={a.spent_nano >= a.daily_nano ? 'bad' : undefined} />
      )}
      <Facts>
        <Fact label="Runs in 30 days">{a.health.runs.toLocaleString()}</Fact>
        <Fact label="Succeeded">{a.health.success_rate === null ? '–' : `${Math.round(a.health.success_rate * 100)}%`}</Fact>
        <Fact label="Not over yet">{a.health.open.toLocaleString()}</Fact>
        <Fact label="Spent today">{money(a.spent_nano)}</Fact>
        <Fact label="Spent in 30 days">{money(a.spent_month_nano)}</Fact>
        <Fact label="Actions a day">{a.daily_actions.toLocaleString()} at most</Fact>
      </Facts>
      <details>
        <summary>
          {counted(a.operations.length, 'operation')}, {counted(a.questions.length, 'question')} to models
        </summary>
        <Text as="p" size={13} tone="muted">
          {a.operations.length > 0 ? `May act with ${a.operations.join(', ')}.` : 'Acts with nothing.'} {a.questions.length > 0 && `Asks ${a.questions.map((q) => `${q.name} (${q.class})`).join(', ')}.`} One run may ask{' '}
          {a.caps.calls} times and cost {money(a.caps.money_nano)}.
        </Text>
      </details>
    </RowEntry>
  )
}

function useSetting(agent: string) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  return useMutation({
    mutationFn: (body: AgentPatch) => read(server.PATCH('/v1/workspaces/{workspace}/agents/{code}', { params: { path: { workspace, code: agent } }, body })),
    onSuccess: () => touched('runs'),
    onError: (error) => toast({ title: 'Not saved', detail: error.message, tone: 'bad' }),
  })
}

function RunsPanel({ agents }: { agents: AgentCard[] }) {
  const workspace = useWorkspace()
  const [filter, setFilter] = useState<RunFilter>({})
  const runs = useInfiniteQuery(runsQuery(workspace, filter))
  const rows = runs.data?.pages.flatMap((p) => p.data) ?? []
  return (
    <Panel
      title="Runs"
      flush
      actions={
        <Row gap={2} wrap>
          <Select
            label="Agent"
            value={filter.agent ?? ''}
            onChange={(e) => setFilter({ ...filter, agent: e.target.value || undefined })}
            options={[{ value: '', label: 'Every agent' }, ...agents.map((a) => ({ value: a.name, label: a.name }))]}
          />
          <Select
            label="State"
            value={filter.state ?? ''}
            onChange={(e) => setFilter({ ...filter, state: runStates.find((s) => s === e.target.value) })}
            options={[{ value: '', label: 'Every state' }, ...runStates.map((s) => ({ value: s, label: runWords(s).words }))]}
          />
        </Row>
      }
    >
      {runs.isPending && <SkeletonLines count={5} />}
      {runs.isError && <ErrorState title="The runs could not be read" error={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.data && rows.length === 0 && (
        <EmptyState title="No runs">{filter.agent || filter.state ? 'No run fits these choices.' : 'What agents do stands here, step by step, with what it cost.'}</EmptyState>
      )}
      {rows.length > 0 && <RunTable label="Runs" runs={rows} />}
      {runs.hasNextPage && (
        <Padded>
          <Button busy={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
            Show older runs
          </Button>
        </Padded>
      )}
    </Panel>
  )
}

/** Runs, a row each, that lead to their pages. */
export function RunTable({ label, runs }: { label: string; runs: Run[] }) {
  const workspace = useWorkspace()
  return (
    <Table folds label={label} head={['Run', 'State', 'Began', 'Cost']}>
      {runs.map((r) => {
        const state = runWords(r.state)
        return (
          <tr key={r.id}>
            <td>
              <Stack gap={0}>
                <Link to="/w/$workspace/runs/$id" params={{ workspace, id: r.id }} dir="auto">
                  {runTitle(r)}
                </Link>
                <Text size={12} tone="muted">
                  {r.error ? `${r.agent}: ${r.error}` : r.agent}
                </Text>
              </Stack>
            </td>
            <td data-label="State">
              <Badge tone={state.tone}>{state.words}</Badge>
            </td>
            <td data-label="Began">
              <When at={r.started_at} />
            </td>
            <td data-label="Cost">
              <Text number>{money(r.cost_nano)}</Text>
            </td>
          </tr>
        )
      })}
    </Table>
  )
}
