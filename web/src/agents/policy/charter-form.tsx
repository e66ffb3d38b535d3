import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { onlyVersion, read, server } from '../../api/client'
import { ProblemError } from '../../api/problem'
import type { AgentAct, AgentPolicies, AgentPolicy } from '../../api/types'
import { useSession, useTouched, useWorkspace } from '../../shell/session'
import { useToast } from '../../shell/toasts'
import { Button } from '../../ui/button'
import { Fieldset, Form, FormActions, SelectField, Switch, TextField } from '../../ui/form'
import { Stack, Text } from '../../ui/layout'
import { Fields } from '../../ui/order'
import { Banner } from '../../ui/state'
import { autonomies } from '../words'
import { Acts } from './acts'
import { charterOf, draftOf, explained, faultsOf, hour, type Draft } from './draft'
import { Effect } from './effect'
import { policiesQuery } from './queries'

type CharterProps = {
  /** '' for all that have no policy of their own. */
  agent: string
  own: boolean
  kept: AgentPolicy
  acts: AgentAct[]
  onTouched: () => void
  /** Begins anew from what is kept by now. */
  onRedraw: () => void
}

/** The rules for one agent or for all, what they mean, and what they would have meant. */
export function CharterForm({ agent, own, kept, acts, onTouched, onRedraw }: CharterProps) {
  const { isAdmin } = useSession()
  const [base] = useState(kept)
  const [draft, setDraft] = useState(() => draftOf(kept))
  const { save, reset } = useKeep(agent, base.version, onRedraw)
  const set = (change: Partial<Draft>) => {
    onTouched()
    setDraft((now) => ({ ...now, ...change }))
  }
  const charter = useMemo(() => charterOf(agent, draft), [agent, draft])
  const faults = faultsOf(draft)
  const sound = Object.values(faults).every((f) => f === undefined)
  const dirty = JSON.stringify(draft) !== JSON.stringify(draftOf(base))
  const problem = save.error instanceof ProblemError ? save.error : undefined
  const overtaken = kept.version !== base.version || problem?.status === 412
  return (
    <Form label="Rules" onSubmit={() => sound && save.mutate(charter)}>
      {!isAdmin && <Banner>Admins and owners change these rules.</Banner>}
      {overtaken && !save.isPending && (
        <Banner tone="warn" actions={<Button size="small" onClick={onRedraw}>Show what holds now</Button>}>
          Somebody has changed these rules meanwhile. What you typed is still here, and not saved.
        </Banner>
      )}
      {save.error && !overtaken && !problem?.errors.length && <Banner tone="bad">{save.error.message}</Banner>}
      {!own && <Banner>{agent} has no rules of its own: those of all agents hold. What you save here holds for {agent} alone.</Banner>}
      <section aria-label="In words">
        <ul>
          {explained(draft).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </section>
      <Switch label={agent === '' ? 'Agents work in this workspace' : `${agent} works in this workspace`} checked={draft.enabled} disabled={!isAdmin} onChange={(enabled) => set({ enabled })} />
      <SelectField
        label="How far without asking"
        value={draft.autonomy}
        disabled={!isAdmin}
        onChange={(e) => set({ autonomy: autonomies.find((a) => a.value === e.target.value)?.value ?? 'ask' })}
        options={[...autonomies]}
        help="Low risk is a note, a tag or a draft; medium changes fields of a record. From 40 on a person decides, whatever stands here."
      />
      <Fieldset legend="By kind of action">
        <Acts acts={acts} draft={draft} disabled={!isAdmin} onChange={set} />
      </Fieldset>
      <Limits draft={draft} disabled={!isAdmin} problem={problem} onChange={set} />
      <Hours draft={draft} disabled={!isAdmin} error={faults.hours ?? problem?.field('hours_to')} onChange={set} />
      <Switch label="Keep still about people with whom something is badly wrong" checked={draft.pause_on_high} disabled={!isAdmin} onChange={(on) => set({ pause_on_high: on })} />
      <TextField
        label="Domains that it may link to"
        value={draft.links}
        disabled={!isAdmin}
        onChange={(e) => set({ links: e.target.value })}
        placeholder="docs.example.com"
        help="Besides your own, and those that a person named. Separate them by commas."
        error={problem?.field('links')}
      />
      <Fieldset legend="What this would have meant">
        <Stack gap={2}>{sound ? <Effect charter={charter} /> : <Text as="p" size={13} tone="muted">Mend what is marked above to see it.</Text>}</Stack>
      </Fieldset>
      {isAdmin && (
        <FormActions>
          {agent !== '' && own && (
            <Button busy={reset.isPending} onClick={() => reset.mutate()}>
              Use the rules of all agents
            </Button>
          )}
          <Button disabled={!dirty} onClick={onRedraw}>
            Discard changes
          </Button>
          <Button type="submit" variant="primary" busy={save.isPending} disabled={!dirty || !sound}>
            Save
          </Button>
        </FormActions>
      )}
    </Form>
  )
}

function useKeep(agent: string, version: number, onKept: () => void) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const touched = useTouched()
  const toast = useToast()
  const kept = (title: string) => (now: AgentPolicies) => {
    client.setQueryData(policiesQuery(workspace).queryKey, now)
    toast({ title, detail: 'They hold from the next action on.' })
    onKept()
    return touched('runs')
  }
  const save = useMutation({
    mutationFn: (body: ReturnType<typeof charterOf>) => read(server.PUT('/v1/workspaces/{workspace}/agent-policy', { params: { path: { workspace }, header: onlyVersion(version) }, body })),
    onSuccess: kept('The rules are saved'),
  })
  const reset = useMutation({
    mutationFn: () => read(server.POST('/v1/workspaces/{workspace}/agent-policy/reset', { params: { path: { workspace }, header: onlyVersion(version) }, body: { agent } })),
    onSuccess: kept(`${agent} goes by the rules of all agents`),
    onError: (error) => toast({ title: 'Not changed', detail: error.message, tone: 'bad' }),
  })
  return { save, reset }
}

