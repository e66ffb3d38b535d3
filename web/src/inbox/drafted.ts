import type { RunTrail } from '../api/types'

/** What a run of the email agent made, as far as it is known. */
export type Drafted = { draft?: string; message?: string; engine: string; degraded: boolean; answers: { quote: string; treated: string }[]; gaps: string[] }

const waiting = ['queued', 'running', 'waiting']

/** Whether nothing more comes of a run by itself. */
export function over(run: RunTrail): boolean {
  return !waiting.includes(run.state)
}

/** Reads what the steps of a run have left. */
export function outcomeOf(run: RunTrail): Drafted {
  const made: Drafted = { engine: '', degraded: false, answers: [], gaps: [] }
  for (const { output } of run.steps) {
    const letter = field(output, 'output')
    if (field(letter, 'greeting') !== undefined) {
      made.engine = text(field(output, 'engine'))
      made.degraded = field(output, 'degraded') === true
      made.answers = list(field(letter, 'answers')).map((a) => ({ quote: text(field(a, 'quote')), treated: text(field(a, 'treated')) }))
      made.gaps = list(field(letter, 'gaps')).map(text)
    }
    if (field(output, 'mode') !== undefined && field(output, 'text') !== undefined) {
      made.draft = text(field(output, 'id'))
      made.message = text(field(output, 'message_id')) || undefined
    }
  }
  return made
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Object.entries(of).find(([key]) => key === name)?.[1] : undefined
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
