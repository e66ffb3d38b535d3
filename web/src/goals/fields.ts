// What a known goal takes, as fields of a form.

export type Field = {
  name: string
  label: string
  help: string
  required: boolean
  kind: 'contact' | 'thread' | 'number' | 'choice' | 'text' | 'words'
  initial: string
  options: string[]
  min?: number
  max?: number
  minLength?: number
  maxLength?: number
}

type Schema = Record<string, unknown>

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const numberIn = (s: Schema, key: string) => (typeof s[key] === 'number' ? s[key] : undefined)
const textIn = (s: Schema, key: string) => (typeof s[key] === 'string' ? s[key] : '')
const textsIn = (s: Schema, key: string) => (Array.isArray(s[key]) ? s[key].filter((v) => typeof v === 'string') : [])

/** The fields of a template's JSON schema; those that must be filled come first. */
export function fieldsOf(schema: unknown): Field[] {
  if (!isSchema(schema) || !isSchema(schema.properties)) return []
  const required = textsIn(schema, 'required')
  const fields = Object.entries(schema.properties).map(([name, s]) => fieldOf(name, isSchema(s) ? s : {}, required.includes(name)))
  return [...fields.filter((f) => f.required), ...fields.filter((f) => !f.required)]
}

function fieldOf(name: string, s: Schema, required: boolean): Field {
  const initial = typeof s.default === 'string' || typeof s.default === 'number' ? String(s.default) : ''
  return {
    name,
    label: textIn(s, 'title') || name,
    help: textIn(s, 'description'),
    required,
    kind: kindOf(name, s),
    initial,
    options: textsIn(s, 'enum'),
    min: numberIn(s, 'minimum'),
    max: numberIn(s, 'maximum'),
    minLength: numberIn(s, 'minLength'),
    maxLength: numberIn(s, 'maxLength'),
  }
}

function kindOf(name: string, s: Schema): Field['kind'] {
  if (name === 'contact_id') return 'contact'
  if (name === 'thread_id') return 'thread'
  if (s.type === 'integer' || s.type === 'number') return 'number'
  if (textsIn(s, 'enum').length > 0) return 'choice'
  return (numberIn(s, 'maxLength') ?? 0) > 300 ? 'words' : 'text'
}

/** What was typed, as arguments; what was left empty is left out. */
export function argumentsOf(fields: Field[], values: Record<string, string>): Record<string, string | number> {
  const filled = fields.flatMap((f): [string, string | number][] => {
    const text = (values[f.name] ?? f.initial).trim()
    if (text === '') return []
    return [[f.name, f.kind === 'number' ? Number(text) : text]]
  })
  return Object.fromEntries(filled)
}

/** What is wrong with a field before it is sent; '' if nothing is. */
export function faultOf(field: Field, value: string | undefined): string {
  const text = (value ?? field.initial).trim()
  if (text === '') return field.required ? 'This is needed.' : ''
  if (field.kind === 'number') {
    const n = Number(text)
    if (!Number.isInteger(n) || n < (field.min ?? n) || n > (field.max ?? n)) return `A whole number from ${field.min ?? 0} to ${field.max ?? 'any'}.`
  }
  if (field.minLength !== undefined && text.length < field.minLength) return `At least ${field.minLength} characters.`
  return ''
}
