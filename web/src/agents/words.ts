import type { AgentCard, Run, RunState, RunStep } from '../api/types'
import type { Tone } from '../ui/badge'

/** The states of runs of many steps, in the order of a filter. */
export const runStates: RunState[] = ['queued', 'running', 'waiting', 'paused', 'done', 'failed', 'dead', 'cancelled']

const states: Record<RunState, { words: string; tone: Tone }> = {
  queued: { words: 'Queued', tone: 'neutral' },
  running: { words: 'Running', tone: 'accent' },
  waiting: { words: 'Waiting', tone: 'warn' },
  paused: { words: 'Paused', tone: 'warn' },
  done: { words: 'Done', tone: 'good' },
  skipped: { words: 'Skipped', tone: 'neutral' },
  failed: { words: 'Failed', tone: 'bad' },
  cancelled: { words: 'Cancelled', tone: 'neutral' },
  dead: { words: 'Given up', tone: 'bad' },
}

export function runWords(state: RunState): { words: string; tone: Tone } {
  return states[state]
}

export function isOver(state: RunState): boolean {
  return state === 'done' || state === 'failed' || state === 'dead' || state === 'cancelled' || state === 'skipped'
}

export function canRetry(state: RunState): boolean {
  return state === 'failed' || state === 'dead' || state === 'paused'
}

const kinds: Record<RunStep['kind'], string> = {
  model: 'Asked a model',
  verify: 'Verified the answer',
  apply: 'Applied it',
  load: 'Looked',
  act: 'Acted',
  store: 'Stored',
  child: 'Started a run',
  timer: 'Waited for a time',
}

export function stepWords(kind: RunStep['kind']): string {
  return kinds[kind]
}

const stepStates: Record<RunStep['state'], { words: string; tone: Tone }> = {
  intent: { words: 'Under way', tone: 'accent' },
  waiting: { words: 'Waiting', tone: 'warn' },
  done: { words: 'Done', tone: 'good' },
  failed: { words: 'Failed', tone: 'bad' },
}

export function stepState(state: RunStep['state']): { words: string; tone: Tone } {
  return stepStates[state]
}

/** What a run is called: its title, else its agent's work. */
export function runTitle(run: Pick<Run, 'title' | 'agent'>): string {
  return run.title || `Run of ${run.agent}`
}

/** What a run says of itself in a line, if it says anything. */
export function summaryOf(output: unknown): string {
  return typeof output === 'object' && output !== null && 'summary' in output && typeof output.summary === 'string' ? output.summary : ''
}

const health: Record<AgentCard['health']['state'], { words: string; tone: Tone }> = {
  healthy: { words: 'Healthy', tone: 'good' },
  warning: { words: 'Some runs fail', tone: 'warn' },
  critical: { words: 'Many runs fail', tone: 'bad' },
}

export function healthWords(state: AgentCard['health']['state']): { words: string; tone: Tone } {
  return health[state]
}

/** How much an agent does without asking. */
export const autonomies = [
  { value: 'ask', label: 'Asks before everything' },
  { value: 'low', label: 'Acts where the risk is low' },
  { value: 'medium', label: 'Acts up to medium risk' },
] as const

/** JSON as people read it, short where there is nothing in it. */
export function pretty(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = JSON.stringify(value, null, 2)
  return text === '{}' || text === '[]' ? '' : text
}

/** A memory as the step that looked it up kept it. */
export type UsedMemory = { id: string; kind: string; entity?: string; entity_id?: string; about?: string; body: string; source: string; author?: string; day: string }

/** The memories in what a step has looked up, wherever its agent keeps them. */
export function memoriesOf(output: unknown): UsedMemory[] {
  for (const part of [output, ...['brief', 'input', 'Input'].map((name) => field(output, name))]) {
    const found = field(part, 'memories')
    if (Array.isArray(found)) return found.filter(isMemory)
  }
  return []
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function isMemory(value: unknown): value is UsedMemory {
  return ['id', 'kind', 'body', 'source', 'day'].every((name) => typeof field(value, name) === 'string')
}
