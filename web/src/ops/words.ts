import { duration, fileSize } from '../ui/time'

/** So many digits as tell something: "0.04", "3.2", "1,240". */
export function amount(n: number): string {
  const size = Math.abs(n)
  return n.toLocaleString('en', size === 0 || size >= 100 ? { maximumFractionDigits: 0 } : size >= 10 ? { maximumFractionDigits: 1 } : { maximumSignificantDigits: 2 })
}

export function perSecond(n: number): string {
  return `${amount(n)} /s`
}

/** A part of one as percent; close to nothing and close to all are told apart from it. */
export function percent(part: number): string {
  const p = part * 100
  const digits = p > 0 && p < 1 ? 2 : p > 99 && p < 100 ? (p > 99.99 ? 3 : 2) : p % 1 === 0 || p >= 10 ? 1 : 2
  return `${Number(p.toFixed(digits))} %`
}

/** A span of milliseconds: "0.4 ms", "12 ms", "2.1 s", "1 min 5 s". */
export function millis(ms: number): string {
  if (ms < 0.0005) return '0 ms'
  if (ms < 9.95) return `${Number(ms.toPrecision(2))} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_500) return `${Number((ms / 1000).toFixed(ms < 9950 ? 2 : 1))} s`
  return duration(ms / 1000)
}

export function seconds(s: number): string {
  return millis(s * 1000)
}

/** A measured value of a rule in its unit. */
export function inUnit(value: number, unit: string): string {
  const known: Record<string, (v: number) => string> = { share: percent, ratio: percent, s: seconds, seconds, ms: millis, bytes: fileSize, '1/s': perSecond, x: (v) => `${amount(v)}×` }
  const own = known[unit]
  return own ? own(value) : unit && unit !== 'count' && unit !== 'value' ? `${amount(value)} ${unit}` : amount(value)
}
