import { ArrowDown } from 'lucide-react'
import type { ReactNode } from 'react'
import css from './plan.module.css'

/** A plan: what comes before stands above, what goes side by side stands beside each other. */
export function Plan({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ol className={css.plan} aria-label={label}>
      {children}
    </ol>
  )
}

export function PlanLevel({ label, first, children }: { label: string; first: boolean; children: ReactNode }) {
  return (
    <li className={css.level}>
      {!first && (
        <span className={css.arrow}>
          <ArrowDown size={16} strokeWidth={1.5} aria-hidden />
        </span>
      )}
      <ul className={css.steps} aria-label={label}>
        {children}
      </ul>
    </li>
  )
}

type PlanCardProps = { title: string; mark: ReactNode; tone: 'quiet' | 'now' | 'bad' | 'good'; children: ReactNode }

/** One step; its edge tells how far it is, the mark says it in words. */
export function PlanCard({ title, mark, tone, children }: PlanCardProps) {
  return (
    <li className={css.card} data-tone={tone}>
      <div className={css.head}>
        <h3 className={css.title} dir="auto">
          {title}
        </h3>
        {mark}
      </div>
      {children}
    </li>
  )
}
