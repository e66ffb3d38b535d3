import { Plus, X } from 'lucide-react'
import { Button, IconButton } from '../ui/button'
import { Fieldset, SelectField, TextAreaField, TextField } from '../ui/form'
import { Grow, Row, Stack } from '../ui/layout'
import { emptyOf, fieldName, partOf, withPart, type Shape } from './shape'

type FieldProps = { label: string; shape: Shape; value: unknown; path: string; faults: ReadonlyMap<string, string>; disabled: boolean; onChange: (value: unknown) => void }

/** A form of whatever shape a kind has, each part with what the checks found in it. */
export function BodyField({ label, shape, value, path, faults, disabled, onChange }: FieldProps) {
  const error = faults.get(path)
  switch (shape.type) {
    case 'choice':
      return <SelectField label={label} value={String(value ?? '')} disabled={disabled} error={error} options={shape.options.map((o) => ({ value: o, label: fieldName(o) }))} onChange={(e) => onChange(e.target.value)} />
    case 'number':
      return <TextField label={label} type="number" inputMode="numeric" min={shape.min} max={shape.max} value={String(value ?? '')} disabled={disabled} error={error} onChange={(e) => onChange(Math.trunc(Number(e.target.value)))} />
    case 'text':
      return <TextEntry label={label} max={shape.max} value={typeof value === 'string' ? value : ''} disabled={disabled} error={error} onChange={onChange} />
    case 'object':
      return (
        <Stack gap={3}>
          {shape.fields.map(([name, s]) => (
            <BodyField key={name} label={fieldName(name)} shape={s} value={partOf(value, name)} path={`${path}/${name}`} faults={faults} disabled={disabled} onChange={(part) => onChange(withPart(value, name, part))} />
          ))}
        </Stack>
      )
    case 'list':
      return <ListField label={label} shape={shape} value={value} path={path} faults={faults} disabled={disabled} onChange={onChange} />
  }
}

type EntryProps = { label: string; max: number; value: string; disabled: boolean; error: string | undefined; onChange: (value: string) => void }

/** One line, or more where there may be many words. */
function TextEntry({ label, max, value, disabled, error, onChange }: EntryProps) {
  if (max <= 200) return <TextField label={label} value={value} maxLength={max} disabled={disabled} error={error} dir="auto" onChange={(e) => onChange(e.target.value)} />
  const words = value.split(/\s+/).filter(Boolean).length
  const help = max >= 1000 ? `${words.toLocaleString()} words` : undefined
  return <TextAreaField label={label} value={value} maxLength={max} rows={max >= 2000 ? 12 : 3} disabled={disabled} error={error} help={help} dir="auto" onChange={(e) => onChange(e.target.value)} />
}

type ListProps = Omit<FieldProps, 'shape'> & { shape: Extract<Shape, { type: 'list' }> }

function ListField({ label, shape, value, path, faults, disabled, onChange }: ListProps) {
  const items: unknown[] = Array.isArray(value) ? value : []
  const one = label.endsWith('s') ? label.slice(0, -1) : label
  const put = (i: number, part: unknown) => onChange(items.map((x, n) => (n === i ? part : x)))
  return (
    <Fieldset legend={label}>
      <Stack gap={3}>
        {items.map((item, i) => (
          // oxlint-disable-next-line react/no-array-index-key -- parts of a text have no other name
          <Row key={i} align="top" gap={2}>
            <Grow>
              <BodyField label={`${one} ${i + 1}`} shape={shape.items} value={item} path={`${path}/${i}`} faults={faults} disabled={disabled} onChange={(part) => put(i, part)} />
            </Grow>
            {!disabled && items.length > shape.min && <IconButton icon={X} size="small" label={`Remove ${one.toLowerCase()} ${i + 1}`} onClick={() => onChange(items.filter((_, n) => n !== i))} />}
          </Row>
        ))}
        {!disabled && items.length < shape.max && (
          <Row>
            <Button size="small" variant="quiet" icon={Plus} onClick={() => onChange([...items, emptyOf(shape.items)])}>
              Add {one.toLowerCase()}
            </Button>
          </Row>
        )}
      </Stack>
    </Fieldset>
  )
}
