import { describe, expect, it } from 'vitest'
import { diffLines } from './diff'
import { emptyOf, shapeOf } from './shape'

describe('diffLines', () => {
  it('keeps what stayed and shows what went before what came', () => {
    expect(diffLines('a\nb\nc', 'a\nx\nc').map((l) => `${l.kind} ${l.text}`)).toEqual(['same a', 'gone b', 'new x', 'same c'])
    expect(diffLines('', 'a').map((l) => l.kind)).toEqual(['gone', 'new'])
    expect(diffLines('a', 'a')).toEqual([{ kind: 'same', text: 'a' }])
  })
})

describe('shapeOf', () => {
  it('begins a form with as much as the schema asks for', () => {
    const shape = shapeOf({ type: 'object', properties: { lines: { type: 'array', minItems: 2, maxItems: 3, items: { type: 'string' } }, tone: { enum: ['a', 'b'] }, n: { type: 'integer', minimum: 3 } } })
    expect(emptyOf(shape)).toEqual({ lines: ['', ''], tone: 'a', n: 3 })
  })
})
