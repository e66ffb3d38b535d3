import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ArrowLeft, BellOff, Bug, Check, RotateCcw, type LucideIcon } from 'lucide-react'
import type { ErrorGroup } from '../api/types'
import { useKeys } from '../shell/keys-provider'
import { useToast } from '../shell/toasts'
import { Badge, type Tone } from '../ui/badge'
import { Button } from '../ui/button'
import { CopyText, Table } from '../ui/code'
import { Padded, Panel, Row, Stack, Tab, Text } from '../ui/layout'
import { Fact, Facts } from '../ui/rows'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { move } from './acts'
import type { GroupState } from './contract'
import { OpsLink } from './ops-link'
import { errorQuery, errorsQuery, opsTouched } from './queries'
import { groupStates } from './search'
import { useOpsSearch } from './use-search'

const states: Record<GroupState, { words: string; tone: Tone; empty: string; about: string }> = {
  open: { words: 'Open', tone: 'bad', empty: 'No open errors', about: 'What goes wrong by our fault is grouped here: how often, since when, in which releases, with a trace to look at.' },
  resolved: { words: 'Resolved', tone: 'good', empty: 'Nothing was resolved', about: 'A group that comes back in another release opens by itself.' },
  muted: { words: 'Muted', tone: 'neutral', empty: 'Nothing is muted', about: 'Muted groups are still counted, and never shown as open.' },
}

/** What went wrong by our fault, in groups. */
export function ErrorsTab() {
  const { search } = useOpsSearch()
  return search.id ? <OneError key={search.id} id={search.id} /> : <ErrorList state={search.state ?? 'open'} />
}

function ErrorList({ state }: { state: GroupState }) {
  const { change } = useOpsSearch()
  const groups = useQuery(errorsQuery(state))
  return (
    <>
      <Row gap={1}>
        {groupStates.map((s) => (
          <Tab key={s} current={s === state} onChoose={() => change({ state: s === 'open' ? undefined : s })}>
            {states[s].words}
          </Tab>
        ))}
      </Row>
      <Panel title={`${states[state].words} errors`} flush>
        {groups.isPending && <SkeletonLines count={6} />}
        {groups.isError && <ErrorState title="The errors could not be read" error={groups.error} onRetry={() => void groups.refetch()} />}
        {groups.data?.length === 0 && (
          <EmptyState icon={Bug} title={states[state].empty}>
            {states[state].about}
          </EmptyState>
        )}
        {groups.data && groups.data.length > 0 && (
          <Table folds label={`${states[state].words} errors`} head={['Error', 'Where', 'Last seen', 'Times', '']} numbers={['Times']}>
            {groups.data.map((g) => (
              <GroupRow key={g.id} group={g} />
            ))}
          </Table>
        )}
      </Panel>
    </>
  )
}

function GroupRow({ group: g }: { group: ErrorGroup }) {
  return (
    <tr>
      <td>
        <Stack gap={0}>
          <OpsLink tab="errors" search={{ id: g.id }}>
            <Text weight={500} dir="auto">
              {g.title}
            </Text>
          </OpsLink>
          <Text size={12} tone="muted">
            {[g.code, g.releases[0], g.reopened > 0 ? 'came back' : ''].filter(Boolean).join(' · ')}
          </Text>
        </Stack>
      </td>
      <td data-label="Where">
        <Text size={12} mono>
          {g.where}
        </Text>
      </td>
      <td data-label="Last seen">
        <Text tone="muted">
          <When at={g.last_seen} />
        </Text>
      </td>
      <td data-label="Times" data-number>
        {g.count.toLocaleString()}
      </td>
      <td>
        <Moves group={g} small />
      </td>
    </tr>
  )
}

const moves: { to: GroupState; from: GroupState[]; verb: string; said: string; icon: LucideIcon }[] = [
  { to: 'resolved', from: ['open', 'muted'], verb: 'Resolve', said: 'Resolved', icon: Check },
  { to: 'muted', from: ['open'], verb: 'Mute', said: 'Muted', icon: BellOff },
  { to: 'open', from: ['resolved', 'muted'], verb: 'Reopen', said: 'Opened again', icon: RotateCcw },
]

