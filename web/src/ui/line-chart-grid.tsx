import type { ReactNode } from 'react'
import css from './line-chart.module.css'

/** Charts beside each other, as many as there is room for. */
export function ChartGrid({ children }: { children: ReactNode }) {
  return <div className={css.gridBox}>{children}</div>
}
