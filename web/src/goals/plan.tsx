import { Link } from '@tanstack/react-router'
import { money } from '../ai/words'
import { isOver } from '../agents/words'
import type { PlanStep } from '../api/types'
import { counted } from '../record/words'
import { useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { Row, Text } from '../ui/layout'
import { Plan, PlanCard, PlanLevel } from '../ui/plan'
import { When } from '../ui/when'
import { afterWords, levelsOf, planWords } from './words'

/** The steps of a plan: side by side what needs nothing of each other, below it what comes after. */
export function PlanView({ plan }: { plan: PlanStep[] }) {
  return (
    <Plan label="Plan">
      {levelsOf(plan).map((steps, i) => (
        <PlanLevel key={steps[0]?.id} label={i === 0 ? 'First' : `Then, ${i + 1}`} first={i === 0}>
          {steps.map((s) => (
            <StepCard key={s.id} step={s} plan={plan} />
          ))}
        </PlanLevel>
      ))}
    </Plan>
  )
}

function toneOf(state: PlanStep['state']): 'quiet' | 'now' | 'bad' | 'good' {
  if (state === 'done') return 'good'
  if (state === 'failed' || state === 'dead') return 'bad'
  return state === 'planned' || isOver(state) ? 'quiet' : 'now'
}

function StepCard({ step: s, plan }: { step: PlanStep; plan: PlanStep[] }) {
  const workspace = useWorkspace()
  const state = planWords(s.state)
  const after = afterWords(s, plan)
  const at = s.finished_at ?? s.started_at
  return (
    <PlanCard title={s.title} tone={toneOf(s.state)} mark={<Badge tone={state.tone}>{state.words}</Badge>}>
      {after && (
        <Text as="p" size={12} tone="muted" dir="auto">
          {after}
        </Text>
      )}
      {(s.error || s.summary) && (
        <Text as="p" size={13} tone={s.error ? 'bad' : undefined} dir="auto">
          {s.error || s.summary}
        </Text>
      )}
      <Text size={12} tone="muted">
        {s.agent} · {money(s.cost_nano)}
        {at && (
          <>
            {' · '}
            <When at={at} />
          </>
        )}
      </Text>
      {(s.run_id || s.approvals > 0) && (
        <Row gap={3} wrap>
          {s.run_id && (
            <Link to="/w/$workspace/runs/$id" params={{ workspace, id: s.run_id }} aria-label={`Its run: “${s.title}”`}>
              Its run
            </Link>
          )}
          {s.approvals > 0 && <Badge tone="warn">{counted(s.approvals, 'action')} to allow</Badge>}
        </Row>
      )}
    </PlanCard>
  )
}

/** The way to what waits for a person. */
export function ApprovalLink({ id, title }: { id: string; title: string }) {
  const workspace = useWorkspace()
  return (
    <Link to="/w/$workspace/approvals" params={{ workspace }} search={{ id }} aria-label={`Decide: ${title}`}>
      Decide
    </Link>
  )
}
