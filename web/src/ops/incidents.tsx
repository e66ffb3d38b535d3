import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ArrowLeft, Hand, Siren } from 'lucide-react'
import { read, server } from '../api/client'
import type { Incident, Incidents } from '../api/types'
import { useKeys } from '../shell/keys-provider'
import { useMembers } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Badge, type Tone } from '../ui/badge'
import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { Panel, Row, Stack, Text, Tile, Tiles } from '../ui/layout'
import { Moments } from '../ui/moments'
import { Fact, Facts } from '../ui/rows'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { duration } from '../ui/time'
import { When } from '../ui/when'
import { OpsLink } from './ops-link'
import { incidentQuery, incidentsQuery, opsTouched } from './queries'
import { useOpsSearch } from './use-search'
import { inUnit } from './words'

const states: Record<Incident['state'], { words: string; tone: Tone }> = {
  open: { words: 'Open', tone: 'bad' },
  acknowledged: { words: 'Looked after', tone: 'warn' },
  mitigated: { words: 'Mitigated', tone: 'warn' },
  resolved: { words: 'Resolved', tone: 'good' },
}

/** What was wrong, and how long it took to mend. */
export function IncidentsTab() {
  const { search } = useOpsSearch()
  return search.id ? <OneIncident key={search.id} id={search.id} /> : <IncidentList />
}

function IncidentList() {
  const incidents = useQuery(incidentsQuery)
  return (
    <>
      {incidents.data && incidents.data.repair.incidents > 0 && <Repair data={incidents.data} />}
      <Panel title="Incidents" flush>
        {incidents.isPending && <SkeletonLines count={5} />}
        {incidents.isError && <ErrorState title="The incidents could not be read" error={incidents.error} onRetry={() => void incidents.refetch()} />}
        {incidents.data?.data.length === 0 && (
          <EmptyState icon={Siren} title="No incidents yet">
            When a rule fires, an incident begins here: who was told, who looked after it, and how long it took to mend.
          </EmptyState>
        )}
        {incidents.data && incidents.data.data.length > 0 && (
          <Table folds label="Incidents" head={['Incident', 'State', 'Detected', 'Took']} numbers={['Took']}>
            {incidents.data.data.map((i) => (
              <IncidentRow key={i.id} incident={i} />
            ))}
          </Table>
        )}
      </Panel>
    </>
  )
}

function Repair({ data: { repair, days } }: { data: Incidents }) {
  return (
    <Panel title={`Means of the last ${days} days`}>
      <Tiles>
        <Tile label="Incidents resolved">{repair.incidents.toLocaleString()}</Tile>
        <Tile label="Until detected">{duration(repair.detect_s)}</Tile>
        <Tile label="Until looked after">{repair.acknowledge_s > 0 ? duration(repair.acknowledge_s) : '–'}</Tile>
        <Tile label="Until nothing was broken">{duration(repair.mitigate_s)}</Tile>
        <Tile label="Time to repair (MTTR)">{duration(repair.mttr_s)}</Tile>
      </Tiles>
    </Panel>
  )
}

function IncidentRow({ incident: i }: { incident: Incident }) {
  return (
    <tr>
      <td>
        <Stack gap={0}>
          <OpsLink tab="incidents" search={{ id: i.id }}>
            <Text weight={500}>{i.title}</Text>
          </OpsLink>
          <Text size={12} tone="muted">
            {i.severity} · {i.rules.map((r) => r.rule).join(', ')}
          </Text>
        </Stack>
      </td>
      <td data-label="State">
        <Badge tone={states[i.state].tone}>{states[i.state].words}</Badge>
      </td>
      <td data-label="Detected">
        <Text tone="muted">
          <When at={i.detected_at} />
        </Text>
      </td>
      <td data-label="Took" data-number>
        {i.resolve_s === null ? 'Goes on' : duration(i.resolve_s)}
      </td>
    </tr>
  )
}

function OneIncident({ id }: { id: string }) {
  const { change } = useOpsSearch()
  const incident = useQuery(incidentQuery(id))
  const back = () => change({ id: undefined })
  useKeys([{ keys: 'escape', label: 'Back to the incidents', group: 'Operations', run: back }])
  return (
    <Stack gap={3}>
      <Row>
        <Button size="small" variant="quiet" icon={ArrowLeft} onClick={back}>
          All incidents
        </Button>
      </Row>
      {incident.isPending && (
        <Panel title="Incident">
          <SkeletonLines count={6} />
        </Panel>
      )}
      {incident.isError && <ErrorState title="This incident could not be read" error={incident.error} onRetry={() => void incident.refetch()} />}
      {incident.data && <Story incident={incident.data} />}
    </Stack>
  )
}

