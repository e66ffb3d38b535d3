import type { ReactNode } from 'react'
import { cx } from './cx'
import css from './data.module.css'

type ProgressProps = { label: string; value: number; max: number | null; note?: ReactNode; tone?: 'good' | 'bad' }

/** How far a long work is; max null means that the end is not known yet. */
export function Progress({ label, value, max, note, tone }: ProgressProps) {
  const share = max ? Math.min(100, (value / max) * 100) : 0
  return (
    <div className={css.progress}>
      <div className={css.progressHead}>
        <span>{label}</span>
        {note && <span>{note}</span>}
      </div>
      <div role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={max ? Math.round(share) : undefined} className={cx(css.bar, max === null && css.indeterminate)}>
        <div className={cx(css.fill, tone === 'good' && css.fillGood, tone === 'bad' && css.fillBad)} style={max ? { width: `${share}%` } : undefined} />
      </div>
    </div>
  )
}
