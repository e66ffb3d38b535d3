import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Lock, Plus } from 'lucide-react'
import { useState } from 'react'
import { onlyVersion, read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import type { AiPolicy, AiRouting } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Confirm } from '../ui/dialog'
import { Checkbox, Entry, SelectField, TextAreaField, TextField } from '../ui/form'
import { Panel, Row, Stack, Tab, Text } from '../ui/layout'
import { Fields, OrderList } from '../ui/order'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { Chain } from './chain'
import { draftOf, freshKey, needed, parsePolicy, policyOf, type PolicyDraft, type RuleDraft } from './draft'
import { policyQuery } from './queries'
import { providerName, providerOrder } from './words'

/** Who is asked what: chains of candidates, rules and targets. */
export function RoutingTab() {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const routing = useQuery({ ...policyQuery(workspace), enabled: isAdmin, refetchOnWindowFocus: false })
  if (!isAdmin)
    return (
      <Panel title="Routing">
        <EmptyState icon={Lock} title="For admins">
          Which engines are asked what is shown to admins and owners.
        </EmptyState>
      </Panel>
    )
  if (routing.isPending) return <Panel title="Routing"><SkeletonLines count={6} /></Panel>
  if (routing.isError) return <Panel title="Routing"><ErrorState title="The routing could not be read" error={routing.error} onRetry={() => void routing.refetch()} /></Panel>
  return <Editor key={`${routing.data.source} ${routing.data.version}`} routing={routing.data} />
}

const sources: Record<AiRouting['source'], string> = { default: 'Of this release', file: 'Of the installation’s file', workspace: 'Of this workspace' }

function useSave(routing: AiRouting) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  const done = (saved: AiRouting) => {
    client.setQueryData(policyQuery(workspace).queryKey, saved)
    toast({ title: 'Saved', detail: 'It holds from the next question on.' })
  }
  const save = useMutation({
    mutationFn: (body: AiPolicy) => read(server.PUT('/v1/workspaces/{workspace}/ai/policy', { params: { path: { workspace }, header: onlyVersion(routing.version) }, body })),
    onSuccess: done,
  })
  const reset = useMutation({ mutationFn: () => read(server.POST('/v1/workspaces/{workspace}/ai/policy/reset', { params: { path: { workspace } } })), onSuccess: done })
  return { save, reset }
}

