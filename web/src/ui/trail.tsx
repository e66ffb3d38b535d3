import { Check, Circle, Sparkles, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from './cx'
import { Popover } from './popover'
import css from './trail.module.css'

/** One engine that was asked, or was not and why. */
export type Step = {
  who: string
  /** answered, failed, or passed over without being asked */
  state: 'answered' | 'failed' | 'passed'
  words: string
  waited?: string
  facts: string[]
}

const icons = { answered: Check, failed: X, passed: Circle }
const tones = { answered: css.good, failed: css.bad, passed: css.idle }

/** Who was asked in turn, what failed, how long was waited for what. */
export function Trail({ label, steps }: { label: string; steps: Step[] }) {
  return (
    <ol className={css.trail} aria-label={label}>
      {steps.map((s, i) => {
        const Icon = icons[s.state]
        return (
          <li key={i} className={css.step}>
            <span className={cx(css.icon, tones[s.state])}>
              <Icon size={14} strokeWidth={2} aria-hidden />
            </span>
            <span className={css.words}>
              {s.waited && <span className={css.side}>{s.waited}</span>}
              <span className={css.line}>
                <span className={css.who}>{s.who}</span>
                <span className={s.state === 'failed' ? css.bad : undefined}>{s.words}</span>
              </span>
              {s.facts.length > 0 && <span className={css.side}>{s.facts.join(' · ')}</span>}
            </span>
          </li>
        )
      })}
    </ol>
  )
}

/** The violet mark on an answer; pressing tells where it is from. */
export function AnswerMark({ said, children }: { said: string; children?: ReactNode }) {
  return (
    <Popover
      label={`Where this is from: ${said}`}
      trigger={
        <span className={css.mark}>
          <Sparkles size={14} strokeWidth={1.5} aria-hidden />
        </span>
      }
    >
      <div className={css.made}>
        <p>{said}</p>
        {children}
      </div>
    </Popover>
  )
}
