import { describe, expect, it } from 'vitest'
import { askedBy, parsedObject, rewritten, type Mail } from './words'

const mail: Mail = { from: { name: '', address: 'mira@studio.example' }, to: [], cc: [], bcc: [], subject: 'Re: Prices', text: 'Gladly.\n\n> Prices?', html: '', attachments: [] }

describe('rewritten', () => {
  const args = { mode: 'reply', message_id: 'm', text: 'Gladly.' }
  it('leaves a mail as it is that nobody changed', () => {
    expect(rewritten(args, mail, 'Re: Prices', 'Gladly.')).toEqual(args)
  })
  it('sets a subject only when it is another one', () => {
    expect(rewritten(args, mail, 'Prices', 'Gladly.')).toEqual({ ...args, subject: 'Prices' })
  })
  it('drops HTML that the text no longer matches', () => {
    expect(rewritten({ ...args, html: '<p>Gladly.</p>' }, mail, 'Re: Prices', 'No.')).toEqual({ ...args, text: 'No.' })
  })
})

describe('parsedObject', () => {
  it('takes objects alone, and says what is wrong with the rest', () => {
    expect(parsedObject('{"a": 1}')).toEqual({ value: { a: 1 } })
    expect(parsedObject('[1]')).toEqual({ fault: 'Write a JSON object, in braces.' })
    expect(parsedObject('{')).toHaveProperty('fault')
  })
})

describe('askedBy', () => {
  it('names the agent and its person, and says what a program is', () => {
    expect(askedBy({ agent: 'email', requester: { kind: 'agent', name: 'email', on_behalf_of: 'Mira Falk' } })).toBe('Agent email, for Mira Falk')
    expect(askedBy({ agent: '', requester: { kind: 'api_key', name: 'Shop' } })).toBe('Shop (API key)')
    expect(askedBy({ agent: '', requester: { kind: 'user', name: 'Mira Falk' } })).toBe('Mira Falk')
  })
})
