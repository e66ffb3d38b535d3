import { isEmpty } from './words'

/** One field that two people changed at once. */
export type Contested = { field: string; mine: unknown; theirs: unknown }

/** A record or a change of one with its own fields beside the others: {fields: {size: 3}} becomes "fields.size". */
export function flat(record: object): Map<string, unknown> {
  const entries = Object.entries(record).flatMap(([key, value]) => (key === 'fields' && isObject(value) ? Object.entries(value).map(([own, v]): [string, unknown] => [`fields.${own}`, v]) : [[key, value] satisfies [string, unknown]]))
  return new Map(entries)
}

/** The fields of a change that somebody else changed too, and to something else. What only one of both touched is no conflict. */
export function contested(patch: object, base: object, theirs: object): Contested[] {
  const [before, now] = [flat(base), flat(theirs)]
  return [...flat(patch)].flatMap(([field, mine]) => {
    const other = now.get(field)
    return same(before.get(field), other) || same(mine, other) ? [] : [{ field, mine, theirs: other }]
  })
}

/** A change without the fields for which the other value was chosen. */
export function without<Patch extends object>(patch: Patch, dropped: ReadonlySet<string>): Partial<Patch> {
  const kept: Partial<Patch> = { ...patch }
  for (const key of keysOf(kept)) if (dropped.has(String(key))) delete kept[key]
  if ('fields' in kept && isObject(kept.fields)) return { ...kept, fields: Object.fromEntries(Object.entries(kept.fields).filter(([own]) => !dropped.has(`fields.${own}`))) }
  return kept
}

/** Whether a change still changes something. */
export function changesAnything(patch: object): boolean {
  return flat(patch).size > 0
}

function keysOf<T extends object>(value: T): (keyof T)[] {
  const keys: (keyof T)[] = []
  for (const key in value) keys.push(key)
  return keys
}

function same(a: unknown, b: unknown): boolean {
  return (isEmpty(a) && isEmpty(b)) || JSON.stringify(a) === JSON.stringify(b)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
