import type { ErrorGroup, SeriesChart, SeriesFn } from '../api/types'
import type { Point } from '../ui/scale'

export type GroupState = ErrorGroup['state']

/** A chart of the built-in history, each point with its time and its value. */
export type SeriesAnswer = { name: string; fn: SeriesFn; lines: { label: string; points: Point[] }[] }

/** What the server drew; a point without a time is none. */
export function drawnBy(chart: SeriesChart, fn: SeriesFn): SeriesAnswer {
  const point = ([at, value]: (number | null)[]): Point[] => (typeof at === 'number' ? [[at, value ?? null]] : [])
  return { name: chart.name, fn, lines: chart.lines.map((l) => ({ label: l.label, points: l.points.flatMap(point) })) }
}
