import { useQuery } from '@tanstack/react-query'
import { Brain, ChevronDown, RefreshCw } from 'lucide-react'
import type { Assessment, AssessmentRun, Standing } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import { BriefBlock, BriefList, BriefSentence } from '../ui/brief'
import { Button } from '../ui/button'
import { EngineMark } from '../ui/engine'
import { Row, Stack, Text } from '../ui/layout'
import { MenuButton } from '../ui/menu'
import { useNow } from '../ui/now'
import { Progress } from '../ui/progress'
import { Banner, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { Citations } from './citation'
import { atWork, runQuery, standingQuery, useAssess } from './standing'

/** What is known of a contact in half a minute; each sentence names where it is from. */
export function Brief({ id }: { id: string }) {
  const workspace = useWorkspace()
  const standing = useQuery(standingQuery(workspace, id))
  const found = standing.data?.assessment
  return (
    <Stack gap={2}>
      <Row justify="between" wrap>
        <Row gap={2}>
          <Text as="h2" weight={600}>
            Brief
          </Text>
          {found && <EngineMark engine={found.engine} version={found.model || found.version} confidence={found.confidence} degraded={found.degraded} />}
        </Row>
        {standing.data && <Again id={id} standing={standing.data} />}
      </Row>
      {standing.isPending && <SkeletonLines count={3} />}
      {standing.isError && <ErrorState title="The brief could not be read" error={standing.error} onRetry={() => void standing.refetch()} />}
      {standing.data && <OnItsWay standing={standing.data} />}
      {standing.data && !found && (
        <Text as="p" size={13} tone="muted">
          Not assessed yet. An assessment reads the latest mail, calls and meetings and says in a few sentences what they are about.
        </Text>
      )}
      {standing.data && found && <Sentences standing={standing.data} found={found} />}
    </Stack>
  )
}

function Sentences({ standing, found }: { standing: Standing; found: Assessment }) {
  const age = (
    <Text size={12} tone="muted">
      As of <When at={found.as_of} />
      {found.outdated && '; something happened since'}
    </Text>
  )
  if (found.brief.length === 0)
    return (
      <BriefBlock>
        <Text as="p" size={13} tone="muted">
          There is nothing to quote: no mail of theirs, no call and no meeting.
        </Text>
        {age}
      </BriefBlock>
    )
  return (
    <BriefBlock>
      <BriefList label="Brief">
        {found.brief.map((s) => (
          <BriefSentence key={s.text}>
            {s.text}
            <Citations of={s.citations} standing={standing} />
          </BriefSentence>
        ))}
      </BriefList>
      {age}
    </BriefBlock>
  )
}

function Again({ id, standing }: { id: string; standing: Standing }) {
  const { canWrite } = useSession()
  const now = useNow()
  const assess = useAssess(id)
  if (!canWrite) return null
  const busy = assess.isPending || atWork(standing.run, now)
  return (
    <Row gap={1}>
      <Button size="small" icon={RefreshCw} busy={busy} onClick={() => assess.mutate(false)}>
        {standing.assessment ? 'Assess again' : 'Assess'}
      </Button>
      <MenuButton label="Other ways to assess" small entries={[{ id: 'deep', label: 'Think longer about it', icon: Brain, onAction: () => assess.mutate(true) }]}>
        <ChevronDown size={14} strokeWidth={1.5} aria-hidden />
      </MenuButton>
    </Row>
  )
}

const steps: Record<string, string> = { load: 'Reading mail, calls and scores', model: 'Judging what was read', store: 'Keeping the answer', act: 'Thinking of what follows' }

/** How far an assessment is, or why the last one came to nothing. */
function OnItsWay({ standing }: { standing: Standing }) {
  const now = useNow()
  const { run } = standing
  if (run === null) return null
  if (atWork(run, now)) return <Working run={run} />
  if (run.state === 'failed' || run.state === 'dead' || run.state === 'paused')
    return <Banner tone="bad">The last assessment came to nothing: {run.error || 'the run ended without an answer'}.</Banner>
  if (run.state === 'waiting') return <Banner>The next assessment waits for an engine to answer.</Banner>
  const soon = Date.parse(run.run_at) - now < 10 * 60_000
  return <Banner>The next assessment comes by itself{soon ? ' within ten minutes' : <>, <When at={run.run_at} /></>}.</Banner>
}

function Working({ run }: { run: AssessmentRun }) {
  const workspace = useWorkspace()
  const trail = useQuery(runQuery(workspace, run.id))
  const done = trail.data?.steps ?? []
  const last = done.at(-1)
  return <Progress label={(last && steps[last.kind]) ?? 'Waiting for its turn'} value={done.length} max={null} note={done.length > 0 ? `step ${done.length}` : undefined} />
}
