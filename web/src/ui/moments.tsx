import { absolute } from './time'
import { cx } from './cx'
import css from './moments.module.css'
import { When } from './when'

export type Moment = { at: string; title: string; note?: string; good?: boolean; bad?: boolean }

/** What happened one after the other, with the time between. */
export function Moments({ label, moments }: { label: string; moments: Moment[] }) {
  return (
    <ol className={css.moments} aria-label={label}>
      {moments.map((m, i) => (
        <li key={`${m.at} ${m.title} ${i}`} className={cx(m.bad && css.bad, m.good && css.good)}>
          <span className={css.title}>{m.title}</span>
          {m.note && <span className={css.note}>{m.note}</span>}
          <span className={css.at} title={absolute(m.at)}>
            <When at={m.at} />
            {i > 0 && `, ${since(moments[0]?.at, m.at)}`}
          </span>
        </li>
      ))}
    </ol>
  )
}

function since(from: string | undefined, to: string): string {
  const seconds = Math.round((Date.parse(to) - Date.parse(from ?? to)) / 1000)
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  return `+${[h ? `${h} h` : '', min ? `${min} min` : '', s || seconds === 0 ? `${s} s` : ''].filter(Boolean).join(' ')}`
}