function Editor({ routing }: { routing: AiRouting }) {
  const [draft, setDraft] = useState(() => draftOf(routing.policy))
  const [json, setJson] = useState<string>()
  const [wrongJson, setWrongJson] = useState<string>()
  const [asking, setAsking] = useState(false)
  const { save, reset } = useSave(routing)
  const before = JSON.stringify(policyOf(draftOf(routing.policy)))
  const dirty = json === undefined ? JSON.stringify(policyOf(draft)) !== before : json !== JSON.stringify(routing.policy, null, 2)
  const problem = save.error instanceof ProblemError ? save.error : undefined
  /** Takes over what stands in the JSON; undefined when it is none. */
  const taken = (): AiPolicy | undefined => {
    if (json === undefined) return policyOf(draft)
    try {
      const policy = parsePolicy(json)
      setWrongJson(undefined)
      return policy
    } catch (error) {
      setWrongJson(error instanceof Error ? error.message : 'This is not JSON.')
      return undefined
    }
  }
  const show = (asJson: boolean) => {
    const policy = taken()
    if (!policy) return
    setDraft(draftOf(policy))
    setJson(asJson ? JSON.stringify(policy, null, 2) : undefined)
  }
  const send = () => {
    const policy = taken()
    if (policy) save.mutate(policy)
  }
  return (
    <>
      <Panel
        title="Routing"
        actions={
          <Row gap={2} wrap>
            <Tab current={json === undefined} onChoose={() => json !== undefined && show(false)}>
              Editor
            </Tab>
            <Tab current={json !== undefined} onChoose={() => json === undefined && show(true)}>
              JSON
            </Tab>
          </Row>
        }
      >
        <Stack gap={4}>
          <Row gap={2} wrap>
            <Badge tone={routing.source === 'workspace' ? 'accent' : 'neutral'}>{sources[routing.source]}</Badge>
            {routing.updated_at && (
              <Text size={12} tone="muted">
                changed <When at={routing.updated_at} />
              </Text>
            )}
          </Row>
          <Text as="p" size={13} tone="muted">
            The first candidate that has a key, fits and takes calls is asked; when it fails, the next one. Rules come last: they always answer what they can.
          </Text>
          {save.error && !problem?.errors.length && <Banner tone="bad">{save.error.message}</Banner>}
          {problem && problem.errors.length > 0 && <Banner tone="bad">{problem.errors.length === 1 ? 'One place has to be mended' : `${problem.errors.length} places have to be mended`}: {problem.errors.slice(0, 3).map((e) => `${e.pointer} ${e.message}`).join(' ')}</Banner>}
          <Row gap={2} wrap>
            <Button variant="primary" busy={save.isPending} disabled={!dirty} onClick={send}>
              Save
            </Button>
            <Button
              disabled={!dirty}
              onClick={() => {
                setDraft(draftOf(routing.policy))
                setJson(json === undefined ? undefined : JSON.stringify(routing.policy, null, 2))
                setWrongJson(undefined)
                save.reset()
              }}
            >
              Discard
            </Button>
            {routing.source === 'workspace' && <Button onClick={() => setAsking(true)}>Back to the installation’s</Button>}
          </Row>
          {json !== undefined && <TextAreaField label="The policy as JSON" rows={28} spellCheck={false} value={json} onChange={(e) => setJson(e.target.value)} error={wrongJson} />}
        </Stack>
        {asking && (
          <Confirm title="Give up this routing?" action="Give it up" busy={reset.isPending} onConfirm={() => reset.mutate()} onClose={() => setAsking(false)}>
            What the installation says holds again for this workspace. The policy that stands here stays in the changes.
          </Confirm>
        )}
      </Panel>
      {json === undefined && <Sections draft={draft} onChange={setDraft} problem={problem} />}
    </>
  )
}

type SectionsProps = { draft: PolicyDraft; onChange: (draft: PolicyDraft) => void; problem: ProblemError | undefined }

function Sections({ draft, onChange, problem }: SectionsProps) {
  const names = draft.chains.map((c) => c.name)
  const add = (text: string) => {
    const name = text.trim().toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-')
    if (name && !names.includes(name)) onChange({ ...draft, chains: [...draft.chains, { name, candidates: [] }] })
  }
  return (
    <>
      {draft.chains.map((chain) => (
        <Chain
          key={chain.name}
          chain={chain}
          others={names.filter((n) => n !== chain.name)}
          problem={problem}
          onChange={(candidates) => onChange({ ...draft, chains: draft.chains.map((c) => (c.name === chain.name ? { ...c, candidates } : c)) })}
          onRemove={needed.includes(chain.name) ? undefined : () => onChange({ ...draft, chains: draft.chains.filter((c) => c.name !== chain.name) })}
        />
      ))}
      <Panel title="Another chain">
        <Entry label="Name of the chain" verb="Add the chain" onDone={add} />
      </Panel>
      <Rules rules={draft.rules} chains={names} problem={problem} onChange={(rules) => onChange({ ...draft, rules })} />
      <Targets draft={draft} problem={problem} onChange={onChange} />
      <Redaction draft={draft} problem={problem} onChange={onChange} />
    </>
  )
}

type RulesProps = { rules: RuleDraft[]; chains: string[]; problem: ProblemError | undefined; onChange: (rules: RuleDraft[]) => void }

