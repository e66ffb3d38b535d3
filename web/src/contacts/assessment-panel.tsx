import { useMutation, useQuery } from '@tanstack/react-query'
import { ListPlus } from 'lucide-react'
import { read, server } from '../api/client'
import type { Assessment, Standing } from '../api/types'
import { useSession, useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Badge } from '../ui/badge'
import { Fact, Facts, NextAction, SignalLine, Signals } from '../ui/brief'
import { Button } from '../ui/button'
import { Row, Stack, Text } from '../ui/layout'
import { Score } from '../ui/score'
import { SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { Citations } from './citation'
import { actions, intents, moodWords, pointWords, roles, stages, velocityWords } from './judgements'
import { standingQuery } from './standing'

/** The judgement: what they want, how near they are, what speaks for and against, and what to do next. */
export function AssessmentPanel({ id }: { id: string }) {
  const workspace = useWorkspace()
  const standing = useQuery(standingQuery(workspace, id))
  return (
    <Stack gap={3}>
      <Row justify="between">
        <Text as="h2" weight={600}>
          Assessment
        </Text>
        {standing.data && standing.data.composite !== null && <Score score={standing.data.composite} />}
      </Row>
      {standing.isPending && <SkeletonLines count={5} />}
      {standing.isError && (
        <Text as="p" size={13} tone="muted">
          Could not be read.
        </Text>
      )}
      {standing.data && <Composite standing={standing.data} />}
      {standing.data?.assessment && <Judgement id={id} standing={standing.data} found={standing.data.assessment} />}
    </Stack>
  )
}

function Composite({ standing }: { standing: Standing }) {
  if (standing.composite === null)
    return (
      <Text as="p" size={13} tone="muted">
        Neither scored nor assessed yet.
      </Text>
    )
  return (
    <Text as="p" size={12} tone="muted">
      {standing.points.map(pointWords).join(' · ')}
      {standing.assessment?.degraded && ' · the assessment is provisional and gives no points'}
    </Text>
  )
}

function Judgement({ id, standing, found }: { id: string; standing: Standing; found: Assessment }) {
  const [intent, stage, role] = [intents[found.buying_intent], stages[found.decision_stage], roles[found.role_type]]
  return (
    <>
      <Next id={id} found={found} />
      <Facts>
        <Fact name="Buying intent">
          <Badge tone={intent.tone}>{intent.words}</Badge>
        </Fact>
        <Fact name="Stage">
          <Badge tone={stage.tone}>{stage.words}</Badge>
        </Fact>
        <Fact name="Role">
          <Badge tone={role.tone}>{role.words}</Badge>
        </Fact>
        <Fact name="Engagement">{found.engagement_score} of 100</Fact>
        <Fact name="Pace">{velocityWords(found.engagement_velocity)}</Fact>
        <Fact name="Mood">{moodWords(found.sentiment_score)}</Fact>
      </Facts>
      <SignalList title="Speaks for them" signals={found.opportunity_signals} standing={standing} good />
      <SignalList title="Speaks against" signals={found.risk_signals} standing={standing} good={false} />
    </>
  )
}

function SignalList({ title, signals, standing, good }: { title: string; signals: Assessment['risk_signals']; standing: Standing; good: boolean }) {
  if (signals.length === 0) return null
  return (
    <Stack gap={1}>
      <Text as="h3" size={13} weight={600}>
        {title}
      </Text>
      <Signals label={title}>
        {signals.map((s) => (
          <SignalLine key={`${s.kind} ${s.text}`} good={good}>
            {s.text}
            <Citations of={s.citations} standing={standing} />
          </SignalLine>
        ))}
      </Signals>
    </Stack>
  )
}

function Next({ id, found }: { id: string; found: Assessment }) {
  const { canWrite } = useSession()
  const make = useTask(id)
  const action = found.next_best_action
  return (
    <NextAction>
      <Row justify="between" wrap>
        <Text as="h3" size={13} weight={600}>
          {actions[action.kind]}
        </Text>
        {action.due && (
          <Text size={12} tone="muted">
            due <When at={action.due} />
          </Text>
        )}
      </Row>
      {action.text && <Text size={13}>{action.text}</Text>}
      {canWrite && action.kind !== 'none' && (
        <Row>
          <Button size="small" icon={ListPlus} busy={make.isPending} onClick={() => make.mutate(action)}>
            Make a task
          </Button>
        </Row>
      )}
    </NextAction>
  )
}

/** Makes a task of the next action; one press takes it back. */
function useTask(id: string) {
  const workspace = useWorkspace()
  const { me } = useSession()
  const touched = useTouched()
  const toast = useToast()
  const done = () => touched('contacts', 'tasks', 'today', 'search')
  const onError = (error: Error) => toast({ title: 'No task was made', detail: error.message, tone: 'bad' })
  const unmake = useMutation({ mutationFn: (task: string) => server.DELETE('/v1/workspaces/{workspace}/tasks/{id}', { params: { path: { workspace, id: task } } }), onSuccess: done, onError })
  return useMutation({
    mutationFn: (action: Assessment['next_best_action']) =>
      read(
        server.POST('/v1/workspaces/{workspace}/tasks', {
          params: { path: { workspace } },
          body: { title: action.text || actions[action.kind], due_at: action.due ?? undefined, entity: 'contact', entity_id: id, priority: 'high', assignee_id: me.user.id },
        }),
      ),
    onSuccess: (task) => {
      toast({ title: `Task: ${task.title}`, action: { label: 'Undo', run: () => unmake.mutate(task.id) } })
      return done()
    },
    onError,
  })
}
