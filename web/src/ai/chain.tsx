import { useQuery } from '@tanstack/react-query'
import { Plus, SlidersHorizontal } from 'lucide-react'
import { useState } from 'react'
import type { ProblemError } from '../api/problem'
import type { AiModel } from '../api/types'
import { Button } from '../ui/button'
import { Checkbox, SelectField, TextField } from '../ui/form'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { Fields, OrderList } from '../ui/order'
import { emptyCandidate, type CandidateDraft, type ChainDraft } from './draft'
import { modelsQuery } from './queries'
import { providerName, providerOrder } from './words'

const about: Record<string, string> = {
  fast: 'Bulk: triage, tags, language.',
  extract: 'Facts out of mail, calendars and documents.',
  standard: 'The middle range: replies, summaries, scores in words.',
  deep: 'The hardest: strategies, plans, long texts.',
}

type ChainProps = {
  chain: ChainDraft
  others: string[]
  problem: ProblemError | undefined
  onChange: (candidates: CandidateDraft[]) => void
  onRemove?: () => void
}

/** One chain: who is asked first, who next. */
export function Chain({ chain, others, problem, onChange, onRemove }: ChainProps) {
  const at = (n: number) => `/chains/${chain.name}/${n}`
  const wrong = problem?.errors.filter((e) => e.pointer === `/chains/${chain.name}`) ?? []
  const actions = (
    <Row gap={2}>
      {onRemove && (
        <Button size="small" onClick={onRemove}>
          Remove the chain
        </Button>
      )}
      <Button size="small" icon={Plus} onClick={() => onChange([...chain.candidates, emptyCandidate('openrouter')])}>
        Add a candidate
      </Button>
    </Row>
  )
  return (
    <Panel title={`Chain ${chain.name}`} actions={actions}>
      <Stack gap={3}>
        {about[chain.name] && (
          <Text as="p" size={13} tone="muted">
            {about[chain.name]}
          </Text>
        )}
        {wrong.map((e) => (
          <Text key={e.message} as="p" size={13} tone="bad">
            {e.message}
          </Text>
        ))}
        {chain.candidates.length === 0 && <Text tone="muted">Nobody is asked.</Text>}
        <OrderList
          label={`Candidates of ${chain.name}`}
          items={chain.candidates}
          id={(c) => c.key}
          name={(c, n) => `candidate ${n + 1}, ${c.who.startsWith('chain:') ? `chain ${c.who.slice(6)}` : providerName(c.who)}`}
          wrong={(_, n) => problem?.errors.some((e) => e.pointer === at(n) || e.pointer?.startsWith(`${at(n)}/`)) ?? false}
          onChange={onChange}
        >
          {(c, n) => (
            <Candidate
              candidate={c}
              others={others}
              error={(field) => problem?.errors.find((e) => e.pointer === (field ? `${at(n)}/${field}` : at(n)))?.message}
              onChange={(change) => onChange(chain.candidates.map((o) => (o.key === c.key ? { ...o, ...change } : o)))}
            />
          )}
        </OrderList>
      </Stack>
    </Panel>
  )
}

type CandidateProps = { candidate: CandidateDraft; others: string[]; error: (field: string) => string | undefined; onChange: (change: Partial<CandidateDraft>) => void }

const paramFields = ['params/max_tokens', 'params/effort', 'params/temperature', 'params/cache', 'max_cost_nano']

