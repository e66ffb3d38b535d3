import { describe, expect, test } from 'vitest'
import type { AiPolicy } from '../api/types'
import { draftOf, parsePolicy, policyOf } from './draft'
import { events } from './stream'
import { dollars, money, nanos, provenance, span, stepOf } from './words'

const policy: AiPolicy = {
  chains: {
    own: [{ provider: 'rules' }],
    fast: [{ provider: 'gemini', model: 'flash', params: { max_tokens: 2048, effort: 'none', temperature: 0, zero_retention: true }, max_cost_nano: 5_000_000 }, { chain: 'own' }],
    extract: [{ chain: 'own' }],
    standard: [{ chain: 'own' }],
    deep: [{ chain: 'own' }],
  },
  rules: [{ task: 'email.*', class: 'deep', chain: 'deep' }],
  targets: { gemini: 20 },
  drift: 5,
  redact: { addresses: true, names: ['Ada Brook', 'Lumen'] },
}

describe('a policy', () => {
  test('comes out of the editor as it went in', () => {
    expect(policyOf(draftOf(policy))).toEqual(policy)
  })
  test('redacts nothing unless it is told to, and no empty names', () => {
    const draft = draftOf({ chains: {} })
    expect(policyOf(draft).redact).toBeUndefined()
    expect(policyOf({ ...draft, redact: { addresses: false, phones: true, names: ' Ada \n\n' } }).redact).toEqual({ phones: true, names: ['Ada'] })
  })
  test('has the needed chains first', () => {
    expect(draftOf(policy).chains.map((c) => c.name)).toEqual(['fast', 'extract', 'standard', 'deep', 'own'])
  })
  test('that is none is refused before it is sent', () => {
    for (const json of ['', '[]', '{"chains":[]}', '{"chains":{"fast":1}}']) expect(() => parsePolicy(json)).toThrow()
  })
})

describe('money', () => {
  test('is shown in the unit that people read', () => {
    expect([0, 3_000_000, 41_000, 12_400_000_000, 1_500_000_000_000].map(money)).toEqual(['$0', '0.3 ¢', '0.0041 ¢', '$12.40', '$1,500'])
  })
  test('is typed in dollars', () => {
    expect(['', '0', '$1,500.50', '-1', 'x'].map(nanos)).toEqual([null, 0, 1_500_500_000_000, undefined, undefined])
    expect(dollars(500_000_000)).toBe('0.5')
  })
})

const usage = { input_tokens: 10, output_tokens: 5, cached_tokens: 0, cost_nano: 3_000_000 }
const limited = { engine: 'gemini', model: 'flash', kind: 'rate_limited', error: 'rate_limited: HTTP 429', status: 429, billed: 'no', usage: { ...usage, input_tokens: 0, output_tokens: 0, cost_nano: 0 }, duration_ns: 2e8 }
const answered = { engine: 'openrouter', model: 'sol', billed: 'yes', usage, duration_ns: 2.1e9, waited_ns: 1e9, why: 'backoff' }

describe('a trail', () => {
  test('says who answered after what, and for how much', () => {
    const call = { engine: 'openrouter', model: 'sol', outcome: 'answered' as const, cost_nano: 3_000_000, duration_ms: 3300, error: '' }
    expect(provenance(call, [limited, answered], false)).toBe('Answered by OpenRouter, sol after 3.3 s; Gemini was limited; cost 0.3 ¢.')
    expect(provenance(call, [answered], true)).toMatch(/^Simulated\. /)
  })
  test('tells what failed from what was never asked', () => {
    expect([limited, answered, { ...limited, kind: 'local_limit', duration_ns: 0 }].map((a) => stepOf(a).state)).toEqual(['failed', 'answered', 'passed'])
    expect(stepOf(answered).waited).toBe('Waited 1.0 s: backoff')
  })
})

test('a span is short', () => {
  expect([850, 2100, 65_000].map(span)).toEqual(['850 ms', '2.1 s', '1 min 5 s'])
})

test('events are told apart however they are cut', async () => {
  const bytes = new TextEncoder().encode('event: piece\ndata: {"text":"Grüße"}\n\n: still asking\n\nevent: done\ndata: {}\n\n')
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]))
      controller.close()
    },
  })
  const got = []
  for await (const event of events(body)) got.push(event)
  expect(got).toEqual([
    { name: 'piece', data: '{"text":"Grüße"}' },
    { name: 'done', data: '{}' },
  ])
})
