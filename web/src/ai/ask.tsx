import { Send, Square } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { AiAnswer, AiQuestion } from '../api/types'
import { ProblemError } from '../api/problem'
import { useSession, useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Form, FormActions, SelectField, TextAreaField } from '../ui/form'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { Banner, EmptyState } from '../ui/state'
import { AnswerMark, Trail } from '../ui/trail'
import { ask } from './stream'
import { money, provenance, stepOf } from './words'

const classes: { value: NonNullable<AiQuestion['class']>; label: string }[] = [
  { value: 'fast', label: 'Little: quick and cheap' },
  { value: 'extract', label: 'Reading: facts out of a text' },
  { value: 'standard', label: 'Usual' },
  { value: 'deep', label: 'Hard: thinks before it answers' },
]

type Told = { text: string; answer?: AiAnswer; took: number; restarts: number; error?: Error; busy: boolean }

/** A question to see how the routing answers it. */
export function AskTab() {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const [task, setTask] = useState<NonNullable<AiQuestion['task']>>('ask')
  const [level, setLevel] = useState<NonNullable<AiQuestion['class']>>('standard')
  const [instruction, setInstruction] = useState('')
  const [material, setMaterial] = useState('')
  const [told, setTold] = useState<Told>()
  const stop = useRef<AbortController>(null)
  useEffect(() => () => stop.current?.abort(), [])
  const problem = told?.error instanceof ProblemError ? told.error : undefined
  const send = async () => {
    stop.current?.abort()
    const own = new AbortController()
    stop.current = own
    const began = Date.now()
    let now: Told = { text: '', took: 0, restarts: 0, busy: true }
    const show = (change: Partial<Told>) => {
      if (stop.current !== own) return
      now = { ...now, ...change, took: Date.now() - began }
      setTold(now)
    }
    show({})
    try {
      await ask(workspace, { task, class: level, instruction, material: material || undefined, fresh: true }, own.signal, {
        piece: (text) => show({ text: now.text + text }),
        restart: () => show({ text: '', restarts: now.restarts + 1 }),
        done: (answer) => show({ answer, text: answer.text, busy: false }),
      })
      show({ busy: false })
    } catch (error) {
      show({ busy: false, error: own.signal.aborted ? undefined : error instanceof Error ? error : new Error('The answer broke off.') })
    }
  }
  if (!canWrite)
    return (
      <Panel title="Try it">
        <EmptyState title="For members">A question costs money, so viewers cannot ask.</EmptyState>
      </Panel>
    )
  return (
    <Panel title="Try it">
      <Stack gap={5}>
        <Form label="Try it" onSubmit={() => void send()}>
          {problem && !problem.errors.length && <Banner tone="bad">{problem.message}</Banner>}
          {told?.error && !problem && <Banner tone="bad">{told.error.message}</Banner>}
          <SelectField
            label="What for"
            value={task}
            onChange={(e) => setTask(e.target.value === 'summarize' ? 'summarize' : 'ask')}
            options={[
              { value: 'ask', label: 'A question (needs a model)' },
              { value: 'summarize', label: 'Sum up a text (rules can too)' },
            ]}
          />
          <SelectField label="How much thought" value={level} onChange={(e) => setLevel(classes.find((c) => c.value === e.target.value)?.value ?? 'standard')} options={classes} help="The routing chooses who is asked by it." />
          <TextAreaField label="What you want" rows={3} maxLength={20_000} value={instruction} onChange={(e) => setInstruction(e.target.value)} error={problem?.field('instruction')} />
          <TextAreaField
            label="Text to work on"
            rows={5}
            value={material}
            onChange={(e) => setMaterial(e.target.value)}
            help="Whatever others wrote belongs here: it is quoted, and instructs nobody."
            error={problem?.field('material')}
          />
          <FormActions>
            {told?.busy && (
              <Button icon={Square} onClick={() => stop.current?.abort()}>
                Stop
              </Button>
            )}
            <Button type="submit" variant="primary" icon={Send} busy={told?.busy ?? false}>
              Ask
            </Button>
          </FormActions>
        </Form>
        {told && !told.error && <Answer told={told} />}
      </Stack>
    </Panel>
  )
}

function Answer({ told }: { told: Told }) {
  const { answer } = told
  const said =
    answer &&
    provenance(
      { engine: answer.engine, model: answer.model, cost_nano: answer.cost_nano, duration_ms: told.took, error: '', outcome: answer.cached ? 'cached' : answer.degraded ? 'degraded' : 'answered' },
      answer.attempts,
      answer.simulated,
    )
  return (
    <section aria-label="Answer" aria-busy={told.busy}>
      <Stack gap={3}>
        <Row gap={2} wrap>
          <Text weight={600}>Answer</Text>
          {said && <AnswerMark said={said} />}
          {answer?.simulated && <Badge tone="warn">Simulated</Badge>}
          {answer?.degraded && <Badge tone="warn">Rules stood in for a model</Badge>}
          {answer?.cached && <Badge>From the cache</Badge>}
          {told.restarts > 0 && <Badge>Begun anew</Badge>}
          {answer && <Badge>{answer.cost_nano > 0 ? money(answer.cost_nano) : 'Free'}</Badge>}
        </Row>
        <div aria-live="polite">
          {told.text.split(/\n+/).map((line, i) => (
            <Text key={i} as="p" dir="auto">
              {line}
            </Text>
          ))}
          {told.busy && told.text === '' && <Text tone="muted">Asking…</Text>}
        </div>
        {said && <Text size={13} tone="muted">{said}</Text>}
        {answer && answer.attempts.length > 0 && <Trail label="Who was asked" steps={answer.attempts.map(stepOf)} />}
      </Stack>
    </section>
  )
}