function Rules({ rules, chains, problem, onChange }: RulesProps) {
  const set = (key: number, change: Partial<RuleDraft>) => onChange(rules.map((r) => (r.key === key ? { ...r, ...change } : r)))
  const add = (
    <Button size="small" icon={Plus} onClick={() => onChange([...rules, { key: freshKey(), task: '', class: '', chain: chains[0] ?? '' }])}>
      Add a rule
    </Button>
  )
  return (
    <Panel title="Rules" actions={add}>
      <Stack gap={4}>
        <Text as="p" size={13} tone="muted">
          A task that no rule names goes to the chain of its class. The first rule that fits counts; Alt with an arrow key moves one.
        </Text>
        {rules.length === 0 && <Text tone="muted">There is none.</Text>}
        <OrderList
          label="Rules, the first that fits counts"
          items={rules}
          id={(r) => r.key}
          name={(r, n) => `rule ${n + 1}${r.task ? `, ${r.task}` : ''}`}
          wrong={(_, n) => problem?.errors.some((e) => e.pointer === `/rules/${n}` || e.pointer?.startsWith(`/rules/${n}/`)) ?? false}
          onChange={onChange}
        >
          {(r, n) => (
            <Fields>
              <TextField label="Task" placeholder="email.*" value={r.task} onChange={(e) => set(r.key, { task: e.target.value })} error={problem?.errors.find((e) => e.pointer === `/rules/${n}/task`)?.message} />
              <SelectField label="Class" value={r.class} onChange={(e) => set(r.key, { class: e.target.value })} options={[{ value: '', label: 'Every class' }, ...needed.map((c) => ({ value: c, label: c }))]} />
              <SelectField label="Chain" value={r.chain} onChange={(e) => set(r.key, { chain: e.target.value })} options={chains.map((c) => ({ value: c, label: c }))} />
            </Fields>
          )}
        </OrderList>
      </Stack>
    </Panel>
  )
}

function Targets({ draft, onChange, problem }: SectionsProps) {
  const error = (name: string) => problem?.errors.find((e) => e.pointer === `/${name}`)?.message
  return (
    <Panel title="Expected shares">
      <Stack gap={3}>
        <Text as="p" size={13} tone="muted">
          In percent of the calls that models answer. They are compared, never enforced.
        </Text>
        {error('targets') && <Banner tone="bad">{error('targets')}</Banner>}
        <Fields>
          {providerOrder.map((p) => (
            <TextField
              key={p}
              label={providerName(p)}
              inputMode="decimal"
              value={draft.targets[p] ?? ''}
              onChange={(e) => onChange({ ...draft, targets: { ...draft.targets, [p]: e.target.value } })}
              error={error(`targets/${p}`)}
            />
          ))}
          <TextField label="Warn from points beside it" inputMode="decimal" placeholder="10" value={draft.drift} onChange={(e) => onChange({ ...draft, drift: e.target.value })} error={error('drift')} />
        </Fields>
      </Stack>
    </Panel>
  )
}

/** What is kept from all models, of this workspace's mail as of anything others wrote. */
function Redaction({ draft, onChange, problem }: SectionsProps) {
  const { redact } = draft
  const set = (change: Partial<PolicyDraft['redact']>) => onChange({ ...draft, redact: { ...redact, ...change } })
  const error = problem?.errors.find((e) => e.pointer?.startsWith('/redact/names'))?.message
  return (
    <Panel title="Kept from models">
      <Stack gap={3}>
        <Text as="p" size={13} tone="muted">
          Replaced in everything that others wrote, before any model sees it: [phone-1] stands there instead. Passwords, keys, card and account numbers and the addresses of people who are not part of a message are always taken out.
        </Text>
        <Checkbox label="Phone numbers" checked={redact.phones} onChange={(phones) => set({ phones })} />
        <Checkbox label="All e-mail addresses, the sender’s too" checked={redact.addresses} onChange={(addresses) => set({ addresses })} />
        <TextAreaField label="Names, one a line" rows={4} value={redact.names} onChange={(e) => set({ names: e.target.value })} error={error} />
      </Stack>
    </Panel>
  )
}
