export type Point = readonly [at: number, value: number | null]
export type ChartLine = { id: string; label: string; points: readonly Point[] }

/** The end of an axis: the next of 1, 2, 2.5 or 5 times a power of ten; 1 where there is nothing to show. */
export function niceTop(most: number): number {
  if (!(most > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return power * ([1, 2, 2.5, 5, 10].find((step) => step * power >= most * 0.999) ?? 10)
}

/** The moments at which any of the lines was looked at, in order. */
export function momentsOf(lines: readonly ChartLine[]): number[] {
  return [...new Set(lines.flatMap((l) => l.points.map(([at]) => at)))].sort((a, b) => a - b)
}

/** Whether anything was measured at all. */
export function measured(lines: readonly ChartLine[]): boolean {
  return lines.some((l) => l.points.some(([, value]) => value !== null))
}

export function mostOf(lines: readonly ChartLine[]): number {
  return Math.max(0, ...lines.flatMap((l) => l.points.map(([, value]) => value ?? 0)))
}

type Frame = { from: number; to: number; top: number; width: number; height: number }

/** The line as an SVG path: it breaks where nothing was measured, and a lonely value is a dot. */
export function pathOf(points: readonly Point[], { from, to, top, width, height }: Frame): string {
  const x = (at: number) => (to > from ? ((at - from) / (to - from)) * width : width)
  const y = (value: number) => height - Math.min(1, value / top) * height
  let open = false
  return points
    .map(([at, value], i) => {
      if (value === null) {
        open = false
        return ''
      }
      const place = `${x(at).toFixed(1)} ${y(value).toFixed(2)}`
      const begins = !open
      open = true
      if (!begins) return `L${place}`
      return (points[i + 1]?.[1] ?? null) === null ? `M${place}h.1` : `M${place}`
    })
    .join('')
}

const minute = 60
const hour = 3600
const day = 86_400
const steps = [minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 6 * hour, 12 * hour, day, 2 * day, 5 * day, 7 * day, 14 * day]

export type Tick = { at: number; part: number; label: string }

/** Round moments of an axis of time, in seconds, on the clock of a zone: at most so many. */
export function timeTicks(from: number, to: number, most: number, zone?: string): Tick[] {
  if (to <= from) return []
  const step = steps.find((s) => (to - from) / s <= most) ?? 30 * day
  const shift = offsetOf(from, zone)
  const format: Intl.DateTimeFormatOptions = step < day ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } : { day: 'numeric', month: 'short' }
  const words = new Intl.DateTimeFormat(undefined, { ...format, timeZone: zone })
  const ticks: Tick[] = []
  for (let at = Math.ceil((from + shift) / step) * step - shift; at <= to; at += step) ticks.push({ at, part: (at - from) / (to - from), label: words.format(at * 1000) })
  return ticks
}

/** How many seconds the clock of a zone is ahead of UTC at a moment. */
function offsetOf(at: number, zone?: string): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(at * 1000)
  const part = (type: string) => Number(parts.find((p) => p.type === type)?.value)
  return Math.round(Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) / 1000 - at)
}

/** The place in an ordered list that is nearest to a value; -1 in an empty one. */
export function nearest(ordered: readonly number[], value: number): number {
  let best = -1
  let least = Infinity
  ordered.forEach((candidate, i) => {
    const away = Math.abs(candidate - value)
    if (away < least) [best, least] = [i, away]
  })
  return best
}
