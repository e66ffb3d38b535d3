import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { Ban } from 'lucide-react'
import { useState } from 'react'
import { money } from '../ai/words'
import { useSteer } from '../agents/steer'
import { isOver, pretty, runWords } from '../agents/words'
import type { GoalDetail } from '../api/types'
import { useMembers, useSession, useTouched, useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Confirm } from '../ui/dialog'
import { Page, Panel, Row, Scroll, Stack, Text } from '../ui/layout'
import { Report } from '../ui/report'
import { Fact, Facts } from '../ui/rows'
import { Banner, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { GoalProgress } from './goals-page'
import { ApprovalLink, PlanView } from './plan'
import { goalQuery } from './queries'
import { pageOf, plannerWords } from './words'

/** One goal: what waits for a person, its plan as it stands, and what came of it. */
export function GoalPage() {
  const workspace = useWorkspace()
  const { id } = useParams({ from: '/w/$workspace/goals/$id' })
  const goal = useQuery(goalQuery(workspace, id))
  return (
    <Page title={goal.data?.title ?? 'Goal'} back={<Link to="/w/$workspace/goals" params={{ workspace }}>Goals</Link>} actions={goal.data && !isOver(goal.data.state) && <Cancel id={id} />}>
      <Scroll width="normal">
        {goal.isPending && <SkeletonLines count={8} />}
        {goal.isError && <ErrorState title="The goal could not be read" error={goal.error} onRetry={() => void goal.refetch()} />}
        {goal.data && <GoalBody goal={goal.data} />}
      </Scroll>
    </Page>
  )
}

function Cancel({ id }: { id: string }) {
  const { canWrite } = useSession()
  const { cancel } = useSteer(id)
  const touched = useTouched()
  const [asked, setAsked] = useState(false)
  if (!canWrite) return null
  const settled = () => {
    setAsked(false)
    void touched('goals')
  }
  return (
    <>
      <Button icon={Ban} onClick={() => setAsked(true)}>
        Cancel
      </Button>
      {asked && (
        <Confirm title="Cancel this goal?" action="Cancel the goal" busy={cancel.isPending} onConfirm={() => cancel.mutate(undefined, { onSettled: settled })} onClose={() => setAsked(false)}>
          It ends with every step that has begun, and what waits for an approval is no longer asked. What is done so far stays.
        </Confirm>
      )}
    </>
  )
}

function GoalBody({ goal }: { goal: GoalDetail }) {
  const page = pageOf(goal.result)
  return (
    <Stack gap={5}>
      {goal.error && <Banner tone={goal.state === 'cancelled' ? 'neutral' : goal.state === 'paused' ? 'warn' : 'bad'}>{goal.error}</Banner>}
      {goal.approvals.length > 0 && (
        <Stack gap={2}>
          {goal.approvals.map((a) => (
            <Banner key={a.id} tone="warn" actions={<ApprovalLink id={a.id} title={a.title} />}>
              {a.plan ? 'The plan waits for somebody to allow it. Nothing of it has begun.' : `Waits for a person: ${a.title}`}
            </Banner>
          ))}
        </Stack>
      )}
      <Standing goal={goal} />
      {page && (
        <Panel title="Report">
          <Report label="Report" source={page} />
        </Panel>
      )}
      <Panel title="Plan">
        <Stack gap={3}>
          {goal.notes.map((note) => (
            <Text key={note} as="p" size={13} tone="muted" dir="auto">
              {note}
            </Text>
          ))}
          {goal.plan.length > 0 ? (
            <PlanView plan={goal.plan} />
          ) : (
            goal.notes.length === 0 && (
              <Text as="p" size={13} tone="muted">
                {isOver(goal.state) ? 'No plan was made.' : 'The plan is being made. It shows here as soon as it is there.'}
              </Text>
            )
          )}
        </Stack>
      </Panel>
    </Stack>
  )
}

function Standing({ goal }: { goal: GoalDetail }) {
  const workspace = useWorkspace()
  const person = useMembers().find((m) => m.user_id === goal.person)?.name
  const state = runWords(goal.state)
  const given = pretty(goal.arguments)
  return (
    <Panel title="How it stands" actions={<Badge tone={state.tone}>{state.words}</Badge>}>
      <Stack gap={3}>
        {goal.goal.includes(' ') && (
          <Text as="p" dir="auto">
            “{goal.goal}”
          </Text>
        )}
        {goal.summary && !pageOf(goal.result) && (
          <Text as="p" dir="auto">
            {goal.summary}
          </Text>
        )}
        {!isOver(goal.state) && <GoalProgress goal={goal} />}
        <Facts>
          <Fact label="Planned by">{plannerWords(goal)}</Fact>
          <Fact label="For">{person ?? 'Nobody in particular'}</Fact>
          <Fact label="Began">
            <When at={goal.started_at} />
          </Fact>
          {goal.finished_at && (
            <Fact label="Ended">
              <When at={goal.finished_at} />
            </Fact>
          )}
          {goal.plan.length > 0 && <Fact label="Risk">{goal.risk} of 100</Fact>}
          <Fact label="Cost">{money(goal.cost_nano)}</Fact>
        </Facts>
        <Row gap={4} wrap>
          <Link to="/w/$workspace/runs/$id" params={{ workspace, id: goal.id }}>
            Its run, step by step
          </Link>
          {goal.parent_id && (
            <Link to="/w/$workspace/goals/$id" params={{ workspace, id: goal.parent_id }}>
              The goal of which this is a step
            </Link>
          )}
        </Row>
        {given && (
          <details>
            <summary>What it was given</summary>
            <Text as="p" mono size={12} dir="auto">
              {given}
            </Text>
          </details>
        )}
      </Stack>
    </Panel>
  )
}
