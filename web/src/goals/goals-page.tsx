import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Goal as GoalIcon } from 'lucide-react'
import { money } from '../ai/words'
import { isOver, runWords } from '../agents/words'
import type { Goal } from '../api/types'
import { counted } from '../record/words'
import { useSession, useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Padded, Page, Panel, Row, Scroll, Stack, Text } from '../ui/layout'
import { Progress } from '../ui/progress'
import { EntryHead, RowEntry, Rows } from '../ui/rows'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { goalsQuery } from './queries'
import { SetGoal } from './set-goal'

/** What the agents are to reach together: setting a goal, and how far the others are. */
export function GoalsPage() {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const goals = useInfiniteQuery(goalsQuery(workspace))
  const rows = goals.data?.pages.flatMap((p) => p.data) ?? []
  return (
    <Page title="Goals">
      <Scroll width="normal">
        <Stack gap={5}>
          {canWrite && (
            <Panel title="Set a goal">
              {goals.data ? <SetGoal templates={goals.data.pages[0]?.templates ?? []} /> : goals.isPending && <SkeletonLines count={8} />}
              {goals.isError && !goals.data && (
                <Text as="p" tone="muted">
                  What can be set is not known, because the goals could not be read.
                </Text>
              )}
            </Panel>
          )}
          <Panel title="Goals so far" flush>
            {goals.isPending && <SkeletonLines count={5} />}
            {goals.isError && <ErrorState title="The goals could not be read" error={goals.error} onRetry={() => void goals.refetch()} />}
            {goals.data && rows.length === 0 && (
              <EmptyState icon={GoalIcon} title="No goals yet">
                A goal is planned, carried out by the agents step by step, and ends with a report. What could reach others waits for you first.
              </EmptyState>
            )}
            {rows.length > 0 && (
              <Rows label="Goals">
                {rows.map((g) => (
                  <GoalEntry key={g.id} goal={g} />
                ))}
              </Rows>
            )}
            {goals.hasNextPage && (
              <Padded>
                <Button busy={goals.isFetchingNextPage} onClick={() => void goals.fetchNextPage()}>
                  Show older goals
                </Button>
              </Padded>
            )}
          </Panel>
        </Stack>
      </Scroll>
    </Page>
  )
}

function GoalEntry({ goal: g }: { goal: Goal }) {
  const workspace = useWorkspace()
  const state = runWords(g.state)
  const said = g.error || g.summary
  return (
    <RowEntry>
      <EntryHead>
        <Stack gap={0}>
          <Link to="/w/$workspace/goals/$id" params={{ workspace, id: g.id }} dir="auto">
            {g.title}
          </Link>
          {said && (
            <Text as="p" size={13} tone={g.state === 'failed' || g.state === 'dead' ? 'bad' : 'muted'} dir="auto">
              {said}
            </Text>
          )}
          <Text size={12} tone="muted">
            {g.steps > 0 && `${counted(g.steps, 'step')} · `}
            {money(g.cost_nano)} · <When at={g.started_at} />
          </Text>
        </Stack>
        <Row gap={2}>
          <Badge tone={state.tone}>{state.words}</Badge>
        </Row>
      </EntryHead>
      {!isOver(g.state) && <GoalProgress goal={g} />}
    </RowEntry>
  )
}

/** How many steps are over; without an end while there is no plan. */
export function GoalProgress({ goal: g }: { goal: Pick<Goal, 'steps' | 'begun' | 'ended' | 'state'> }) {
  if (g.steps === 0) return <Progress label={g.state === 'queued' ? 'Waits for its turn' : 'Being planned'} value={0} max={g.state === 'queued' ? 1 : null} />
  return <Progress label={g.begun === 0 ? 'Planned' : 'Under way'} value={g.ended} max={g.steps} note={`${g.ended} of ${counted(g.steps, 'step')}`} />
}
