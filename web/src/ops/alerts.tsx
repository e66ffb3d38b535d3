import { useMutation, useQuery } from '@tanstack/react-query'
import { BellRing, ShieldAlert } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import type { Alert, Alerts, Objective, Objectives } from '../api/types'
import { useToast } from '../shell/toasts'
import { Badge, type Tone } from '../ui/badge'
import { Button } from '../ui/button'
import { Meter } from '../ui/chart'
import { Table } from '../ui/code'
import { Cards, Card } from '../ui/cards'
import { Padded, Panel, Row, Stack, Text } from '../ui/layout'
import { Fact, Facts } from '../ui/rows'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { duration } from '../ui/time'
import { When } from '../ui/when'
import { OpsLink } from './ops-link'
import { alertsQuery, objectivesQuery } from './queries'
import { NewSilence, Silences } from './silences'
import { amount, inUnit, percent } from './words'

/** What is promised and how it is kept; the rules that tell people, and what they are not to tell. */
export function AlertsTab() {
  const [silencing, setSilencing] = useState<string>()
  return (
    <>
      <Promises />
      <Rules onSilence={setSilencing} />
      <Silences onNew={() => setSilencing('*')} />
      {silencing !== undefined && <NewSilence rule={silencing} onClose={() => setSilencing(undefined)} />}
    </>
  )
}

function Promises() {
  const slo = useQuery(objectivesQuery)
  return (
    <Panel title="Promises" actions={slo.data && <Uptime data={slo.data} />}>
      {slo.isPending && <SkeletonLines count={4} />}
      {slo.isError && <ErrorState title="The promises could not be read" error={slo.error} onRetry={() => void slo.refetch()} />}
      {slo.data && (
        <Cards>
          {slo.data.data.map((o) => (
            <Promised key={o.slo} objective={o} />
          ))}
        </Cards>
      )}
    </Panel>
  )
}

function Uptime({ data: { uptime } }: { data: Objectives }) {
  if (uptime.share === null) return null
  return (
    <Text size={12} tone="muted">
      Up {percent(uptime.share)} of {duration(uptime.watched_s)} watched
    </Text>
  )
}

function Promised({ objective: o }: { objective: Objective }) {
  const left = o.budget_left
  const tone = left === null ? undefined : left <= 0 ? 'bad' : left < 0.25 ? 'warn' : undefined
  return (
    <Card title={o.title}>
      <Stack gap={3}>
        <Row gap={2} wrap align="baseline">
          <Text size={20} weight={600} number>
            {o.current === null ? 'No requests yet' : percent(o.current)}
          </Text>
          <Text size={12} tone="muted">
            {percent(o.objective)} promised, over {duration(o.window_s)}
          </Text>
        </Row>
        {left !== null && <Meter label="Budget left" value={Math.max(0, left)} max={1} words={left < 0 ? 'none: the promise is broken' : percent(left)} tone={tone} />}
        <Facts>
          <Fact label="Burn in 1 h">{amount(o.burn['1h'])}×</Fact>
          <Fact label="6 h">{amount(o.burn['6h'])}×</Fact>
          <Fact label="3 d">{amount(o.burn['3d'])}×</Fact>
        </Facts>
      </Stack>
    </Card>
  )
}

const states: Record<Alert['state'], { words: string; tone: Tone; rank: number }> = {
  firing: { words: 'Fires', tone: 'bad', rank: 0 },
  pending: { words: 'Is about to', tone: 'warn', rank: 1 },
  silenced: { words: 'Silenced', tone: 'accent', rank: 2 },
  ok: { words: 'All is well', tone: 'good', rank: 3 },
  no_data: { words: 'No data', tone: 'neutral', rank: 4 },
}