const what: Record<Incident['timeline'][number]['what'], string> = {
  began: 'First sign',
  detected: 'Detected',
  fired: 'Fired',
  notified: 'People were told',
  acknowledged: 'Somebody looks after it',
  mitigated: 'Nothing is broken any more',
  resolved: 'Resolved',
}

function Story({ incident: i }: { incident: Incident }) {
  const members = useMembers()
  const who = members.find((m) => m.user_id === i.acknowledged_by)?.name ?? (i.acknowledged_by ? 'an operator' : '')
  const note = (m: Incident['timeline'][number]) => (m.what === 'fired' ? (i.rules.find((r) => r.rule === m.note)?.title ?? m.note) : m.what === 'acknowledged' ? who : '')
  return (
    <>
      <Panel title={i.title} actions={<Acknowledge incident={i} />}>
        <Stack gap={4}>
          <Row gap={2} wrap>
            <Badge tone={states[i.state].tone}>{states[i.state].words}</Badge>
            <Badge>{i.severity}</Badge>
            {i.reopened > 0 && <Badge tone="warn">Came back {i.reopened === 1 ? 'once' : `${i.reopened} times`}</Badge>}
          </Row>
          <Facts>
            <Fact label="Detected after">{duration(i.detect_s)}</Fact>
            <Fact label="People told after">{i.notify_s === null ? '–' : duration(i.notify_s)}</Fact>
            <Fact label="Mitigated after">{i.mitigate_s === null ? '–' : duration(i.mitigate_s)}</Fact>
            <Fact label="Repaired after">{i.resolve_s === null ? '–' : duration(i.resolve_s)}</Fact>
            <Fact label="Release">
              {i.release.version || '–'}
              {i.release.before && `, after ${i.release.before}`}
            </Fact>
          </Facts>
          <Moments label="What happened" moments={i.timeline.map((m) => ({ at: m.at, title: what[m.what], note: note(m), bad: m.what === 'fired' || m.what === 'began', good: m.what === 'resolved' || m.what === 'mitigated' }))} />
        </Stack>
      </Panel>
      <Evidence incident={i} />
    </>
  )
}

function Evidence({ incident: i }: { incident: Incident }) {
  return (
    <Panel title="What was measured" flush>
      <Table folds label="What was measured" head={['Rule', 'Worst', 'Limit', '']} numbers={['Worst', 'Limit']}>
        {i.rules.map((r) => (
          <tr key={r.rule}>
            <td>
              <Text>{r.title}</Text>
            </td>
            <td data-label="Worst" data-number>
              {inUnit(r.value, r.unit)}
            </td>
            <td data-label="Limit" data-number>
              {inUnit(r.threshold, r.unit)}
            </td>
            <td>
              <a href={r.runbook} target="_blank" rel="noreferrer">
                What to do
              </a>
            </td>
          </tr>
        ))}
        {i.traces.map((t) => (
          <tr key={t}>
            <td data-wide colSpan={4}>
              Trace of a call from then:{' '}
              <OpsLink tab="traces" search={{ id: t }}>
                <Text mono size={12}>
                  {t}
                </Text>
              </OpsLink>
            </td>
          </tr>
        ))}
        {i.profile && (
          <tr>
            <td data-wide colSpan={4}>
              <OpsLink tab="profiles" search={{}}>
                A profile was taken then
              </OpsLink>
            </td>
          </tr>
        )}
      </Table>
    </Panel>
  )
}

function Acknowledge({ incident: i }: { incident: Incident }) {
  const client = useQueryClient()
  const toast = useToast()
  const say = useMutation({
    mutationFn: () => read(server.POST('/v1/ops/incidents/{incident}/acknowledge', { params: { path: { incident: i.id } } })),
    onSuccess: () => toast({ title: 'You look after it: no more reminders' }),
    onError: (error) => toast({ title: 'That was not kept', detail: error.message, tone: 'bad' }),
    onSettled: () => opsTouched(client, 'incidents', 'alerts'),
  })
  if (i.acknowledged_at !== null || i.state === 'resolved') return null
  return (
    <Button size="small" variant="primary" icon={Hand} busy={say.isPending} onClick={() => say.mutate()}>
      I look after it
    </Button>
  )
}
