import { ListFilter } from 'lucide-react'
import { useState } from 'react'
import { Chip } from '../ui/badge'
import { Button } from '../ui/button'
import { Checkbox, entries, Fieldset, Form, FormActions, Input, Select } from '../ui/form'
import { Row, Stack } from '../ui/layout'
import { Popover } from '../ui/popover'
import { inWords, operators, type Clause, type FilterField } from './filter'

type FilterBarProps = { fields: FilterField[]; clauses: Clause[]; onChange: (clauses: Clause[]) => void }

/** The filters of a list as chips that can be changed in place. */
export function FilterBar({ fields, clauses, onChange }: FilterBarProps) {
  const replace = (index: number, clause: Clause) => onChange(clauses.map((c, i) => (i === index ? clause : c)))
  const remove = (index: number) => onChange(clauses.filter((_, i) => i !== index))
  return (
    <>
      {clauses.map((clause, index) => (
        <Chip key={`${clause.field}-${index}`} removeLabel={`Remove filter ${inWords(clause, fields)}`} onRemove={() => remove(index)}>
          <Popover label={`Change filter ${inWords(clause, fields)}`} trigger={inWords(clause, fields)}>
            {(close) => (
              <ClauseForm
                fields={fields}
                start={clause}
                onDone={(c) => {
                  replace(index, c)
                  close()
                }}
              />
            )}
          </Popover>
        </Chip>
      ))}
      <Popover
        label="Add a filter"
        look="quiet"
        trigger={
          <Row gap={1}>
            <ListFilter size={14} strokeWidth={1.5} aria-hidden />
            Filter
          </Row>
        }
      >
        {(close) => (
          <ClauseForm
            fields={fields}
            onDone={(clause) => {
              onChange([...clauses, clause])
              close()
            }}
          />
        )}
      </Popover>
      {clauses.length > 1 && (
        <Button variant="quiet" size="small" onClick={() => onChange([])}>
          Clear all
        </Button>
      )}
    </>
  )
}

function ClauseForm({ fields, start, onDone }: { fields: FilterField[]; start?: Clause; onDone: (clause: Clause) => void }) {
  const [name, setName] = useState(start?.field ?? fields[0]?.name ?? '')
  const field = fields.find((f) => f.name === name)
  const [op, setOp] = useState(start?.op)
  if (!field) return null
  const choices = operators[field.kind]
  const chosen = choices.find((o) => o.op === op) ?? choices[0]
  if (!chosen) return null
  const values = start?.field === name ? start.values : []
  return (
    <Form label="Filter" onSubmit={(data) => onDone({ field: name, op: chosen.op, values: entries(data, 'value').filter((v) => v !== '') })}>
      <Stack gap={3}>
        <Row gap={2}>
          <Select label="Field" options={fields.map((f) => ({ value: f.name, label: f.label }))} value={name} onChange={(e) => setName(e.target.value)} />
          <Select
            label="Comparison"
            options={choices.map((o) => ({ value: o.op, label: o.label }))}
            value={chosen.op}
            onChange={(e) => setOp(choices.find((o) => o.op === e.target.value)?.op)}
          />
        </Row>
        {chosen.op !== 'empty' && <ValueFields key={`${name}-${chosen.op}`} field={field} count={chosen.op === 'between' ? 2 : 1} values={values} />}
        <FormActions>
          <Button type="submit" variant="primary" size="small">
            Show matches
          </Button>
        </FormActions>
      </Stack>
    </Form>
  )
}

function ValueFields({ field, count, values }: { field: FilterField; count: number; values: string[] }) {
  if (field.kind === 'choice')
    return (
      <Fieldset legend={field.label}>
        {(field.options ?? []).map((o) => (
          <Checkbox key={o.value} name="value" value={o.value} label={o.label} defaultChecked={values.includes(o.value)} />
        ))}
      </Fieldset>
    )
  if (field.kind === 'one' || field.kind === 'flag') return <Select label={field.label} name="value" options={field.options ?? []} defaultValue={values[0]} />
  const type = { lookup: 'text', text: 'text', number: 'number', date: 'date' }[field.kind]
  return (
    <Row gap={2}>
      {Array.from({ length: count }, (_, i) => (
        <Input key={i} label={count === 2 ? (i === 0 ? 'From' : 'To') : field.label} name="value" type={type} defaultValue={values[i]} autoFocus={i === 0} required />
      ))}
    </Row>
  )
}
