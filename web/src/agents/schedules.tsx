import { queryOptions, useMutation, useQuery } from '@tanstack/react-query'
import { CalendarClock, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import type { Schedule } from '../api/types'
import { useSession, useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Badge } from '../ui/badge'
import { Button, IconButton } from '../ui/button'
import { Table } from '../ui/code'
import { Confirm, Dialog } from '../ui/dialog'
import { entry, Form, FormActions, SelectField, Switch, TextAreaField, TextField } from '../ui/form'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { inWords, rhythms } from './cron'

const schedulesQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'schedules', 'list'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/schedules', { params: { path: { workspace }, query: { limit: 200 } }, signal })).then((p) => p.data),
  })

/** When agents run by themselves. */
export function SchedulesTab({ agents }: { agents: string[] }) {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const schedules = useQuery(schedulesQuery(workspace))
  const [adding, setAdding] = useState(false)
  const add = isAdmin && (
    <Button size="small" icon={Plus} onClick={() => setAdding(true)}>
      Add a schedule
    </Button>
  )
  return (
    <Panel title="Schedules" actions={schedules.data && schedules.data.length > 0 && add} flush>
      {schedules.isPending && <SkeletonLines count={3} />}
      {schedules.isError && <ErrorState title="The schedules could not be read" error={schedules.error} onRetry={() => void schedules.refetch()} />}
      {schedules.data?.length === 0 && (
        <EmptyState icon={CalendarClock} title="Nothing runs by the clock yet" actions={add}>
          A schedule runs an agent or a goal in your name: the week’s report on Monday morning, a look at quiet contacts each night.
        </EmptyState>
      )}
      {schedules.data && schedules.data.length > 0 && (
        <Table folds label="Schedules" head={['What', 'When', 'Next', 'Last', '']}>
          {schedules.data.map((s) => (
            <ScheduleRow key={s.id} schedule={s} />
          ))}
        </Table>
      )}
      {adding && <NewSchedule agents={agents} onClose={() => setAdding(false)} />}
    </Panel>
  )
}

function ScheduleRow({ schedule: s }: { schedule: Schedule }) {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const touched = useTouched()
  const toast = useToast()
  const [leaving, setLeaving] = useState(false)
  const turn = useMutation({
    mutationFn: (enabled: boolean) =>
      read(server.PATCH('/v1/workspaces/{workspace}/schedules/{id}', { params: { path: { workspace, id: s.id }, header: { 'If-Match': `"${s.version}"` } }, body: { enabled } })),
    onSettled: () => touched('schedules'),
    onError: (error) => toast({ title: 'Not changed', detail: error.message, tone: 'bad' }),
  })
  const remove = useMutation({
    mutationFn: () => server.DELETE('/v1/workspaces/{workspace}/schedules/{id}', { params: { path: { workspace, id: s.id } } }),
    onSuccess: () => {
      setLeaving(false)
      return touched('schedules')
    },
    onError: (error) => toast({ title: 'Not deleted', detail: error.message, tone: 'bad' }),
  })
  return (
    <tr>
      <td>
        <Stack gap={0}>
          <Text weight={500}>{s.title}</Text>
          <Text size={12} tone="muted">
            {s.agent}
          </Text>
        </Stack>
      </td>
      <td data-label="When">
        <Text tone="muted">{inWords(s.cron, s.time_zone)}</Text>
      </td>
      <td data-label="Next">
        {s.late ? <Badge tone="warn">Late</Badge> : s.enabled ? <When at={s.next_at} /> : <Text tone="muted">Off</Text>}
      </td>
      <td data-label="Last">
        {s.last_at ? (
          <Row gap={2}>
            <When at={s.last_at} />
            {s.last_state && <Text tone="muted">{s.last_state}</Text>}
          </Row>
        ) : (
          <Text tone="muted">Never</Text>
        )}
        {s.missed > 0 && (
          <Text size={12} tone="muted">
            {s.missed} missed
          </Text>
        )}
      </td>
      <td>
        {isAdmin && (
          <Row gap={2} justify="end">
            <Switch label="On" aria-label={`Run ${s.title}`} checked={s.enabled} disabled={turn.isPending} onChange={(on) => turn.mutate(on)} />
            <IconButton icon={Trash2} size="small" label={`Delete ${s.title}`} onClick={() => setLeaving(true)} />
          </Row>
        )}
        {leaving && (
          <Confirm title={`Delete ${s.title}?`} action="Delete it" busy={remove.isPending} onConfirm={() => remove.mutate()} onClose={() => setLeaving(false)}>
            What it has run stays under Runs.
          </Confirm>
        )}
      </td>
    </tr>
  )
}

function NewSchedule({ agents, onClose }: { agents: string[]; onClose: () => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const [rhythm, setRhythm] = useState(rhythms[0]?.cron ?? '')
  const [wrong, setWrong] = useState<string>()
  const save = useMutation({
    mutationFn: ({ data, input }: { data: FormData; input: Record<string, unknown> }) =>
      read(
        server.POST('/v1/workspaces/{workspace}/schedules', {
          params: { path: { workspace } },
          body: { agent: entry(data, 'agent'), title: entry(data, 'title'), cron: rhythm || entry(data, 'cron'), input },
        }),
      ),
    onSuccess: () => {
      onClose()
      toast({ title: 'The schedule is kept' })
      return touched('schedules')
    },
  })
  const problem = save.error instanceof ProblemError ? save.error : undefined
  const submit = (data: FormData) => {
    const input = parsed(entry(data, 'input'))
    setWrong(input ? undefined : 'Write a JSON object, such as {"goal": "weekly_report"}.')
    if (input) save.mutate({ data, input })
  }
  return (
    <Dialog title="Add a schedule" onClose={onClose}>
      <Form label="Add a schedule" onSubmit={submit}>
        {save.error && !problem?.errors.length && <Banner tone="bad">{save.error.message}</Banner>}
        <TextField label="Title" name="title" required maxLength={200} placeholder="The week in numbers" autoFocus error={problem?.field('title')} />
        <SelectField label="Agent" name="agent" defaultValue={agents.includes('orchestrator') ? 'orchestrator' : agents[0]} options={agents.map((a) => ({ value: a, label: a }))} error={problem?.field('agent')} />
        <SelectField label="When" value={rhythm} onChange={(e) => setRhythm(e.target.value)} options={[...rhythms.map((r) => ({ value: r.cron, label: r.label })), { value: '', label: 'Another time …' }]} error={rhythm ? problem?.field('cron') : undefined} />
        {!rhythm && <TextField label="Cron" name="cron" required placeholder="0 7 * * 1" help="Minute, hour, day, month, weekday, in the workspace’s time zone; every 5 minutes at most." error={problem?.field('cron')} />}
        <TextAreaField label="What it is given" name="input" rows={3} defaultValue={'{"goal": "weekly_report"}'} help="A JSON object, as when the agent is run by hand." error={wrong ?? problem?.field('input')} />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.isPending}>
            Keep it
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text || '{}')
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : undefined
  } catch {
    return undefined
  }
}
