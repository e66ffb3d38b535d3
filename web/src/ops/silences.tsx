import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { BellOff, Plus } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import type { Silence } from '../api/types'
import { useToast } from '../shell/toasts'
import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { Dialog } from '../ui/dialog'
import { entry, Form, FormActions, SelectField, TextField } from '../ui/form'
import { Panel, Stack, Text } from '../ui/layout'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { alertsQuery, opsTouched, silencesQuery } from './queries'

/** What nobody is told of for a while. */
export function Silences({ onNew }: { onNew: () => void }) {
  const silences = useQuery(silencesQuery)
  const add = (
    <Button size="small" icon={Plus} onClick={onNew}>
      New silence
    </Button>
  )
  return (
    <Panel title="Silences" actions={silences.data && silences.data.length > 0 && add} flush>
      {silences.isPending && <SkeletonLines count={2} />}
      {silences.isError && <ErrorState title="The silences could not be read" error={silences.error} onRetry={() => void silences.refetch()} />}
      {silences.data?.length === 0 && (
        <EmptyState icon={BellOff} title="Nothing is silenced" actions={add}>
          While work is planned, a rule can be kept from telling anybody.
        </EmptyState>
      )}
      {silences.data && silences.data.length > 0 && (
        <Table folds label="Silences" head={['What', 'Why', 'Begins', 'Ends', '']}>
          {silences.data.map((s) => (
            <SilenceRow key={s.id} silence={s} />
          ))}
        </Table>
      )}
    </Panel>
  )
}

function useRuleName(): (rule: string) => string {
  const rules = useQuery(alertsQuery).data?.data ?? []
  return (rule) => (rule === '*' ? 'All rules' : (rules.find((r) => r.rule === rule)?.title ?? rule))
}

function SilenceRow({ silence: s }: { silence: Silence }) {
  const client = useQueryClient()
  const toast = useToast()
  const name = useRuleName()
  const touched = () => opsTouched(client, 'silences', 'alerts')
  const again = async () => {
    const minutes = Math.max(1, Math.ceil((Date.parse(s.ends_at) - Date.now()) / 60_000))
    await read(server.POST('/v1/ops/silences', { body: { rule: s.rule, reason: s.reason, kind: s.kind, minutes } })).then(touched, (error: unknown) => toast({ title: 'It could not be taken back', detail: error instanceof Error ? error.message : undefined, tone: 'bad' }))
  }
  const end = useMutation({
    mutationFn: () => server.DELETE('/v1/ops/silences/{silence}', { params: { path: { silence: s.id } } }),
    onSuccess: () => toast({ title: `No longer silenced: ${name(s.rule)}`, action: { label: 'Undo', run: () => void again() } }),
    onError: (error) => toast({ title: 'The silence goes on', detail: error.message, tone: 'bad' }),
    onSettled: touched,
  })
  return (
    <tr>
      <td>
        <Text weight={500}>{name(s.rule)}</Text>
      </td>
      <td data-label="Why">
        <Text dir="auto">{s.reason}</Text>
      </td>
      <td data-label="Begins">
        <Text tone="muted">
          <When at={s.starts_at} />
        </Text>
      </td>
      <td data-label="Ends">
        <Text tone="muted">
          <When at={s.ends_at} />
        </Text>
      </td>
      <td>
        <Button size="small" variant="quiet" aria-label={`End the silence of ${name(s.rule)}`} busy={end.isPending} onClick={() => end.mutate()}>
          End
        </Button>
      </td>
    </tr>
  )
}

const spans = [
  { value: '15', label: '15 minutes' },
  { value: '60', label: 'An hour' },
  { value: '240', label: '4 hours' },
  { value: '1440', label: 'A day' },
  { value: '10080', label: 'A week' },
]

export function NewSilence({ rule: chosen, onClose }: { rule: string; onClose: () => void }) {
  const client = useQueryClient()
  const toast = useToast()
  const name = useRuleName()
  const rules = useQuery(alertsQuery).data?.data ?? []
  const [rule, setRule] = useState(chosen)
  const [kind, setKind] = useState<Silence['kind']>('silence')
  const [missing, setMissing] = useState(false)
  const make = useMutation({
    mutationFn: (body: { minutes: number; reason: string }) => read(server.POST('/v1/ops/silences', { body: { rule, kind, ...body } })),
    onSuccess: (made) => {
      toast({ title: `Silenced: ${name(made.rule)}` })
      onClose()
    },
    onSettled: () => opsTouched(client, 'silences', 'alerts'),
  })
  const problem = make.error instanceof ProblemError ? make.error : undefined
  const send = (data: FormData) => {
    const reason = entry(data, 'reason')
    setMissing(reason === '')
    if (reason) make.mutate({ minutes: Number(entry(data, 'minutes')), reason })
  }
  return (
    <Dialog title="Silence" onClose={onClose}>
      <Form label="Silence" onSubmit={send}>
        <Stack gap={3}>
          {make.error && !problem?.errors.length && <Banner tone="bad">{make.error.message}</Banner>}
          <SelectField label="What" value={rule} onChange={(e) => setRule(e.target.value)} options={[{ value: '*', label: 'All rules' }, ...rules.map((r) => ({ value: r.rule, label: r.title }))]} error={problem?.field('rule')} />
          <SelectField label="For how long" name="minutes" defaultValue="60" options={spans} error={problem?.field('minutes')} />
          <SelectField
            label="Why now"
            value={kind}
            onChange={(e) => setKind(e.target.value === 'maintenance' ? 'maintenance' : 'silence')}
            options={[
              { value: 'silence', label: 'It is known' },
              { value: 'maintenance', label: 'Work that was planned' },
            ]}
          />
          <TextField label="Reason" name="reason" maxLength={300} help="For whoever wonders later." error={missing ? 'Say why.' : problem?.field('reason')} />
        </Stack>
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={make.isPending}>
            Silence
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}
