import { useQuery } from '@tanstack/react-query'
import { Table2 } from 'lucide-react'
import { useState } from 'react'
import type { ServerOverview } from '../api/types'
import { Badge } from '../ui/badge'
import { IconButton } from '../ui/button'
import { LineChart, type ChartMark } from '../ui/line-chart'
import { ChartGrid } from '../ui/line-chart-grid'
import { Panel, Row, Stack, Tab, Text, Tile, Tiles } from '../ui/layout'
import { ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { charts, deploysOf, type ChartPlan } from './charts'
import { alertsQuery, incidentsQuery, overviewQuery, seriesQuery, useSeries } from './queries'
import { ranges, secondsOf, type Range } from './search'
import { useOpsSearch } from './use-search'
import { OpsLink } from './ops-link'
import { amount, millis, percent, perSecond, seconds } from './words'

const rangeWords: Record<Range, string> = { '1h': 'Last hour', '6h': 'Last 6 hours', '24h': 'Last 24 hours', '7d': 'Last 7 days', '30d': 'Last 30 days' }

/** How the installation does now and did before. */
export function OverviewTab() {
  const { search, change } = useOpsSearch()
  const range = search.range ?? '1h'
  const marks = useMarks(range)
  return (
    <>
      <Now />
      <Row gap={2} wrap justify="between">
        <Row gap={1} wrap>
          {ranges.map((r) => (
            <Tab key={r} current={r === range} title={rangeWords[r]} onChoose={() => change({ range: r === '1h' ? undefined : r })}>
              {r}
            </Tab>
          ))}
        </Row>
        <Text size={12} tone="muted">
          {secondsOf[range] > secondsOf['6h'] ? 'Follows each minute.' : 'Follows each ten seconds.'}
          {marks.length > 0 && ' Dashed lines are deploys and incidents.'}
        </Text>
      </Row>
      <ChartGrid>
        {charts.map((plan) => (
          <Chart key={plan.id} plan={plan} range={range} marks={marks} />
        ))}
      </ChartGrid>
    </>
  )
}

/** What may be the reason for a change: incidents, and releases that began. */
function useMarks(range: Range): ChartMark[] {
  const incidents = useQuery(incidentsQuery).data?.data ?? []
  const builds = useQuery(seriesQuery({ name: 'rapport_build_info', fn: 'gauge', by: 'version' }, range)).data
  return [
    ...incidents.map((i) => ({ at: Date.parse(i.detected_at) / 1000, label: `${i.severity} ${i.title}`, tone: 'bad' as const })),
    ...deploysOf(builds).map((d) => ({ at: d.at, label: `Deploy of ${d.version}`, tone: 'neutral' as const })),
  ]
}

function Chart({ plan, range, marks }: { plan: ChartPlan; range: Range; marks: ChartMark[] }) {
  const [asTable, setAsTable] = useState(false)
  const { answers, isPending, error, again } = useSeries(plan.asks, range)
  const complete = answers.length === plan.asks.length
  return (
    <Panel
      title={plan.title}
      actions={<IconButton icon={Table2} label={`${plan.title} as a table`} size="small" aria-pressed={asTable} onClick={() => setAsTable(!asTable)} />}
    >
      {error && !complete ? (
        <ErrorState title="This chart could not be drawn" error={error} onRetry={again} />
      ) : (
        <Stack gap={2}>
          <Text size={12} tone="muted">
            {plan.about}
          </Text>
          <LineChart label={plan.title} lines={complete ? plan.lines(answers) : []} words={plan.words} top={plan.top} marks={marks} asTable={asTable} waiting={isPending} />
        </Stack>
      )}
    </Panel>
  )
}

function Now() {
  const now = useQuery(overviewQuery)
  const firing = useQuery(alertsQuery).data?.data.filter((a) => a.state === 'firing') ?? []
  return (
    <Panel
      title={
        <Row gap={2} wrap>
          Now
          {firing.map((a) => (
            <OpsLink key={a.rule} tab="alerts" search={{}}>
              <Badge tone="bad">
                {a.severity} {a.title}
              </Badge>
            </OpsLink>
          ))}
        </Row>
      }
      actions={
        now.data && (
          <Text size={12} tone="muted">
            {now.data.version}, since <When at={now.data.started_at} />
          </Text>
        )
      }
    >
      {now.isPending && <SkeletonLines count={2} />}
      {now.isError && <ErrorState title="How the server does could not be read" error={now.error} onRetry={() => void now.refetch()} />}
      {now.data && <Figures now={now.data} />}
    </Panel>
  )
}

const orDash = (value: number | null | undefined, words: (v: number) => string) => (value === null || value === undefined ? '–' : words(value))

function Figures({ now }: { now: ServerOverview }) {
  const active = now.connections.reduce((sum, c) => sum + c.active, 0)
  const open = now.connections.reduce((sum, c) => sum + c.open, 0)
  const waiting = now.queue.states.filter((s) => s.state === 'available').reduce((sum, s) => sum + s.count, 0)
  const closed = now.providers.filter((p) => p.closed)
  return (
    <Tiles>
      <Tile label="Requests">{perSecond(now.requests_per_s)}</Tile>
      <Tile label="Errors">{orDash(now.error_share, percent)}</Tile>
      <Tile label="p50">{orDash(now.p50_ms, millis)}</Tile>
      <Tile label="p95">{orDash(now.p95_ms, millis)}</Tile>
      <Tile label="p99">{orDash(now.p99_ms, millis)}</Tile>
      <Tile label="People">{orDash(now.active_users, amount)}</Tile>
      <Tile label="Connections in use">{open > 0 ? `${amount(active)} of ${amount(open)}` : '–'}</Tile>
      <Tile label="Cache hits">{orDash(now.cache_hit_share, percent)}</Tile>
      <Tile label="Jobs that wait">{now.queue.states.length > 0 ? amount(waiting) : '–'}</Tile>
      <Tile label="Oldest job">{orDash(now.queue.oldest_s, seconds)}</Tile>
      <Tile label="Refused">{perSecond(now.refused_per_s)}</Tile>
      <Tile label="AI providers">{now.providers.length === 0 ? '–' : closed.length > 0 ? <Text tone="bad" title={`Closed: ${closed.map((p) => p.provider).join(', ')}`}>{`${closed.length} of ${now.providers.length} closed`}</Text> : `${now.providers.length} answer`}</Tile>
    </Tiles>
  )
}