function Rules({ onSilence }: { onSilence: (rule: string) => void }) {
  const alerts = useQuery(alertsQuery)
  return (
    <Panel title="Rules" actions={<TestButton channels={alerts.data?.channels ?? []} />} flush>
      {alerts.isPending && <SkeletonLines count={8} />}
      {alerts.isError && <ErrorState title="The rules could not be read" error={alerts.error} onRetry={() => void alerts.refetch()} />}
      {alerts.data && <Channels alerts={alerts.data} />}
      {alerts.data?.data.length === 0 && <EmptyState icon={ShieldAlert} title="No rules">Nothing is looked at.</EmptyState>}
      {alerts.data && alerts.data.data.length > 0 && (
        <Table folds label="Rules" head={['Rule', 'State', 'Value', 'Limit', 'Since', '']} numbers={['Value', 'Limit']}>
          {[...alerts.data.data].sort((a, b) => states[a.state].rank - states[b.state].rank || a.severity.localeCompare(b.severity)).map((a) => (
            <RuleRow key={a.rule} alert={a} onSilence={() => onSilence(a.rule)} />
          ))}
        </Table>
      )}
    </Panel>
  )
}

function RuleRow({ alert: a, onSilence }: { alert: Alert; onSilence: () => void }) {
  const state = states[a.state]
  return (
    <tr>
      <td>
        <Stack gap={0}>
          <Text weight={500}>{a.title}</Text>
          <Text size={12} tone="muted">
            {a.severity} ·{' '}
            <a href={a.runbook} target="_blank" rel="noreferrer">
              What to do
            </a>
            {a.incident_id && (
              <>
                {' '}
                ·{' '}
                <OpsLink tab="incidents" search={{ id: a.incident_id }}>
                  Incident
                </OpsLink>
              </>
            )}
          </Text>
        </Stack>
      </td>
      <td data-label="State">
        <Badge tone={state.tone}>{state.words}</Badge>
      </td>
      <td data-label="Value" data-number>
        {a.value === null ? '–' : inUnit(a.value, a.unit)}
      </td>
      <td data-label="Limit" data-number>
        <Text tone="muted">{inUnit(a.threshold, a.unit)}</Text>
      </td>
      <td data-label="Since">
        <Text tone="muted">
          <When at={a.since} />
        </Text>
      </td>
      <td>
        <Button size="small" variant="quiet" aria-label={`Silence ${a.rule}`} onClick={onSilence}>
          Silence
        </Button>
      </td>
    </tr>
  )
}

/** Who is told, and whether that works. */
function Channels({ alerts }: { alerts: Alerts }) {
  const broken = alerts.channels.filter((c) => c.error !== '')
  return (
    <>
      {alerts.database_away && <Banner tone="warn">The database is away: rules go on, but nothing is written down for now.</Banner>}
      {broken.map((c) => (
        <Banner key={c.channel} tone="bad">
          The channel {c.channel} does not work: {c.error}
        </Banner>
      ))}
      <Padded>
        <Text size={12} tone="muted">
          {alerts.looked_at ? (
            <>
              Looked at <When at={alerts.looked_at} />
            </>
          ) : (
            'Not looked at yet'
          )}
          {alerts.replicas > 1 && ` by ${alerts.replicas} processes`}.{' '}
          {alerts.channels.length > 0 ? `Tells people by ${alerts.channels.map((c) => c.channel).join(' and ')}.` : 'Nobody is told: set RAPPORT_ALERT_EMAILS or RAPPORT_ALERT_WEBHOOK.'}
        </Text>
      </Padded>
    </>
  )
}

function TestButton({ channels }: { channels: Alerts['channels'] }) {
  const toast = useToast()
  const test = useMutation({
    mutationFn: () => read(server.POST('/v1/ops/alerts/test', { body: {} })),
    onSuccess: ({ data }) => {
      const failed = data.filter((t) => !t.sent)
      if (data.length === 0) toast({ title: 'Nobody was told', detail: 'No channel is configured.', tone: 'bad' })
      else toast({ title: failed.length > 0 ? `Not sent by ${failed.map((t) => t.channel).join(', ')}` : `Sent by ${data.map((t) => t.channel).join(' and ')}`, detail: failed[0]?.error, tone: failed.length > 0 ? 'bad' : 'good' })
    },
    onError: (error) => toast({ title: 'Nobody was told', detail: error.message, tone: 'bad' }),
  })
  return (
    <Button size="small" icon={BellRing} busy={test.isPending} disabled={channels.length === 0} title={channels.length === 0 ? 'No channel is configured.' : undefined} onClick={() => test.mutate()}>
      Send a test
    </Button>
  )
}
