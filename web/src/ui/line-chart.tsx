import { useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { cx } from './cx'
import { measured, momentsOf, mostOf, nearest, niceTop, pathOf, timeTicks, type ChartLine } from './scale'
import css from './line-chart.module.css'

export type ChartMark = { at: number; label: string; tone: 'neutral' | 'bad' }

type ChartProps = {
  label: string
  lines: ChartLine[]
  words: (value: number) => string
  /** The end of the axis, where it is known; else the next round number. */
  top?: number
  marks?: ChartMark[]
  asTable?: boolean
  /** Nothing is known yet: the room is kept. */
  waiting?: boolean
}

const colours = [css.c0, css.c1, css.c2, css.c3, css.c4]
const [width, height] = [1000, 100]

/** Lines over time. A pointer or the arrow keys show exact values; the table has all of them. */
export function LineChart({ label, lines, words, top, marks = [], asTable, waiting }: ChartProps) {
  const [off, setOff] = useState<readonly string[]>([])
  const shown = lines.filter((l) => !off.includes(l.id))
  const moments = useMemo(() => momentsOf(lines), [lines])
  const flip = (id: string) => setOff(off.includes(id) ? off.filter((o) => o !== id) : [...off, id])
  const empty = !waiting && !measured(lines)
  const plot = { label, lines: shown, all: lines, moments, words, marks, top: top ?? niceTop(mostOf(shown)) }
  return (
    <figure className={css.figure}>
      {asTable ? <ValueTable {...plot} lines={lines} /> : <Plot {...plot} empty={empty} waiting={waiting ?? false} />}
      <Legend lines={lines} words={words} off={off} onFlip={flip} />
    </figure>
  )
}

type PlotProps = { label: string; lines: ChartLine[]; all: ChartLine[]; moments: number[]; words: (value: number) => string; marks: ChartMark[]; top: number }

function Plot({ label, lines, all, moments, words, marks, top, empty, waiting }: PlotProps & { empty: boolean; waiting: boolean }) {
  const [at, setAt] = useState<number>()
  const from = moments[0] ?? 0
  const to = moments.at(-1) ?? 0
  const part = (moment: number) => (to > from ? (moment - from) / (to - from) : 1)
  const index = at === undefined ? -1 : nearest(moments, at)
  const moment = moments[index]
  const point = (e: PointerEvent<HTMLElement>) => {
    const box = e.currentTarget.getBoundingClientRect()
    setAt(from + ((e.clientX - box.left) / box.width) * (to - from))
  }
  const step = (e: KeyboardEvent) => {
    const last = moments.length - 1
    const here = index < 0 ? last : index
    const next = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last, PageUp: here - 10, PageDown: here + 10 }[e.key]
    if (next === undefined && e.key !== 'Escape') return
    e.preventDefault()
    setAt(next === undefined ? undefined : moments[Math.max(0, Math.min(last, next))])
  }
  const told = moment === undefined ? 'The arrow keys show values' : `${timeWords(moment, to - from)}: ${valuesAt(lines, moment, words).map((v) => `${v.label} ${v.words}`).join(', ')}`
  return (
    <div className={css.chart}>
      <div className={css.yAxis} aria-hidden>
        {!empty && !waiting && [top, top / 2, 0].map((v) => <span key={v}>{words(v)}</span>)}
      </div>
      <div
        className={css.plot}
        role="slider"
        tabIndex={empty || waiting ? -1 : 0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, moments.length - 1)}
        aria-valuenow={Math.max(0, index)}
        aria-valuetext={empty ? 'No data yet' : told}
        aria-busy={waiting || undefined}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => setAt(undefined)}
        onKeyDown={step}
        onBlur={() => setAt(undefined)}
      >
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden>
          {[0, 50, 100].map((y) => (
            <line key={y} className={css.grid} x1={0} x2={width} y1={y} y2={y} />
          ))}
          {lines.map((l) => (
            <path key={l.id} className={cx(css.line, colours[all.indexOf(l) % colours.length])} d={pathOf(l.points, { from, to, top, width, height })} />
          ))}
        </svg>
        {marks.filter((m) => m.at >= from && m.at <= to).map((m) => (
          <span key={`${m.at} ${m.label}`} className={cx(css.mark, m.tone === 'bad' && css.markBad)} style={{ left: `${part(m.at) * 100}%` }} title={m.label} />
        ))}
        {empty && <span className={css.empty}>No data yet</span>}
        {moment !== undefined && !empty && <Crosshair part={part(moment)} title={timeWords(moment, to - from)} values={valuesAt(lines, moment, words)} colourOf={(id) => colours[all.findIndex((l) => l.id === id) % colours.length]} marks={marks.filter((m) => Math.abs(part(m.at) - part(moment)) < 0.01)} />}
      </div>
      <div className={css.xAxis} aria-hidden>
        {timeTicks(from, to, 5, zone()).map((t) => (
          <span key={t.at} style={{ left: `${t.part * 100}%` }} data-edge={t.part < 0.06 ? 'first' : t.part > 0.94 ? 'last' : undefined}>
            {t.label}
          </span>
        ))}
      </div>
    </div>
  )
}