/** What can become of a group; each step can be taken back. */
function Moves({ group: g, small }: { group: ErrorGroup; small?: boolean }) {
  const client = useQueryClient()
  const toast = useToast()
  const change = useMutation({
    mutationFn: (to: GroupState) => move(g.id, to),
    onSettled: () => opsTouched(client, 'errors'),
    onError: (error) => toast({ title: 'The error stays as it is', detail: error.message, tone: 'bad' }),
  })
  const back = () => void move(g.id, g.state).then(() => opsTouched(client, 'errors'), (error: unknown) => toast({ title: 'It could not be taken back', detail: error instanceof Error ? error.message : undefined, tone: 'bad' }))
  const take = (to: GroupState, said: string) => change.mutate(to, { onSuccess: () => toast({ title: `${said}: ${g.title}`, action: { label: 'Undo', run: back } }) })
  return (
    <Row gap={1} justify="end">
      {moves.filter((m) => m.from.includes(g.state)).map((m, i) => (
        <Button key={m.to} size="small" variant={small || i > 0 ? 'quiet' : 'secondary'} icon={m.icon} busy={change.isPending && change.variables === m.to} disabled={change.isPending} onClick={() => take(m.to, m.said)}>
          {m.verb}
        </Button>
      ))}
    </Row>
  )
}

function OneError({ id }: { id: string }) {
  const { change } = useOpsSearch()
  const group = useQuery(errorQuery(id))
  const back = () => change({ id: undefined })
  useKeys([{ keys: 'escape', label: 'Back to the errors', group: 'Operations', run: back }])
  return (
    <Stack gap={3}>
      <Row>
        <Button size="small" variant="quiet" icon={ArrowLeft} onClick={back}>
          All errors
        </Button>
      </Row>
      {group.isPending && (
        <Panel title="Error">
          <SkeletonLines count={6} />
        </Panel>
      )}
      {group.isError && <ErrorState title="This error could not be read" error={group.error} onRetry={() => void group.refetch()} />}
      {group.data && <Group group={group.data} />}
    </Stack>
  )
}

function Group({ group: g }: { group: ErrorGroup }) {
  return (
    <>
      <Panel title={g.title} actions={<Moves group={g} />}>
        <Stack gap={4}>
          <Row gap={2} wrap>
            <Badge tone={states[g.state].tone}>{states[g.state].words}</Badge>
            <Badge>{g.code}</Badge>
            {g.reopened > 0 && <Badge tone="warn">Came back {g.reopened === 1 ? 'once' : `${g.reopened} times`}</Badge>}
          </Row>
          <Facts>
            <Fact label="Times">{g.count.toLocaleString()}</Fact>
            <Fact label="First seen">
              <When at={g.first_seen} />
            </Fact>
            <Fact label="Last seen">
              <When at={g.last_seen} />
            </Fact>
            <Fact label="Where">{g.where}</Fact>
            <Fact label="Releases">{g.releases.join(', ') || '–'}</Fact>
          </Facts>
          {g.frames.length > 0 && (
            <Stack gap={1}>
              <Text size={12} tone="muted">
                Our functions that it went through, innermost first
              </Text>
              {g.frames.map((f) => (
                <Text key={f} size={12} mono>
                  {f}
                </Text>
              ))}
            </Stack>
          )}
        </Stack>
      </Panel>
      <Samples group={g} />
    </>
  )
}

function Samples({ group: g }: { group: ErrorGroup }) {
  return (
    <Panel title="The latest" flush>
      {g.samples.length === 0 ? (
        <Padded>
          <Text tone="muted">No example was kept.</Text>
        </Padded>
      ) : (
        <Table folds label="The latest" head={['Request', 'Trace', 'Release', 'When']}>
          {g.samples.map((s, i) => (
            <tr key={`${s.request} ${i}`}>
              <td>{s.request ? <CopyText text={s.request} label="Copy the request id" /> : <Text tone="muted">No request</Text>}</td>
              <td data-label="Trace">
                {s.trace ? (
                  <OpsLink tab="traces" search={{ id: s.trace }}>
                    Look at the trace
                  </OpsLink>
                ) : (
                  <Text tone="muted">None</Text>
                )}
              </td>
              <td data-label="Release">{s.release}</td>
              <td>
                <Text tone="muted">
                  <When at={s.at} />
                </Text>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}
