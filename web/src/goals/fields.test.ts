import { expect, test } from 'vitest'
import { argumentsOf, faultOf, fieldsOf } from './fields'

const schema = {
  type: 'object',
  required: ['contact_id'],
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 8, default: 3, title: 'How many' },
    contact_id: { type: 'string', format: 'uuid', title: 'Contact' },
    instructions: { type: 'string', maxLength: 1000, title: 'Instructions' },
    platform: { type: 'string', enum: ['a', 'b'], default: 'a' },
  },
}
const fields = fieldsOf(schema)

test('the fields of a schema come with what must be filled first', () => {
  expect(fields.map((f) => [f.name, f.kind, f.initial])).toEqual([
    ['contact_id', 'contact', ''],
    ['limit', 'number', '3'],
    ['instructions', 'words', ''],
    ['platform', 'choice', 'a'],
  ])
  expect(fieldsOf(null)).toEqual([])
  expect(fieldsOf({ properties: {} })).toEqual([])
})

test('what is left empty is left out, and numbers are numbers', () => {
  expect(argumentsOf(fields, { contact_id: 'x', instructions: '  ', limit: '5' })).toEqual({ contact_id: 'x', limit: 5, platform: 'a' })
})

test('a field says what is wrong before it is sent', () => {
  const [contact, limit] = fields
  expect(contact && faultOf(contact, '')).toBe('This is needed.')
  expect(limit && faultOf(limit, '9')).toBe('A whole number from 1 to 8.')
  expect(limit && faultOf(limit, undefined)).toBe('')
})
