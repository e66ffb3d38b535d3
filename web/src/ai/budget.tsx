import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { onlyVersion, read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import type { AiBudget, AiLimit } from '../api/types'
import { useMembers, useSession, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Button, IconButton } from '../ui/button'
import { Form, FormActions, Fieldset, Select, Switch, TextField } from '../ui/form'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { Fields } from '../ui/order'
import { Banner, ErrorState, SkeletonLines } from '../ui/state'
import { PurseMeter } from './overview'
import { budgetQuery } from './queries'
import { dollars, money, nanos } from './words'

/** What may be spent: of the workspace, of agents and people in it, of the organization. */
export function BudgetTab() {
  const workspace = useWorkspace()
  const { organization } = useSession()
  const budget = useQuery(budgetQuery(workspace))
  const isOwner = organization.role === 'owner'
  if (budget.isPending) return <Panel title="Budget"><SkeletonLines count={5} /></Panel>
  if (budget.isError) return <Panel title="Budget"><ErrorState title="The budget could not be read" error={budget.error} onRetry={() => void budget.refetch()} /></Panel>
  return (
    <>
      <Panel title="Budget of this workspace">
        <Stack gap={5}>
          <Stack gap={3}>
            <PurseMeter label="Today" purse={budget.data.day} budget={budget.data} ends={budget.data.ends.day} />
            <PurseMeter label="This month" purse={budget.data.month} budget={budget.data} ends={budget.data.ends.month} />
          </Stack>
          {!isOwner && <Banner>Owners set what may be spent.</Banner>}
          {budget.data.default && isOwner && <Text size={13} tone="muted">These are the limits of the installation; the workspace has set none of its own.</Text>}
          {isOwner && <WorkspaceForm key={budget.data.version} budget={budget.data} />}
        </Stack>
      </Panel>
      <Panel title="Budget of the organization">
        <OrganizationForm key={JSON.stringify(budget.data.organization ?? null)} budget={budget.data} isOwner={isOwner} />
      </Panel>
    </>
  )
}

/** A limit as it is typed. */
type Draft = { key: number; scope: AiLimit['scope']; subject: string; daily: string; monthly: string; enforced: boolean }

const amount = 'Enter dollars, such as 20 or 0.50, or leave it empty for no limit.'

function draftOf(l: AiLimit, key: number): Draft {
  return { key, scope: l.scope, subject: l.subject, daily: dollars(l.daily_nano), monthly: dollars(l.monthly_nano), enforced: l.enforced }
}

function WorkspaceForm({ budget }: { budget: AiBudget }) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  const [daily, setDaily] = useState(dollars(budget.day.limit_nano))
  const [monthly, setMonthly] = useState(dollars(budget.month.limit_nano))
  const [warn, setWarn] = useState(String(budget.warn_percent))
  const [enforced, setEnforced] = useState(budget.enforced)
  const [limits, setLimits] = useState(() => budget.limits.map(draftOf))
  const save = useMutation({
    mutationFn: () =>
      read(
        server.PUT('/v1/workspaces/{workspace}/ai/budget', {
          params: { path: { workspace }, header: onlyVersion(budget.version) },
          body: {
            daily_nano: nanos(daily) ?? null,
            monthly_nano: nanos(monthly) ?? null,
            warn_percent: Number(warn),
            enforced,
            limits: limits.map((l) => ({ scope: l.scope, subject: l.subject.trim(), daily_nano: nanos(l.daily) ?? null, monthly_nano: nanos(l.monthly) ?? null, enforced: l.enforced })),
          },
        }),
      ),
    onSuccess: (saved) => {
      client.setQueryData(budgetQuery(workspace).queryKey, saved)
      toast({ title: 'Saved' })
    },
  })
  const problem = save.error instanceof ProblemError ? save.error : undefined
  const wrong = [daily, monthly, ...limits.flatMap((l) => [l.daily, l.monthly])].some((text) => nanos(text) === undefined)
  const odd = (text: string) => (nanos(text) === undefined ? amount : undefined)
  return (
    <Form label="Budget of this workspace" onSubmit={() => !wrong && save.mutate()}>
      {save.error && !problem?.errors.length && <Banner tone="bad">{save.error.message}</Banner>}
      <Fields>
        <TextField label="A day, in dollars" inputMode="decimal" value={daily} onChange={(e) => setDaily(e.target.value)} help="Empty: no limit. 0: nothing that costs money." error={odd(daily) ?? problem?.field('daily_nano')} />
        <TextField label="A month, in dollars" inputMode="decimal" value={monthly} onChange={(e) => setMonthly(e.target.value)} error={odd(monthly) ?? problem?.field('monthly_nano')} />
        <TextField label="Warn at percent" type="number" min={1} max={95} value={warn} onChange={(e) => setWarn(e.target.value)} help="At 95 % only cheap models are asked." error={problem?.field('warn_percent')} />
      </Fields>
      <Switch label="Stop at the limit; otherwise it is only watched" checked={enforced} onChange={setEnforced} />
      <Limits budget={budget} limits={limits} onChange={setLimits} problem={problem} />
      <FormActions>
        <Button type="submit" variant="primary" busy={save.isPending}>
          Save
        </Button>
      </FormActions>
    </Form>
  )
}

type LimitsProps = { budget: AiBudget; limits: Draft[]; onChange: (limits: Draft[]) => void; problem: ProblemError | undefined }

