import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ArrowLeft, Play } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import type { GoalTemplate } from '../api/types'
import { useTouched, useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { entry, Form, FormActions, SelectField, TextAreaField, TextField } from '../ui/form'
import { Row, Stack, Text } from '../ui/layout'
import { Choice, Choices } from '../ui/rows'
import { Banner } from '../ui/state'
import { argumentsOf, faultOf, fieldsOf, type Field } from './fields'
import { RecordPicker } from './picker'

/** A goal in words, or one of the known ones with what it takes. */
export function SetGoal({ templates }: { templates: GoalTemplate[] }) {
  const [name, setName] = useState<string>()
  const chosen = templates.find((t) => t.name === name)
  if (chosen) return <KnownGoal key={chosen.name} template={chosen} onBack={() => setName(undefined)} />
  return (
    <Stack gap={4}>
      <FreeGoal />
      <Stack gap={2}>
        <Text as="h3" size={13} weight={600}>
          Or begin with a known one
        </Text>
        <Choices label="Known goals" many>
          {templates.map((t) => (
            <Choice key={t.name} title={t.title} off={t.available ? undefined : t.reason} onChoose={() => setName(t.name)}>
              {t.about}
            </Choice>
          ))}
        </Choices>
      </Stack>
    </Stack>
  )
}

type Wish = { goal: string; arguments?: Record<string, string | number> }

function useStart() {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const touched = useTouched()
  return useMutation({
    mutationFn: (body: Wish) => read(server.POST('/v1/workspaces/{workspace}/goals', { params: { path: { workspace } }, body })),
    onSuccess: async ({ run_id: id }) => {
      void touched('goals', 'runs')
      await navigate({ to: '/w/$workspace/goals/$id', params: { workspace, id } })
    },
  })
}

function FreeGoal() {
  const start = useStart()
  const [short, setShort] = useState(false)
  const send = (data: FormData) => {
    const goal = entry(data, 'goal')
    setShort(goal.split(/\s+/).length < 2)
    if (goal.split(/\s+/).length >= 2) start.mutate({ goal })
  }
  return (
    <Form label="A goal in words" onSubmit={send}>
      <TextAreaField
        label="What shall be reached?"
        name="goal"
        rows={2}
        maxLength={2000}
        placeholder="Follow up the hot leads of this week"
        error={short ? 'Say it in a sentence: what is wanted, and for whom.' : start.error?.message}
        help="The plan is shown first; nothing begins before you allow it."
      />
      <FormActions>
        <Button type="submit" variant="primary" busy={start.isPending}>
          Plan it
        </Button>
      </FormActions>
    </Form>
  )
}

function KnownGoal({ template: t, onBack }: { template: GoalTemplate; onBack: () => void }) {
  const start = useStart()
  const fields = fieldsOf(t.arguments)
  const [values, setValues] = useState<Record<string, string>>({})
  const [tried, setTried] = useState(false)
  const untouched = Object.values(values).every((v) => v === '')
  const told = start.error instanceof ProblemError ? start.error : undefined
  const errorOf = (f: Field) => (tried && faultOf(f, values[f.name])) || told?.field(`arguments/${f.name}`) || ''
  const send = () => {
    setTried(true)
    if (fields.every((f) => faultOf(f, values[f.name]) === '')) start.mutate({ goal: t.name, arguments: argumentsOf(fields, values) })
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- Escape leads back while nothing is typed
    <div onKeyDown={(e) => e.key === 'Escape' && !e.defaultPrevented && untouched && onBack()}>
      <Stack gap={3}>
        <Row>
          <Button size="small" variant="quiet" icon={ArrowLeft} autoFocus onClick={onBack}>
            All goals
          </Button>
        </Row>
        <Stack gap={1}>
          <Text as="h3" size={16} weight={600}>
            {t.title}
          </Text>
          <Text as="p" size={13} tone="muted">
            {t.about}
          </Text>
          {t.without.map((words) => (
            <Text key={words} as="p" size={13} tone="warn">
              {words}
            </Text>
          ))}
        </Stack>
        <Form label={t.title} onSubmit={send}>
          {start.error && !fields.some((f) => errorOf(f)) && <Banner tone="bad">{start.error.message}</Banner>}
          {fields.map((f) => (
            <ArgumentField key={f.name} field={f} value={values[f.name] ?? f.initial} error={errorOf(f)} onChange={(value) => setValues((now) => ({ ...now, [f.name]: value }))} />
          ))}
          <FormActions>
            <Button type="submit" variant="primary" icon={Play} busy={start.isPending}>
              Start
            </Button>
          </FormActions>
        </Form>
      </Stack>
    </div>
  )
}

type ArgumentProps = { field: Field; value: string; error: string; onChange: (value: string) => void }

function ArgumentField({ field: f, value, error, onChange }: ArgumentProps) {
  const label = f.required ? f.label : `${f.label} (optional)`
  const wired = { label, value, error: error || undefined, help: f.help || undefined, onChange: (e: { target: { value: string } }) => onChange(e.target.value) }
  switch (f.kind) {
    case 'contact':
    case 'thread':
      return <RecordPicker label={f.label} kind={f.kind} error={error} onChange={onChange} />
    case 'choice':
      return <SelectField {...wired} options={[...(f.required || f.initial ? [] : [{ value: '', label: '–' }]), ...f.options.map((o) => ({ value: o, label: o.charAt(0).toUpperCase() + o.slice(1).replaceAll('_', ' ') }))]} />
    case 'number':
      return <TextField {...wired} type="number" inputMode="numeric" min={f.min} max={f.max} />
    case 'words':
      return <TextAreaField {...wired} rows={3} maxLength={f.maxLength} dir="auto" />
    default:
      return <TextField {...wired} maxLength={f.maxLength} dir="auto" />
  }
}
