import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Lock } from 'lucide-react'
import type { AiBudget, AiCosts, AiLane, AiProvider, AiPurse } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import { Badge, type Tone } from '../ui/badge'
import { DayChart, Meter, ShareChart } from '../ui/chart'
import { Table } from '../ui/code'
import { Panel, Row, Stack, Text, Tile, Tiles } from '../ui/layout'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { CallRows } from './calls'
import { budgetQuery, costsQuery, providersQuery, usageQuery } from './queries'
import { money, providerName, providerOrder, span } from './words'

export function OverviewTab() {
  return (
    <>
      <Providers />
      <Spend />
      <Shares />
      <Recent />
    </>
  )
}

function Spend() {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const budget = useQuery(budgetQuery(workspace))
  const costs = useQuery({ ...costsQuery(workspace), enabled: isAdmin })
  return (
    <Panel title="Spend">
      {budget.isPending && <SkeletonLines count={4} />}
      {budget.isError && <ErrorState title="The budget could not be read" error={budget.error} onRetry={() => void budget.refetch()} />}
      {budget.data && (
        <Stack gap={5}>
          <Stack gap={3}>
            <PurseMeter label="Today" purse={budget.data.day} budget={budget.data} ends={budget.data.ends.day} />
            <PurseMeter label="This month" purse={budget.data.month} budget={budget.data} ends={budget.data.ends.month} />
          </Stack>
          {costs.data && <Outlook costs={costs.data} />}
          <ByDay />
        </Stack>
      )}
    </Panel>
  )
}

export function PurseMeter({ label, purse, budget, ends }: { label: string; purse: AiPurse; budget: AiBudget; ends: string }) {
  const limit = purse.limit_nano
  const words = limit === null ? `${money(purse.spent_nano)}, without a limit` : `${money(purse.spent_nano)} of ${money(limit)}`
  return (
    <Meter
      label={label}
      value={purse.spent_nano}
      held={purse.reserved_nano}
      max={limit}
      words={words}
      marks={[...new Set([budget.warn_percent, 95])]}
      tone={purse.state === 'hard' ? 'bad' : purse.state === 'ok' ? undefined : 'warn'}
      note={
        <>
          {purse.reserved_nano > 0 && `${money(purse.reserved_nano)} set aside. `}
          {stateWords(purse, budget)}
          {purse.state === 'hard' && (
            <>
              {' '}
              Begins anew <When at={ends} />.
            </>
          )}
        </>
      }
    />
  )
}

function stateWords(purse: AiPurse, budget: AiBudget): string {
  if (purse.state === 'hard') return budget.enforced ? 'Spent: only rules and free models answer.' : 'Over the limit, which is only watched.'
  if (purse.state === 'soft') return budget.enforced ? 'Nearly spent: only cheap models are asked.' : 'Nearly spent.'
  if (purse.state === 'warn') return `More than ${budget.warn_percent} % is spent.`
  return ''
}

const coverage: Record<AiCosts['forecast']['coverage'], string> = {
  full: 'by the mean of the last 7 days',
  partial: 'by the mean of the few days since the first call, so take it with care',
  none: 'without a full day to go by: it is what was spent so far',
}

function Outlook({ costs }: { costs: AiCosts }) {
  const { forecast } = costs
  return (
    <Stack gap={2}>
      <Tiles>
        <Tile label="Forecast to the end of the month">{money(forecast.month_nano)}</Tile>
        <Tile label="Mean of a day">{forecast.days > 0 ? money(forecast.per_day_nano) : '–'}</Tile>
        <Tile label="Answers of models this month">{costs.answered.toLocaleString()}</Tile>
        <Tile label="Answers of rules this month">{costs.local.toLocaleString()}</Tile>
      </Tiles>
      <Text as="p" size={12} tone="muted">
        The forecast is made {coverage[forecast.coverage]}
        {forecast.quiet_days > 0 && `, ${forecast.quiet_days} of ${forecast.days} without a call`}.
      </Text>
    </Stack>
  )
}

function ByDay() {
  const workspace = useWorkspace()
  const usage = useQuery(usageQuery(workspace, 'day,provider'))
  if (usage.isPending) return <SkeletonLines count={3} />
  if (usage.isError) return <ErrorState title="The days could not be read" error={usage.error} onRetry={() => void usage.refetch()} />
  const { from, to, data } = usage.data
  const days: string[] = []
  for (let at = Date.parse(`${from}T00:00:00Z`); at <= Date.parse(`${to}T00:00:00Z`); at += 86_400_000) days.push(new Date(at).toISOString().slice(0, 10))
  const used = providerOrder.filter((p) => p !== 'compatible' || data.some((u) => u.provider === p))
  const cost = (day: string, provider: string) => data.filter((u) => u.day === day && u.provider === provider).reduce((sum, u) => sum + u.cost_nano, 0)
  return <DayChart label="Spend by day" parts={used.map(providerName)} days={days.map((day) => ({ day, values: used.map((p) => cost(day, p)) }))} words={money} />
}

function Shares() {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const costs = useQuery({ ...costsQuery(workspace), enabled: isAdmin })
  return (
    <Panel title="Share of each provider this month">
      {!isAdmin && (
        <EmptyState icon={Lock} title="For admins">
          Who is asked how much beside what the routing policy expects is shown to admins and owners.
        </EmptyState>
      )}
      {isAdmin && costs.isPending && <SkeletonLines count={3} />}
      {costs.isError && <ErrorState title="The shares could not be read" error={costs.error} onRetry={() => void costs.refetch()} />}
      {costs.data && <ShareBody costs={costs.data} />}
    </Panel>
  )
}

