import type { ReactNode } from 'react'
import { Badge } from './badge'
import css from './chart.module.css'
import { cx } from './cx'
import { Hidden } from './layout'

const colours = [css.c0, css.c1, css.c2, css.c3]

/** The colour of the n-th thing of a chart. */
function colour(n: number): string | undefined {
  return colours[Math.min(n, colours.length - 1)]
}

type MeterProps = { label: string; value: number; held?: number; max: number | null; words: string; note?: ReactNode; marks?: number[]; tone?: 'warn' | 'bad' }

/** How much of a limit is used, with marks at percents of it; held is set aside. Without a limit it is only words. */
export function Meter({ label, value, held = 0, max, words, note, marks = [], tone }: MeterProps) {
  const part = (n: number) => (max ? Math.min(100, (n / max) * 100) : n > 0 ? 100 : 0)
  return (
    <div className={cx(css.meter, tone && css[tone])}>
      <div className={css.meterHead}>
        <span>
          {label} <strong>{words}</strong>
        </span>
        {note && <span className={css.note}>{note}</span>}
      </div>
      {max !== null && (
        <>
          <div className={css.track} role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(part(value))} aria-valuetext={words}>
            <div className={css.used} style={{ width: `${part(value)}%` }} />
            <div className={css.held} style={{ width: `${Math.min(part(held), 100 - part(value))}%` }} />
          </div>
          {marks.length > 0 && (
            <div className={css.scale} aria-hidden>
              {marks.map((m) => (
                <span key={m} className={css.tick} style={{ left: `${m}%` }}>
                  {m} %
                </span>
              ))}
            </div>
          )}
        </>
      )}
    </div>
  )
}

type ShareRow = { id: string; name: string; target: number | null; drifts: boolean; shares: number[] }

/** Parts of a whole, each counted in several ways; the first is compared with a target. */
export function ShareChart({ label, head, rows }: { label: string; head: string[]; rows: ShareRow[] }) {
  return (
    <div className={css.shares} role="group" aria-label={label}>
      <span className={cx(css.headCell, css.headName)}>Provider</span>
      {head.map((h) => (
        <span key={h} className={css.headCell}>
          {h}
        </span>
      ))}
      {rows.map((row, n) => (
        <ShareLine key={row.id} row={row} head={head} n={n} />
      ))}
    </div>
  )
}

function ShareLine({ row, head, n }: { row: ShareRow; head: string[]; n: number }) {
  return (
    <>
      <span className={css.shareName}>
        <span className={cx(css.swatch, colour(n))} />
        {row.name}
        {row.drifts && <Badge tone="warn">Drifts</Badge>}
      </span>
      {row.shares.map((share, i) => (
        <span key={head[i]} className={css.share}>
          <span>
            <Hidden>{head[i]}: </Hidden>
            <span className={row.drifts && i === 0 ? css.drift : undefined}>{share} %</span>
            {i === 0 && row.target !== null && <span className={css.small}> of {row.target} %</span>}
          </span>
          <span className={css.shareTrack} aria-hidden>
            <span className={cx(css.shareFill, colour(n))} style={{ width: `${share}%`, display: 'block' }} />
            {i === 0 && row.target !== null && <span className={css.target} style={{ left: `${row.target}%` }} />}
          </span>
        </span>
      ))}
    </>
  )
}

type Day = { day: string; values: number[] }

/** Columns of days, each stacked of the same parts. */
export function DayChart({ label, parts, days, words }: { label: string; parts: string[]; days: Day[]; words: (value: number) => string }) {
  const total = (d: Day) => d.values.reduce((a, b) => a + b, 0)
  const most = Math.max(...days.map(total), 0)
  const short = (day: string) => new Date(`${day}T00:00:00Z`).toLocaleDateString(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' })
  const told = days.filter((d) => total(d) > 0).map((d) => `${short(d.day)}: ${words(total(d))}`)
  return (
    <figure className={css.days}>
      <span className={css.ends}>
        <span>{most > 0 ? `Most in a day: ${words(most)}` : 'Nothing was spent in these days.'}</span>
      </span>
      <svg className={css.plot} viewBox={`0 0 ${days.length * 10} 100`} preserveAspectRatio="none" role="img" aria-label={`${label}. ${told.slice(-31).join(', ') || 'Nothing'}`}>
        {days.map((d, i) => (
          <DayColumn key={d.day} day={d} at={i * 10} most={most} title={`${short(d.day)}: ${d.values.map((v, n) => (v > 0 ? `${parts[n]} ${words(v)}` : '')).filter(Boolean).join(', ') || 'nothing'}`} />
        ))}
      </svg>
      <span className={css.ends} aria-hidden>
        <span>{days[0] && short(days[0].day)}</span>
        <span>{days.length > 0 && short(days.at(-1)?.day ?? '')}</span>
      </span>
      <span className={css.legend} aria-hidden>
        {parts.map((p, n) => (
          <span key={p}>
            <span className={cx(css.swatch, colour(n))} /> {p}
          </span>
        ))}
      </span>
    </figure>
  )
}

function DayColumn({ day, at, most, title }: { day: Day; at: number; most: number; title: string }) {
  const height = (v: number) => (most > 0 ? (v / most) * 96 : 0)
  const tops = day.values.map((_, n) => 100 - height(day.values.slice(0, n + 1).reduce((a, b) => a + b, 0)))
  return (
    <g className={css.day}>
      <title>{title}</title>
      <rect className={css.ground} x={at} y={0} width={10} height={100} />
      {day.values.map((v, n) => v > 0 && <rect key={n} className={colour(n)} x={at + 1.5} y={tops[n]} width={7} height={height(v)} />)}
    </g>
  )
}
