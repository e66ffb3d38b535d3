import { dollars, nanos } from '../../ai/words'
import type { AgentAct, AgentCard, AgentCharter, AgentPolicy } from '../../api/types'
import { counted } from '../../record/words'

/** What becomes of a kind of action. */
export type Fate = 'risk' | 'ask' | 'never'

/** A policy while somebody changes it: amounts and domains are as they are typed. */
export type Draft = Omit<AgentPolicy, 'version' | 'daily_nano' | 'daily_actions' | 'links'> & { money: string; actions: string; links: string }

export function draftOf(p: AgentPolicy): Draft {
  return {
    enabled: p.enabled,
    autonomy: p.autonomy,
    operations: p.operations,
    asks: p.asks,
    pause_on_high: p.pause_on_high,
    hours_from: p.hours_from,
    hours_to: p.hours_to,
    weekends: p.weekends,
    money: p.daily_nano === 0 ? '' : dollars(p.daily_nano),
    actions: String(p.daily_actions),
    links: p.links.join(', '),
  }
}

/** What is wrong with what was typed, by field. */
export function faultsOf(draft: Draft): { money?: string; actions?: string; hours?: string } {
  const actions = Number(draft.actions)
  return {
    money: nanos(draft.money) === undefined ? 'Enter dollars, such as 2 or 0.50, or leave it empty.' : undefined,
    actions: draft.actions.trim() !== '' && Number.isInteger(actions) && actions >= 0 && actions <= 10_000 ? undefined : 'Enter a whole number from 0 to 10,000.',
    hours: draft.hours_from === draft.hours_to ? 'Choose another hour: these two leave no time.' : undefined,
  }
}

export function charterOf(agent: string, { money, actions, links, ...rest }: Draft): AgentCharter {
  return { ...rest, agent, daily_nano: nanos(money) ?? 0, daily_actions: Number(actions), links: links.split(/[\s,;]+/).filter(Boolean) }
}

/** All that the agents of a policy act with, each once. */
export function actsOf(agents: AgentCard[], agent: string): AgentAct[] {
  const all = agents.filter((a) => agent === '' || a.name === agent).flatMap((a) => a.acts)
  return [...new Map(all.map((a) => [a.operation, a])).values()].toSorted((a, b) => a.risk - b.risk)
}

export function fateOf(draft: Pick<Draft, 'operations' | 'asks'>, operation: string): Fate {
  if (draft.operations && !draft.operations.includes(operation)) return 'never'
  return draft.asks.includes(operation) ? 'ask' : 'risk'
}

/** Another fate for a kind of action. All that nobody forbids is said as no list, so that what a new release can do is not forbidden by silence. */
export function withFate(draft: Draft, acts: AgentAct[], operation: string, fate: Fate): Draft {
  const known = acts.map((a) => a.operation)
  const allowed = new Set(draft.operations ?? known)
  if (fate === 'never') allowed.delete(operation)
  else allowed.add(operation)
  const asks = draft.asks.filter((o) => o !== operation)
  return {
    ...draft,
    operations: known.every((o) => allowed.has(o)) ? null : [...allowed],
    asks: fate === 'ask' ? [...asks, operation] : asks,
  }
}

const bounds = { ask: 0, low: 20, medium: 40 }

/** What is done with a kind of action under the draft, in words. */
export function outcomeOf(draft: Draft, act: AgentAct): string {
  const fate = fateOf(draft, act.operation)
  if (!draft.enabled || fate === 'never') return 'Never done'
  if (act.always || fate === 'ask' || act.risk >= bounds[draft.autonomy]) return 'Asked for'
  return 'Done at once'
}

export function hour(h: number): string {
  return `${String(h).padStart(2, '0')}:00`
}

/** The whole of a policy in sentences. */
export function explained(draft: Draft): string[] {
  if (!draft.enabled) return ['It does nothing in this workspace.']
  const faults = faultsOf(draft)
  const acts = {
    ask: 'It asks before everything.',
    low: 'It does at once what has a risk below 20, and asks before the rest.',
    medium: 'It does at once what has a risk below 40, and asks before the rest.',
  }[draft.autonomy]
  const always = draft.hours_from === 0 && draft.hours_to === 24
  const days = draft.weekends ? 'every day' : 'from Monday to Friday'
  const hours = always ? (draft.weekends ? '' : `By itself it acts ${days}; on other days it asks.`) : `By itself it acts ${days} from ${hour(draft.hours_from)} to ${hour(draft.hours_to)}${draft.hours_to < draft.hours_from ? ' of the next day' : ''}; at other times it asks.`
  const actions = Number(draft.actions)
  const money = nanos(draft.money)
  return [
    acts,
    draft.autonomy === 'ask' || faults.hours ? '' : hours,
    faults.actions ? '' : actions === 0 ? 'It proposes nothing but drafts.' : `It proposes at most ${counted(actions, 'action')} a day, drafts not counted.`,
    faults.money || !money ? '' : `It stops for the day once its runs have cost $${dollars(money)}.`,
    draft.pause_on_high ? 'It keeps still about people with whom something is badly wrong.' : '',
  ].filter(Boolean)
}
