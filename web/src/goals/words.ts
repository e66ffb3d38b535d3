import { runWords } from '../agents/words'
import type { GoalDetail, PlanStep } from '../api/types'
import type { Tone } from '../ui/badge'

const steps: Partial<Record<PlanStep['state'], { words: string; tone: Tone }>> = {
  planned: { words: 'Not begun', tone: 'neutral' },
  running: { words: 'Under way', tone: 'accent' },
}

/** The state of a step of a plan. */
export function planWords(state: PlanStep['state']): { words: string; tone: Tone } {
  return steps[state] ?? runWords(state === 'planned' ? 'queued' : state)
}

/** The steps of a plan by how many come before them, one after the other. */
export function levelsOf(plan: PlanStep[]): PlanStep[][] {
  const levels = new Map<number, PlanStep[]>()
  for (const step of plan) levels.set(step.level, [...(levels.get(step.level) ?? []), step])
  return [...levels].sort(([a], [b]) => a - b).map(([, list]) => list)
}

/** What a step waits for, in words: "After Assess Ana and Draft the answer". */
export function afterWords(step: PlanStep, plan: PlanStep[]): string {
  const titles = step.needs.map((id) => plan.find((s) => s.id === id)?.title ?? id)
  if (titles.length === 0) return ''
  return `After ${new Intl.ListFormat('en').format(titles.map((t) => `“${t}”`))}`
}

/** The report that a goal ends with, as Markdown; '' where it has none. */
export function pageOf(result: GoalDetail['result']): string {
  return typeof result === 'object' && result !== null && 'page' in result && typeof result.page === 'string' ? result.page : ''
}

/** Who made the plan, in words. */
export function plannerWords(goal: Pick<GoalDetail, 'free' | 'engine' | 'plan'>): string {
  if (goal.plan.length === 0 && goal.engine === '') return '–'
  if (!goal.free) return 'A known plan'
  return goal.engine === 'rules' || goal.engine === '' ? 'Rules, from your words' : `${goal.engine}, from your words`
}