function ShareBody({ costs }: { costs: AiCosts }) {
  const drifting = costs.shares.filter((s) => s.drifts)
  const rows = costs.shares.map((s) => ({ id: s.provider, name: providerName(s.provider), target: s.target, drifts: s.drifts, shares: [s.by_calls, s.by_tokens, s.by_money] }))
  return (
    <Stack gap={4}>
      {drifting.length > 0 && (
        <Banner tone="warn">
          {drifting.map((s) => `${providerName(s.provider)} had ${s.by_calls} % of the calls instead of ${s.target} %`).join('; ')}. A closed provider or the routing policy may be why.
        </Banner>
      )}
      <ShareChart label="Shares" head={['Calls', 'Tokens', 'Money']} rows={rows} />
      <Text as="p" size={12} tone="muted">
        Of {costs.answered.toLocaleString()} answers of models. The line marks the target, which is compared and never enforced; {costs.drift} points beside it are a warning, from 20 answers on.
      </Text>
    </Stack>
  )
}

const statuses: Record<AiProvider['status'], { words: string; tone: Tone }> = {
  open: { words: 'Answers', tone: 'good' },
  half_open: { words: 'Being tried', tone: 'warn' },
  closed: { words: 'Closed', tone: 'bad' },
  unused: { words: 'Not asked yet', tone: 'neutral' },
  not_configured: { words: 'No key', tone: 'neutral' },
}

function Providers() {
  const workspace = useWorkspace()
  const providers = useQuery(providersQuery(workspace))
  const bare = providers.data && providers.data.data.every((p) => p.local || !p.configured)
  return (
    <Panel title="Providers" flush>
      {providers.isPending && <SkeletonLines count={5} />}
      {providers.isError && <ErrorState title="The providers could not be read" error={providers.error} onRetry={() => void providers.refetch()} />}
      {bare && (
        <Banner
          actions={
            <Link to="/w/$workspace/ai/$tab" params={{ workspace, tab: 'keys' }}>
              Keys
            </Link>
          }
        >
          No provider has a key, so rules answer everything, at no cost. An admin enters keys.
        </Banner>
      )}
      {providers.data && (
        <Table folds label="Providers" head={['Provider', 'State', 'Answered', 'Half answer in', 'Nearly all in', 'Under way']} numbers={['Answered', 'Half answer in', 'Nearly all in', 'Under way']}>
          {providers.data.data.map((p) => (
            <ProviderRow key={p.name} provider={p} />
          ))}
        </Table>
      )}
    </Panel>
  )
}

function ProviderRow({ provider: p }: { provider: AiProvider }) {
  const unwell = p.lanes.filter((l) => l.status !== 'open' || l.slow || l.unfit)
  const status = p.local ? { words: 'Always there', tone: 'good' as const } : statuses[p.status]
  return (
    <tr>
      <td>
        <Stack gap={0}>
          <Row gap={2}>
            <Text weight={500}>{providerName(p.name)}</Text>
            {p.simulated && <Badge tone="warn">Simulated</Badge>}
          </Row>
          <Text size={12} tone="muted">
            {p.local ? 'Part of Rapport' : p.keys > 0 ? `${p.keys} ${p.keys === 1 ? 'key' : 'keys'}` : ''}
          </Text>
        </Stack>
      </td>
      <td data-wide>
        <Stack gap={1}>
          <Row gap={2} wrap>
            <Badge tone={status.tone}>{status.words}</Badge>
            {p.status !== 'open' && p.reason && <Text size={12}>{p.reason}</Text>}
            {p.until && (
              <Text size={12} tone="muted">
                tried again <When at={p.until} />
              </Text>
            )}
          </Row>
          {unwell.map((l) => (
            <LaneLine key={`${l.key} ${l.family} ${l.model}`} lane={l} />
          ))}
        </Stack>
      </td>
      <td data-label="Answered" data-number>{p.success === null ? '–' : <Text number>{`${p.success} % of ${p.calls.toLocaleString()}`}</Text>}</td>
      <td data-label="Half answer in" data-number>{p.p50_ms === null ? '–' : <Text number>{span(p.p50_ms)}</Text>}</td>
      <td data-label="Nearly all in" data-number>{p.p95_ms === null ? '–' : <Text number>{span(p.p95_ms)}</Text>}</td>
      <td data-label="Under way" data-number>
        <Text number>
          {p.in_flight}
          {p.waiting > 0 && `, ${p.waiting} wait`}
        </Text>
      </td>
    </tr>
  )
}

function LaneLine({ lane }: { lane: AiLane }) {
  const words = [lane.status === 'closed' ? `closed: ${lane.reason}` : lane.status === 'half_open' ? lane.reason : '', lane.slow ? 'slower than usual' : '', lane.unfit ? 'many answers could not be used' : '']
  return (
    <Text size={12} tone="muted">
      {lane.model || lane.family}: {words.filter(Boolean).join(', ')}
      {lane.until && (
        <>
          , until <When at={lane.until} />
        </>
      )}
    </Text>
  )
}

function Recent() {
  const workspace = useWorkspace()
  const all = (
    <Text size={13}>
      <Link to="/w/$workspace/ai/$tab" params={{ workspace, tab: 'calls' }}>
        All calls
      </Link>
    </Text>
  )
  return (
    <Panel title="Recent calls" actions={all} flush>
      <CallRows filter={{}} limit={8} />
    </Panel>
  )
}
