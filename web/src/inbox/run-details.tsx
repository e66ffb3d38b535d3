import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { CallTrail } from '../ai/calls'
import { callsQuery } from '../ai/queries'
import { runWords, stepState, stepWords } from '../agents/words'
import { read, server } from '../api/client'
import type { Run, Step } from '../api/types'
import { useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { engineName } from '../ui/engine-name'
import { Row, Stack, Text } from '../ui/layout'
import { SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { words } from './words'

/** What read a message: each run with its engine, version and steps. */
export function RunDetails({ message }: { message: string }) {
  const workspace = useWorkspace()
  const runs = useQuery({
    queryKey: [workspace, 'runs', 'of', message],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/runs', { params: { path: { workspace }, query: { message_id: message, limit: 4 } }, signal })).then((p) => p.data),
  })
  if (runs.isPending) return <SkeletonLines count={3} />
  if (runs.isError) return <Text tone="muted">{runs.error.message}</Text>
  if (runs.data.length === 0) return <Text tone="muted">No run is recorded for this message.</Text>
  return (
    <Stack gap={4}>
      {runs.data.map((run) => (
        <RunDetail key={run.id} run={run} />
      ))}
    </Stack>
  )
}

function RunDetail({ run }: { run: Run }) {
  const workspace = useWorkspace()
  const steps = useQuery({
    queryKey: [workspace, 'runs', 'one', run.id, run.state],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/runs/{id}', { params: { path: { workspace, id: run.id } }, signal })).then((r) => r.steps),
  }).data
  return (
    <Stack gap={1}>
      <Row gap={2} justify="between">
        <Text weight={600} size={13}>
          {words(run.agent.replace(/^email\./, ''))}
        </Text>
        <Badge tone={runWords(run.state).tone}>{run.state}</Badge>
      </Row>
      <Text as="p" size={12} tone="muted">
        {engineName(run.engine) || 'No engine'}, <When at={run.started_at} />
        {run.degraded && '. Rules answer; a model will review it'}
      </Text>
      <Text as="p" size={12} tone="muted" mono>
        {run.version}
      </Text>
      {run.error && (
        <Text as="p" size={12} tone="warn">
          {run.error}
        </Text>
      )}
      {(run.engine !== 'rules' || run.degraded) && <Asked run={run.id} />}
      {steps?.map((step) => (
        <Row key={step.seq} gap={2} justify="between">
          <Text size={12}>
            {step.seq}. {own[step.kind] ?? stepWords(step.kind)}
          </Text>
          <Text size={12} tone="muted" number>
            {[step.state === 'done' ? '' : stepState(step.state).words.toLowerCase(), step.error, took(step)].filter(Boolean).join(' ')}
          </Text>
        </Row>
      ))}
    </Stack>
  )
}

/** Which models were asked for a run, what failed, and what it cost. */
function Asked({ run }: { run: string }) {
  const workspace = useWorkspace()
  const calls = useInfiniteQuery(callsQuery(workspace, { run }, 3)).data?.pages[0]?.data ?? []
  return calls.map((c) => <CallTrail key={c.id} id={c.id} />)
}

/** What the steps of a reading of mail are called. */
const own: Partial<Record<Step['kind'], string>> = { model: 'Asked the engine', verify: 'Checked the quotes', apply: 'Kept the result' }

function took(step: Step): string {
  return step.finished_at ? `${Math.max(0, Date.parse(step.finished_at) - Date.parse(step.started_at))} ms` : ''
}