type PartProps = { draft: Draft; disabled: boolean; onChange: (change: Partial<Draft>) => void }

function Limits({ draft, disabled, problem, onChange }: PartProps & { problem: ProblemError | undefined }) {
  const faults = faultsOf(draft)
  return (
    <Fields>
      <TextField
        label="Actions a day"
        type="number"
        min={0}
        max={10_000}
        value={draft.actions}
        disabled={disabled}
        onChange={(e) => onChange({ actions: e.target.value })}
        help="Proposed ones count, too; drafts do not."
        error={faults.actions ?? problem?.field('daily_actions')}
      />
      <TextField
        label="Dollars a day"
        inputMode="decimal"
        value={draft.money}
        disabled={disabled}
        onChange={(e) => onChange({ money: e.target.value })}
        help="Empty: only the budget of the workspace."
        error={faults.money ?? problem?.field('daily_nano')}
      />
    </Fields>
  )
}

const starts = Array.from({ length: 24 }, (_, h) => ({ value: String(h), label: hour(h) }))
const ends = Array.from({ length: 24 }, (_, h) => ({ value: String(h + 1), label: hour(h + 1) }))

function Hours({ draft, disabled, error, onChange }: PartProps & { error?: string }) {
  return (
    <Fieldset legend="Hours at which it acts by itself">
      <Stack gap={3}>
        <Fields>
          <SelectField label="From" value={String(draft.hours_from)} disabled={disabled} onChange={(e) => onChange({ hours_from: Number(e.target.value) })} options={starts} help="In the workspace’s time zone. Drafts are written at any hour." />
          <SelectField label="To" value={String(draft.hours_to)} disabled={disabled} onChange={(e) => onChange({ hours_to: Number(e.target.value) })} options={ends} error={error} />
        </Fields>
        <Switch label="Also on Saturdays and Sundays" checked={draft.weekends} disabled={disabled} onChange={(weekends) => onChange({ weekends })} />
      </Stack>
    </Fieldset>
  )
}
