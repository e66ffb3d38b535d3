/** What a JSON schema says of a form: the parts that kinds of content use. */
export type Shape =
  | { type: 'choice'; options: string[] }
  | { type: 'text'; max: number }
  | { type: 'number'; min: number; max: number }
  | { type: 'list'; items: Shape; min: number; max: number }
  | { type: 'object'; fields: [name: string, shape: Shape][] }

function isObject(v: unknown): v is Record<string, unknown> {
  return typeof v === 'object' && v !== null && !Array.isArray(v)
}

function whole(v: unknown, otherwise: number): number {
  return typeof v === 'number' ? v : otherwise
}

export function shapeOf(schema: unknown): Shape {
  if (!isObject(schema)) return { type: 'text', max: 1000 }
  if (Array.isArray(schema.enum)) return { type: 'choice', options: schema.enum.filter((o) => typeof o === 'string') }
  if (schema.type === 'integer' || schema.type === 'number') return { type: 'number', min: whole(schema.minimum, 0), max: whole(schema.maximum, 1_000_000_000) }
  if (schema.type === 'array') return { type: 'list', items: shapeOf(schema.items), min: whole(schema.minItems, 0), max: whole(schema.maxItems, 50) }
  if (isObject(schema.properties)) return { type: 'object', fields: Object.entries(schema.properties).map(([name, s]) => [name, shapeOf(s)]) }
  return { type: 'text', max: whole(schema.maxLength, 1000) }
}

/** A value with which a form begins. */
export function emptyOf(shape: Shape): unknown {
  switch (shape.type) {
    case 'choice':
      return shape.options[0] ?? ''
    case 'text':
      return ''
    case 'number':
      return shape.min
    case 'list':
      return Array.from({ length: shape.min }, () => emptyOf(shape.items))
    case 'object':
      return Object.fromEntries(shape.fields.map(([name, s]) => [name, emptyOf(s)]))
  }
}

/** A value as an object; what is none is an empty one. */
export function objectOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {}
}

/** The part of a value under a name. */
export function partOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}

/** A value with one part replaced. */
export function withPart(value: unknown, name: string, part: unknown): unknown {
  return { ...objectOf(value), [name]: part }
}

/** The name of a field for people. */
export function fieldName(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words === 'cta' ? 'Call to action' : words.charAt(0).toUpperCase() + words.slice(1)
}
