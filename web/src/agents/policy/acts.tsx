import type { AgentAct } from '../../api/types'
import { Badge } from '../../ui/badge'
import { Table } from '../../ui/code'
import { Select } from '../../ui/form'
import { Stack, Text } from '../../ui/layout'
import { fateOf, outcomeOf, withFate, type Draft, type Fate } from './draft'

const fates: { value: Fate; label: string }[] = [
  { value: 'risk', label: 'By its risk' },
  { value: 'ask', label: 'Always ask' },
  { value: 'never', label: 'Never' },
]
const asked = fates.filter((f) => f.value !== 'risk')
const tones = { low: 'good', medium: 'neutral', high: 'warn', critical: 'bad' } as const

type ActsProps = { acts: AgentAct[]; draft: Draft; disabled: boolean; onChange: (draft: Draft) => void }

/** Each kind of action with its risk and what is done about it. */
export function Acts({ acts, draft, disabled, onChange }: ActsProps) {
  if (acts.length === 0)
    return (
      <Text as="p" size={13} tone="muted">
        It changes nothing outside of its own notes.
      </Text>
    )
  return (
    <Table folds label="Kinds of actions" head={['Action', 'Risk', 'Rule', 'So it is']}>
      {acts.map((a) => {
        const fate = fateOf(draft, a.operation)
        const outcome = outcomeOf(draft, a)
        return (
          <tr key={a.operation}>
            <td>
              <Stack gap={0}>
                <Text mono size={13}>
                  {a.operation}
                </Text>
                <Text size={12} tone="muted">
                  {a.says}
                </Text>
              </Stack>
            </td>
            <td data-label="Risk">
              <Badge tone={tones[a.band]} title={`${a.risk} of 100, before what the circumstances add`}>
                {a.risk}, {a.band}
              </Badge>
            </td>
            <td data-label="Rule">
              <Select
                label={`Rule for ${a.operation}`}
                value={a.always && fate === 'risk' ? 'ask' : fate}
                disabled={disabled}
                options={a.always ? asked : fates}
                onChange={(e) => onChange(withFate(draft, acts, a.operation, chosen(e.target.value, a)))}
              />
            </td>
            <td>
              <Text tone={outcome === 'Never done' ? 'muted' : undefined}>{outcome}</Text>
            </td>
          </tr>
        )
      })}
    </Table>
  )
}

/** What is asked for whatever the policy says needs no rule of its own. */
function chosen(value: string, act: AgentAct): Fate {
  const fate = fates.find((f) => f.value === value)?.value ?? 'ask'
  return act.always && fate === 'ask' ? 'risk' : fate
}
