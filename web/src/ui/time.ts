type Unit = { name: string; short: string; seconds: number; last?: string; next?: string }

const spans: Unit[] = [
  { name: 'year', short: 'y', seconds: 31_536_000, last: 'last year', next: 'next year' },
  { name: 'month', short: 'mo', seconds: 2_592_000, last: 'last month', next: 'next month' },
  { name: 'week', short: 'w', seconds: 604_800, last: 'last week', next: 'next week' },
  { name: 'day', short: 'd', seconds: 86_400, last: 'yesterday', next: 'tomorrow' },
  { name: 'hour', short: 'h', seconds: 3_600 },
  { name: 'minute', short: 'm', seconds: 60 },
]

/** How far a moment is from now, in words: "3 hours ago", "in 2 days". Less than a minute is "now". The browser's own words are not used, for they take it some milliseconds to load before the first row is drawn. */
export function relative(at: string, now: number, style: 'long' | 'narrow' = 'long'): string {
  const seconds = (Date.parse(at) - now) / 1000
  if (Number.isNaN(seconds)) return ''
  const unit = spans.find((u) => Math.abs(seconds) >= u.seconds)
  if (!unit) return style === 'narrow' ? 'now' : 'just now'
  const count = Math.trunc(Math.abs(seconds) / unit.seconds)
  const name = count === 1 && (seconds < 0 ? unit.last : unit.next)
  if (name) return style === 'narrow' ? name.replace('year', 'yr.').replace('month', 'mo.').replace('week', 'wk.') : name
  const span = style === 'narrow' ? `${count}${unit.short}` : `${count} ${unit.name}${count === 1 ? '' : 's'}`
  return seconds < 0 ? `${span} ago` : `in ${span}`
}

export function absolute(at: string): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? at : inFull(zone()).format(date)
}

// Making a format takes longer than a hundred uses of it, so the last one is kept.
let full: { zone: string | undefined; format: Intl.DateTimeFormat } | undefined

function inFull(zone: string | undefined): Intl.DateTimeFormat {
  if (!full || full.zone !== zone) full = { zone, format: new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short', timeZone: zone }) }
  return full.format
}

/** A day as people say it: today, yesterday, or the date; the year only when it is another. */
export function dayName(at: string, now: number): string {
  const date = new Date(at)
  const today = new Date(now)
  const days = Math.round((civil(today).getTime() - civil(date).getTime()) / 86_400_000)
  if (days === 0) return 'Today'
  if (days === 1) return 'Yesterday'
  const year = civil(date).getUTCFullYear() === civil(today).getUTCFullYear() ? undefined : 'numeric'
  return date.toLocaleDateString(undefined, { weekday: days > 0 && days < 7 ? 'long' : undefined, day: 'numeric', month: 'long', year, timeZone: zone() })
}

/** The time zone that the person chose, kept on the page's root; undefined for that of the computer. */
function zone(): string | undefined {
  return typeof document === 'undefined' ? undefined : document.documentElement.dataset.timeZone || undefined
}

/** The day of a moment in that zone, as midnight in UTC, so that days can be counted. */
function civil(date: Date): Date {
  const parts = new Intl.DateTimeFormat('en', { year: 'numeric', month: 'numeric', day: 'numeric', timeZone: zone() }).formatToParts(date)
  const part = (type: string) => Number(parts.find((p) => p.type === type)?.value)
  return new Date(Date.UTC(part('year'), part('month') - 1, part('day')))
}

/** A span such as "4 min 10 s", rounded to two units. */
export function duration(seconds: number): string {
  if (seconds < 1) return 'under a second'
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ]
  let rest = Math.round(seconds)
  const parts: string[] = []
  for (const [name, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`)
  }
  return parts.join(' ')
}

export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

/** A moment on the clocks of a zone: "Fri 17 Jul 2026, 15:00". */
export function absoluteIn(at: string, zone: string): string {
  return new Date(at).toLocaleString(undefined, { timeZone: zone, weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' })
}