function Limits({ budget, limits, onChange, problem }: LimitsProps) {
  const add = () => onChange([...limits, { key: Math.max(0, ...limits.map((l) => l.key)) + 1, scope: 'agent', subject: '', daily: '', monthly: '', enforced: true }])
  const set = (key: number, change: Partial<Draft>) => onChange(limits.map((l) => (l.key === key ? { ...l, ...change } : l)))
  return (
    <Fieldset legend="Limits of agents and people">
      <Stack gap={4}>
        {limits.length === 0 && <Text size={13} tone="muted">None: everybody shares the budget of the workspace.</Text>}
        {limits.map((l, i) => (
          <LimitRow key={l.key} n={i} limit={l} budget={budget} problem={problem} onChange={(change) => set(l.key, change)} onRemove={() => onChange(limits.filter((o) => o.key !== l.key))} />
        ))}
        <Row>
          <Button size="small" icon={Plus} onClick={add}>
            Add a limit
          </Button>
        </Row>
      </Stack>
    </Fieldset>
  )
}

type LimitProps = { n: number; limit: Draft; budget: AiBudget; problem: ProblemError | undefined; onChange: (change: Partial<Draft>) => void; onRemove: () => void }

function LimitRow({ n, limit, budget, problem, onChange, onRemove }: LimitProps) {
  const members = useMembers()
  const spent = budget.limits.find((l) => l.scope === limit.scope && l.subject === limit.subject)
  const at = (name: string) => problem?.errors.find((e) => e.pointer === `/limits/${n}/${name}`)?.message
  const odd = (text: string) => (nanos(text) === undefined ? amount : undefined)
  return (
    <Stack gap={2}>
      <Row gap={2} justify="between">
        <Select
          label={`Limit ${n + 1} is of`}
          value={limit.scope}
          onChange={(e) => onChange({ scope: e.target.value === 'user' ? 'user' : 'agent', subject: '' })}
          options={[
            { value: 'agent', label: 'An agent' },
            { value: 'user', label: 'A person' },
          ]}
        />
        {spent && (
          <Text size={12} tone="muted">
            {money(spent.spent_day_nano)} today, {money(spent.spent_month_nano)} this month
          </Text>
        )}
        <IconButton icon={Trash2} label={`Remove limit ${n + 1}`} size="small" onClick={onRemove} />
      </Row>
      {limit.scope === 'agent' ? (
        <TextField label="Agent" placeholder="email.triage" value={limit.subject} onChange={(e) => onChange({ subject: e.target.value })} error={at('subject')} />
      ) : (
        <Stack gap={1}>
          <Select
            label="Person"
            value={limit.subject}
            onChange={(e) => onChange({ subject: e.target.value })}
            options={[{ value: '', label: 'Choose a person' }, ...members.map((m) => ({ value: m.user_id, label: m.name }))]}
          />
          {at('subject') && <Text tone="bad" size={12}>{at('subject')}</Text>}
        </Stack>
      )}
      <Fields>
        <TextField label="A day, in dollars" inputMode="decimal" value={limit.daily} onChange={(e) => onChange({ daily: e.target.value })} error={odd(limit.daily) ?? at('daily_nano')} />
        <TextField label="A month, in dollars" inputMode="decimal" value={limit.monthly} onChange={(e) => onChange({ monthly: e.target.value })} error={odd(limit.monthly) ?? at('monthly_nano')} />
      </Fields>
      <Switch label="Stop at the limit" checked={limit.enforced} onChange={(on) => onChange({ enforced: on })} />
    </Stack>
  )
}

function OrganizationForm({ budget, isOwner }: { budget: AiBudget; isOwner: boolean }) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  const held = budget.organization
  const [daily, setDaily] = useState(dollars(held?.daily_nano ?? null))
  const [monthly, setMonthly] = useState(dollars(held?.monthly_nano ?? null))
  const [enforced, setEnforced] = useState(held?.enforced ?? true)
  const save = useMutation({
    mutationFn: () =>
      read(
        server.PUT('/v1/workspaces/{workspace}/ai/budget/organization', {
          params: { path: { workspace } },
          body: { daily_nano: nanos(daily) ?? null, monthly_nano: nanos(monthly) ?? null, enforced },
        }),
      ),
    onSuccess: (saved) => {
      client.setQueryData(budgetQuery(workspace).queryKey, saved)
      toast({ title: 'Saved' })
    },
  })
  const problem = save.error instanceof ProblemError ? save.error : undefined
  const odd = (text: string) => (nanos(text) === undefined ? amount : undefined)
  const told = held ? `All workspaces together have spent ${money(held.spent_day_nano)} today and ${money(held.spent_month_nano)} this month.` : 'There is no limit over all workspaces together.'
  if (!isOwner) return <Text size={13} tone="muted">{told}</Text>
  return (
    <Form label="Budget of the organization" onSubmit={() => nanos(daily) !== undefined && nanos(monthly) !== undefined && save.mutate()}>
      <Text size={13} tone="muted">{told}</Text>
      {save.error && !problem?.errors.length && <Banner tone="bad">{save.error.message}</Banner>}
      <Fields>
        <TextField label="A day over all workspaces, in dollars" inputMode="decimal" value={daily} onChange={(e) => setDaily(e.target.value)} error={odd(daily) ?? problem?.field('daily_nano')} />
        <TextField label="A month over all workspaces, in dollars" inputMode="decimal" value={monthly} onChange={(e) => setMonthly(e.target.value)} error={odd(monthly) ?? problem?.field('monthly_nano')} />
      </Fields>
      <Switch label="Stop at the limit; otherwise it is only watched" checked={enforced} onChange={setEnforced} />
      <FormActions>
        <Button type="submit" busy={save.isPending}>
          Save for the organization
        </Button>
      </FormActions>
    </Form>
  )
}