function Candidate({ candidate: c, others, error, onChange }: CandidateProps) {
  const [open, setOpen] = useState(false)
  const models = useQuery(modelsQuery).data?.data ?? []
  const model = models.find((m) => m.provider === c.who && m.id === c.model)
  const plain = c.who === 'rules' || c.who.startsWith('chain:')
  const shown = open || paramFields.some((f) => error(f) !== undefined)
  return (
    <Stack gap={2}>
      <Fields>
        <SelectField
          label="Who"
          value={c.who}
          onChange={(e) => onChange({ ...emptyCandidate(e.target.value), key: c.key })}
          options={[...[...providerOrder, 'rules'].map((p) => ({ value: p, label: providerName(p) })), ...others.map((o) => ({ value: `chain:${o}`, label: `Chain ${o}` }))]}
          error={error('provider') ?? error('chain') ?? error('')}
        />
        {!plain && <ModelField candidate={c} models={models} error={error('model')} onChange={onChange} />}
      </Fields>
      {!plain && (
        <Row gap={2} wrap>
          <Button size="small" variant="quiet" icon={SlidersHorizontal} aria-expanded={shown} onClick={() => setOpen(!open)}>
            Parameters
          </Button>
          <Text size={12} tone="muted">
            {summary(c, model)}
          </Text>
        </Row>
      )}
      {!plain && shown && <Params candidate={c} error={error} onChange={onChange} />}
    </Stack>
  )
}

function ModelField({ candidate: c, models, error, onChange }: { candidate: CandidateDraft; models: AiModel[]; error: string | undefined; onChange: (change: Partial<CandidateDraft>) => void }) {
  if (c.who === 'compatible') return <TextField label="Model" placeholder="That of the installation" value={c.model} onChange={(e) => onChange({ model: e.target.value })} error={error} />
  const own = models.filter((m) => m.provider === c.who).map((m) => ({ value: m.id, label: m.id }))
  const known = own.some((m) => m.value === c.model)
  return (
    <SelectField
      label="Model"
      value={c.model}
      onChange={(e) => onChange({ model: e.target.value })}
      options={[...(c.model === '' ? [{ value: '', label: 'Choose a model' }] : known ? [] : [{ value: c.model, label: `${c.model} (not in the catalog)` }]), ...own]}
      error={error}
    />
  )
}

function summary(c: CandidateDraft, model: AiModel | undefined): string {
  const price = model?.prices?.find((p) => p.holds && p.above_tokens === 0)
  const words = [
    price ? `$${price.input} in, $${price.output} out for a million tokens` : '',
    c.maxTokens ? `at most ${Number(c.maxTokens).toLocaleString()} tokens` : '',
    c.effort ? `effort ${c.effort}` : '',
    c.temperature ? `temperature ${c.temperature}` : '',
    c.cache ? `prompt kept for ${c.cache}` : '',
    c.zeroRetention ? 'nothing retained' : '',
    c.maxCost ? `at most $${c.maxCost} a call` : '',
  ]
  return words.filter(Boolean).join(' · ')
}

function Params({ candidate: c, error, onChange }: { candidate: CandidateDraft; error: (field: string) => string | undefined; onChange: (change: Partial<CandidateDraft>) => void }) {
  const choice = (values: string[], none: string) => [{ value: '', label: none }, ...values.map((v) => ({ value: v, label: v }))]
  return (
    <Fields>
      <TextField label="Tokens of an answer" inputMode="numeric" value={c.maxTokens} onChange={(e) => onChange({ maxTokens: e.target.value })} error={error('params/max_tokens')} />
      <SelectField label="Effort" value={c.effort} onChange={(e) => onChange({ effort: e.target.value })} options={choice(['none', 'low', 'medium', 'high'], 'As the model has it')} error={error('params/effort')} />
      <TextField label="Temperature" inputMode="decimal" value={c.temperature} onChange={(e) => onChange({ temperature: e.target.value })} error={error('params/temperature')} />
      <SelectField label="Keep the prompt" value={c.cache} onChange={(e) => onChange({ cache: e.target.value })} options={choice(['5m', '1h'], 'Not on request')} error={error('params/cache')} />
      <TextField label="Dollars a call, at most" inputMode="decimal" value={c.maxCost} onChange={(e) => onChange({ maxCost: e.target.value })} error={error('max_cost_nano')} />
      <Checkbox label="Only where nothing is retained" checked={c.zeroRetention} onChange={(on) => onChange({ zeroRetention: on })} />
    </Fields>
  )
}
