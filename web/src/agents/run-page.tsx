import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { Ban, RotateCcw, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { CallTrail } from '../ai/calls'
import { money, span } from '../ai/words'
import type { RunStep, RunTrail } from '../api/types'
import { counted } from '../record/words'
import { useMembers, useSession, useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Confirm } from '../ui/dialog'
import { EngineMark } from '../ui/engine'
import { Page, Panel, Row, Scroll, Stack, Text } from '../ui/layout'
import { EntryHead, Fact, Facts, Preview, RowEntry, Rows } from '../ui/rows'
import { Banner, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { RunTable } from './agents-page'
import { runQuery } from './queries'
import { Conflicts, useSteer } from './steer'
import { UsedMemories } from './used'
import { canRetry, isOver, memoriesOf, pretty, runTitle, runWords, stepState, stepWords, summaryOf } from './words'

/** One run: what it did step by step, what it cost, and the ways to end, repeat and take it back. */
export function RunPage() {
  const workspace = useWorkspace()
  const { id } = useParams({ from: '/w/$workspace/runs/$id' })
  const run = useQuery(runQuery(workspace, id))
  const title = run.data ? runTitle(run.data) : 'Run'
  return (
    <Page title={title} back={<Link to="/w/$workspace/agents" params={{ workspace }}>Agents</Link>} actions={run.data?.program && <Steering run={run.data} />}>
      <Scroll width="normal">
        {run.isPending && <SkeletonLines count={8} />}
        {run.isError && <ErrorState title="The run could not be read" error={run.error} onRetry={() => void run.refetch()} />}
        {run.data && <RunBody run={run.data} />}
      </Scroll>
    </Page>
  )
}

function Steering({ run }: { run: RunTrail }) {
  const { canWrite } = useSession()
  const { cancel, retry, undo } = useSteer(run.id)
  const [asked, setAsked] = useState<'cancel' | 'undo'>()
  if (!canWrite) return null
  const acted = run.steps.some((s) => s.kind === 'act' || s.kind === 'store' || s.kind === 'child')
  return (
    <>
      {canRetry(run.state) && (
        <Button icon={RotateCcw} busy={retry.isPending} onClick={() => retry.mutate()}>
          Try again
        </Button>
      )}
      {!isOver(run.state) && (
        <Button icon={Ban} onClick={() => setAsked('cancel')}>
          Cancel
        </Button>
      )}
      {isOver(run.state) && acted && (
        <Button icon={Undo2} onClick={() => setAsked('undo')}>
          Undo this run
        </Button>
      )}
      {asked === 'cancel' && (
        <Confirm title="Cancel this run?" action="Cancel the run" busy={cancel.isPending} onConfirm={() => cancel.mutate(undefined, { onSettled: () => setAsked(undefined) })} onClose={() => setAsked(undefined)}>
          It ends with all that it started, and what it wanted allowed is no longer asked. What it has done so far stays.
        </Confirm>
      )}
      {asked === 'undo' && (
        <Confirm title="Take back what this run changed?" action="Take it back" busy={undo.isPending} onConfirm={() => undo.mutate(undefined, { onSettled: () => setAsked(undefined) })} onClose={() => setAsked(undefined)}>
          Fields that somebody has changed since stay as they are. Mail that has left cannot be called back.
        </Confirm>
      )}
      {undo.data && <Conflicts undone={undo.data} onClose={() => undo.reset()} />}
    </>
  )
}

function RunBody({ run }: { run: RunTrail }) {
  const person = useMembers().find((m) => m.user_id === run.person)?.name
  const state = runWords(run.state)
  const summary = summaryOf(run.output)
  return (
    <Stack gap={5}>
      {run.error && <Banner tone={run.state === 'paused' ? 'warn' : run.state === 'cancelled' ? 'neutral' : 'bad'}>{run.error}</Banner>}
      <Panel title={run.agent} actions={<Badge tone={state.tone}>{state.words}</Badge>}>
        <Stack gap={3}>
          {summary && (
            <Row gap={2} align="top">
              <Text as="p" dir="auto">
                {summary}
              </Text>
              {run.engine && <EngineMark engine={run.engine} version={run.version} degraded={run.degraded} />}
            </Row>
          )}
          <Facts>
            <Fact label="For">{person ?? 'Nobody in particular'}</Fact>
            <Fact label="Began">
              <When at={run.started_at} />
            </Fact>
            <Fact label={run.finished_at ? 'Ended' : 'Goes on'}>{run.finished_at ? <When at={run.finished_at} /> : run.state === 'queued' ? <When at={run.run_at} /> : '–'}</Fact>
            <Fact label="Worked">{span(run.worked_ms)}</Fact>
            <Fact label="Questions to models">{run.calls.toLocaleString()}</Fact>
            <Fact label="Tokens">{run.tokens.toLocaleString()}</Fact>
            <Fact label="Cost">{money(run.cost_nano)}</Fact>
          </Facts>
          <Origin run={run} />
          <Json label="What it was given" value={run.input} />
          <Json label="What came of it" value={run.output} />
        </Stack>
      </Panel>
      <Panel title={counted(run.steps.length, 'step')} flush>
        {run.steps.length === 0 ? (
          <Text as="p" size={13} tone="muted">
            It has not begun.
          </Text>
        ) : (
          <Rows label="Steps">
            {run.steps.map((s) => (
              <StepEntry key={s.seq} step={s} />
            ))}
          </Rows>
        )}
      </Panel>
      {run.children.length > 0 && (
        <Panel title="Runs that it started" flush>
          <RunTable label="Runs that it started" runs={run.children} />
        </Panel>
      )}
    </Stack>
  )
}

/** Where the run comes from: only goals start runs of others. */
function Origin({ run }: { run: RunTrail }) {
  const workspace = useWorkspace()
  if (!run.parent_id && run.agent !== 'orchestrator') return null
  return (
    <Row gap={4} wrap>
      <Link to="/w/$workspace/goals/$id" params={{ workspace, id: run.parent_id ?? run.id }}>
        {run.parent_id ? 'The goal of which this is a step' : 'Its goal, as a plan'}
      </Link>
      {run.parent_id && (
        <Link to="/w/$workspace/runs/$id" params={{ workspace, id: run.parent_id }}>
          The run that started this one
        </Link>
      )}
    </Row>
  )
}

function StepEntry({ step: s }: { step: RunStep }) {
  const workspace = useWorkspace()
  const state = stepState(s.state)
  const facts = [s.cost_nano > 0 ? money(s.cost_nano) : '', s.tokens > 0 ? `${s.tokens.toLocaleString()} tokens` : '', s.attempts > 1 ? `begun ${s.attempts} times` : '']
  return (
    <RowEntry>
      <EntryHead>
        <Stack gap={0}>
          <Text weight={500}>
            {s.seq}. {stepWords(s.kind)}
            {s.key && `: ${s.key}`}
          </Text>
          <Text size={12} tone="muted">
            {facts.filter(Boolean).map((f) => `${f} · `)}
            <When at={s.finished_at ?? s.started_at} />
          </Text>
        </Stack>
        <Row gap={2} wrap>
          {s.maybe_billed > 0 && (
            <Badge tone="warn" title="The process ended before the answer was stored; the provider may have charged for it.">
              {counted(s.maybe_billed, 'call')} maybe billed
            </Badge>
          )}
          <Badge tone={state.tone}>{state.words}</Badge>
        </Row>
      </EntryHead>
      {s.error && (
        <Text as="p" size={13} tone="bad" dir="auto">
          {s.error}
        </Text>
      )}
      {s.child_id && (
        <Link to="/w/$workspace/runs/$id" params={{ workspace, id: s.child_id }}>
          The run that it started
        </Link>
      )}
      {s.approval_id && (
        <Link to="/w/$workspace/approvals" params={{ workspace }} search={{ id: s.approval_id }}>
          {s.state === 'waiting' ? 'Waits for approval' : 'What was decided about it'}
        </Link>
      )}
      {s.kind === 'load' && <UsedMemories memories={memoriesOf(s.output)} />}
      <Json label="Input" value={s.input} />
      <Json label="Output" value={s.output} />
      {s.call_id && <Calls id={s.call_id} />}
    </RowEntry>
  )
}

/** Who was asked, read only when somebody wants to know. */
function Calls({ id }: { id: string }) {
  const [open, setOpen] = useState(false)
  return (
    <details onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>Who was asked</summary>
      {open && <CallTrail id={id} />}
    </details>
  )
}

function Json({ label, value }: { label: string; value: unknown }) {
  const text = pretty(value)
  if (text === '') return null
  return (
    <details>
      <summary>{label}</summary>
      <Preview label={label}>
        <Text mono size={12} dir="auto">
          {text}
        </Text>
      </Preview>
    </details>
  )
}
