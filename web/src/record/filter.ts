// Filters as people see them (chips), as addresses keep them (where=), and as the server reads them.

export type Op = 'eq' | 'ne' | 'in' | 'nin' | 'lt' | 'lte' | 'gt' | 'gte' | 'between' | 'contains' | 'starts' | 'empty'
export type Clause = { field: string; op: Op; values: string[] }
export type Kind = 'lookup' | 'text' | 'number' | 'choice' | 'one' | 'flag' | 'date'
export type FilterField = { name: string; label: string; kind: Kind; options?: { value: string; label: string }[] }

/** What may be asked of each kind of field, in words; the first is the default. */
export const operators: Record<Kind, { op: Op; label: string }[]> = {
  lookup: [
    { op: 'eq', label: 'is' },
    { op: 'ne', label: 'is not' },
  ],
  text: [
    { op: 'contains', label: 'contains' },
    { op: 'eq', label: 'is' },
    { op: 'starts', label: 'starts with' },
    { op: 'empty', label: 'is empty' },
  ],
  number: [
    { op: 'gte', label: '≥' },
    { op: 'lte', label: '≤' },
    { op: 'eq', label: 'is' },
    { op: 'between', label: 'between' },
    { op: 'empty', label: 'is empty' },
  ],
  choice: [
    { op: 'in', label: 'is any of' },
    { op: 'nin', label: 'is none of' },
    { op: 'empty', label: 'is empty' },
  ],
  one: [
    { op: 'eq', label: 'is' },
    { op: 'ne', label: 'is not' },
  ],
  flag: [{ op: 'eq', label: 'is' }],
  date: [
    { op: 'gte', label: 'since' },
    { op: 'lt', label: 'before' },
    { op: 'empty', label: 'is empty' },
  ],
}

/** Writes clauses for an address: field:op:value|value;field:op:value. */
export function formatWhere(clauses: Clause[]): string | undefined {
  if (clauses.length === 0) return undefined
  return clauses.map((c) => [c.field, c.op, c.values.map(escape).join('|')].join(':')).join(';')
}

/** Reads what formatWhere wrote; a part that names no known field or operator is left out. */
export function parseWhere(text: string | undefined, fields: FilterField[]): Clause[] {
  if (!text) return []
  return text.split(';').flatMap((part) => {
    const [name, operator, values = ''] = part.split(':')
    const field = fields.find((f) => f.name === name)
    const known = field && operators[field.kind].find((o) => o.op === operator)
    if (!field || !known) return []
    return [{ field: field.name, op: known.op, values: values === '' ? [] : values.split('|').map(unescape) }]
  })
}

type Leaf = { field: string; op: Op; value: string | number | boolean | (string | number | boolean)[] }

/** The filter parameter of a list, or undefined when everything is asked for. */
export function toFilter(clauses: Clause[], fields: FilterField[]): string | undefined {
  const leaves = clauses.flatMap((clause) => {
    const leaf = toLeaf(clause, fields.find((f) => f.name === clause.field)?.kind ?? 'text')
    return leaf ? [leaf] : []
  })
  return leaves.length > 0 ? JSON.stringify({ and: leaves }) : undefined
}

function toLeaf({ field, op, values }: Clause, kind: Kind): Leaf | undefined {
  if (op === 'empty') return { field, op, value: true }
  const typed = values.map((v) => (kind === 'number' ? Number(v) : kind === 'date' ? toInstant(v) : kind === 'flag' ? v === 'true' : v))
  const [first] = typed
  if (first === undefined || typed.some((v) => v === '' || Number.isNaN(v))) return undefined
  if (op === 'in' || op === 'nin') return { field, op, value: typed }
  if (op === 'between') return typed.length === 2 ? { field, op, value: typed } : undefined
  return { field, op, value: first }
}

/** Reads a filter back into clauses; undefined when chips cannot show all of it. */
export function fromFilter(filter: Record<string, unknown>, fields: FilterField[]): Clause[] | undefined {
  const leaves = Array.isArray(filter.and) ? filter.and : 'field' in filter ? [filter] : undefined
  if (!leaves || ('and' in filter && Object.keys(filter).length > 1)) return undefined
  const clauses = leaves.map((leaf) => toClause(leaf, fields))
  return clauses.every((c) => c !== undefined) ? clauses : undefined
}

function toClause(leaf: unknown, fields: FilterField[]): Clause | undefined {
  if (typeof leaf !== 'object' || leaf === null || !('field' in leaf) || !('op' in leaf)) return undefined
  const field = fields.find((f) => f.name === leaf.field)
  const op = field && operators[field.kind].find((o) => o.op === leaf.op)?.op
  if (!field || !op) return undefined
  const value = 'value' in leaf ? leaf.value : undefined
  if (op === 'empty') return value === true || value === undefined ? { field: field.name, op, values: [] } : undefined
  const values = (Array.isArray(value) ? value : [value]).map((v) => toText(v, field.kind))
  return values.length > 0 && values.every((v) => v !== undefined) ? { field: field.name, op, values } : undefined
}

/** A value as a chip holds it; undefined for what it cannot hold, such as a time within a day. */
function toText(value: unknown, kind: Kind): string | undefined {
  if (typeof value === 'number' && kind === 'number') return String(value)
  if (typeof value !== 'string' || value === '') return undefined
  if (kind !== 'date') return value
  const date = new Date(value)
  if (Number.isNaN(date.getTime())) return undefined
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((n) => String(n).padStart(2, '0')).join('-')
  return toInstant(day) === date.toISOString() ? day : undefined
}

/** A day of the calendar here as the moment it begins. */
function toInstant(day: string): string {
  const date = new Date(`${day}T00:00:00`)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}

/** A clause in words for a chip: "Score ≥ 70". */
export function inWords(clause: Clause, fields: FilterField[]): string {
  const field = fields.find((f) => f.name === clause.field)
  if (!field) return clause.field
  const operator = operators[field.kind].find((o) => o.op === clause.op)?.label ?? clause.op
  if (clause.op === 'empty') return `${field.label} ${operator}`
  const names = clause.values.map((v) => field.options?.find((o) => o.value === v)?.label ?? v)
  const joiner = clause.op === 'between' ? ' and ' : ', '
  return `${field.label} ${clause.op === 'in' && names.length === 1 ? 'is' : operator} ${names.join(joiner)}`
}

function escape(value: string): string {
  return value.replaceAll(/[%:;|]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function unescape(value: string): string {
  return value.replaceAll(/%(25|3A|3B|7C)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