type Value = { id: string; label: string; words: string }

function Crosshair({ part, title, values, colourOf, marks }: { part: number; title: string; values: Value[]; colourOf: (id: string) => string | undefined; marks: ChartMark[] }) {
  return (
    <span className={css.hair} style={{ left: `${part * 100}%` }} data-side={part > 0.5 ? 'left' : 'right'} aria-hidden>
      <span className={css.tip}>
        <span className={css.tipTitle}>{title}</span>
        {values.map((v) => (
          <span key={v.id} className={css.tipRow}>
            <span className={cx(css.swatch, colourOf(v.id))} />
            <span className={css.tipLabel}>{v.label}</span>
            <strong>{v.words}</strong>
          </span>
        ))}
        {marks.map((m) => (
          <span key={m.label} className={css.tipTitle}>
            {m.label}
          </span>
        ))}
      </span>
    </span>
  )
}

function valuesAt(lines: ChartLine[], moment: number, words: (value: number) => string): Value[] {
  return lines.map((l) => {
    const value = l.points.find(([at]) => at === moment)?.[1] ?? null
    return { id: l.id, label: l.label, words: value === null ? '–' : words(value) }
  })
}

function Legend({ lines, words, off, onFlip }: { lines: ChartLine[]; words: (value: number) => string; off: readonly string[]; onFlip: (id: string) => void }) {
  return (
    <figcaption className={css.legend}>
      {lines.map((l, i) => {
        const last = l.points.findLast(([, value]) => value !== null)?.[1] ?? null
        return (
          <button key={l.id} type="button" aria-pressed={!off.includes(l.id)} title={off.includes(l.id) ? 'Show this line' : 'Hide this line'} onClick={() => onFlip(l.id)}>
            <span className={cx(css.swatch, colours[i % colours.length])} />
            {l.label} <strong>{last === null ? '–' : words(last)}</strong>
          </button>
        )
      })}
    </figcaption>
  )
}

function ValueTable({ label, lines, moments, words }: PlotProps) {
  const span = (moments.at(-1) ?? 0) - (moments[0] ?? 0)
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
    <div className={css.tableBox} tabIndex={0} role="region" aria-label={`${label}, as a table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {lines.map((l) => (
              <th key={l.id} scope="col">
                {l.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {moments.toReversed().map((moment) => (
            <tr key={moment}>
              <th scope="row">{timeWords(moment, span)}</th>
              {valuesAt(lines, moment, words).map((v) => (
                <td key={v.id}>{v.words}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function zone(): string | undefined {
  return document.documentElement.dataset.timeZone || undefined
}

function timeWords(moment: number, span: number): string {
  const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: span <= 7200 ? '2-digit' : undefined }
  return new Date(moment * 1000).toLocaleString(undefined, { ...clock, ...(span > 80_000 ? { day: 'numeric', month: 'short' } : {}), timeZone: zone() })
}
