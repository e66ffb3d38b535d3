import { expect, test } from 'vitest'
import type { AgentAct, AgentPolicy } from '../../api/types'
import { charterOf, draftOf, explained, fateOf, faultsOf, outcomeOf, withFate } from './draft'

const kept: AgentPolicy = {
  enabled: true, autonomy: 'low', operations: null, asks: [], daily_actions: 10, daily_nano: 0, links: ['docs.lumen.example'], pause_on_high: false, hours_from: 0, hours_to: 24, weekends: true, version: 3,
}
const act = (operation: string, risk: number, more: Partial<AgentAct> = {}): AgentAct => ({ operation, risk, says: '', band: 'low', always: false, free: false, ...more })
const acts = [act('draft.create', 10), act('contact.update', 25), act('message.send', 50, { always: true })]

test('a policy that nobody changed is sent as it came', () => {
  const { version: _, ...rest } = kept
  expect(charterOf('email', draftOf(kept))).toEqual({ ...rest, agent: 'email' })
})

test('what is forbidden leaves a list, and what is allowed again leaves none', () => {
  const forbidden = withFate(draftOf(kept), acts, 'message.send', 'never')
  expect(forbidden.operations).toEqual(['draft.create', 'contact.update'])
  expect(fateOf(forbidden, 'message.send')).toBe('never')
  expect(withFate(forbidden, acts, 'message.send', 'risk').operations).toBeNull()
  const asking = withFate(draftOf(kept), acts, 'draft.create', 'ask')
  expect([asking.operations, asking.asks]).toEqual([null, ['draft.create']])
  expect(withFate(asking, acts, 'draft.create', 'never').asks).toEqual([])
})

test('each kind is shown with what is done about it', () => {
  const draft = draftOf(kept)
  expect(acts.map((a) => outcomeOf(draft, a))).toEqual(['Done at once', 'Asked for', 'Asked for'])
  expect(acts.map((a) => outcomeOf({ ...draft, autonomy: 'medium' }, a))).toEqual(['Done at once', 'Done at once', 'Asked for'])
  expect(outcomeOf({ ...draft, enabled: false }, act('draft.create', 10))).toBe('Never done')
})

test('a policy is explained in sentences', () => {
  const draft = draftOf({ ...kept, hours_from: 22, hours_to: 6, weekends: false, daily_nano: 500_000_000, daily_actions: 1, pause_on_high: true })
  expect(explained(draft)).toEqual([
    'It does at once what has a risk below 20, and asks before the rest.',
    'By itself it acts from Monday to Friday from 22:00 to 06:00 of the next day; at other times it asks.',
    'It proposes at most 1 action a day, drafts not counted.',
    'It stops for the day once its runs have cost $0.5.',
    'It keeps still about people with whom something is badly wrong.',
  ])
  expect(explained({ ...draft, enabled: false })).toEqual(['It does nothing in this workspace.'])
})

test('what cannot be is said before it is sent', () => {
  const draft = draftOf(kept)
  expect(faultsOf(draft)).toEqual({})
  expect(Object.keys(faultsOf({ ...draft, money: 'much', actions: '1.5', hours_from: 8, hours_to: 8 })).toSorted()).toEqual(['actions', 'hours', 'money'])
  expect(faultsOf({ ...draft, actions: '' }).actions).toBeTruthy()
})
