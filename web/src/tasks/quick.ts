/** What somebody typed into a quick field, taken apart. */
export type Quick = { title: string; due?: string; priority?: 'low' | 'medium' | 'high' | 'urgent' }

type Clock = { hour: number; minute: number }
type Day = { year: number; month: number; day: number }

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const months = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']
const endOfWork: Clock = { hour: 17, minute: 0 }

/**
 * Reads "Send the offer fri 3pm !high": a priority, a time and a day at the end are taken off, in any order;
 * what stands before them is the title. Days and times are those of a time zone. A day without a time means
 * 17:00; a time without a day means the next such time.
 */
export function parseQuick(text: string, now: number, zone: string): Quick {
  let rest = text.trim()
  const today = dayIn(now, zone)
  let clock: Clock | undefined
  let day: Day | undefined
  let at: number | undefined
  let priority: Quick['priority']
  for (;;) {
    const mark = /(?:^|\s)!(low|medium|high|urgent)$/i.exec(rest)
    if (mark && !priority) {
      priority = priorityOf(mark[1] ?? '')
      rest = rest.slice(0, mark.index).trim()
      continue
    }
    const span = /(?:^|\s)in (\d{1,3}|an?|one|two|three) (minute|hour|day|week|month)s?$/i.exec(rest)
    if (span && !day && at === undefined) {
      const found = spanFrom(now, today, count(span[1] ?? ''), (span[2] ?? '').toLowerCase())
      day = found.day
      at = found.at
      rest = rest.slice(0, span.index).trim()
      continue
    }
    const time = clock || at !== undefined ? null : /(?:^|\s)(?:at |by )?(\d{1,2})(?::(\d{2}))?\s?(am|pm)?$|(?:^|\s)(?:at |by )?(noon|midday)$/i.exec(rest)
    const read = time && clockOf(time)
    if (time && read) {
      clock = read
      rest = rest.slice(0, time.index).trim()
      continue
    }
    const found = day || at !== undefined ? undefined : dayAtEnd(rest, today)
    if (found) {
      day = found.day
      rest = rest.slice(0, found.index).trim()
      continue
    }
    break
  }
  rest = rest.replace(/\s+(?:by|on|at|due|until)$/i, '').trim()
  if (rest === '') return { title: text.trim() }
  return { title: rest, due: dueOf(at, day, clock, { now, today, zone }), priority }
}

function priorityOf(word: string): Quick['priority'] {
  return (['low', 'medium', 'high', 'urgent'] as const).find((p) => p === word.toLowerCase())
}

function count(word: string): number {
  return { a: 1, an: 1, one: 1, two: 2, three: 3 }[word.toLowerCase()] ?? Number(word)
}

function spanFrom(now: number, today: Day, n: number, unit: string): { at?: number; day?: Day } {
  if (unit === 'minute') return { at: now + n * 60_000 }
  if (unit === 'hour') return { at: now + n * 3_600_000 }
  if (unit === 'month') return { day: normal({ ...today, month: today.month + n }) }
  return { day: plus(today, unit === 'week' ? 7 * n : n) }
}

/** A bare number is no time unless "at" says so: "Order 12" is a title. */
function clockOf(found: RegExpExecArray): Clock | undefined {
  if (found[4]) return { hour: 12, minute: 0 }
  const half = found[3]?.toLowerCase()
  const minute = Number(found[2] ?? 0)
  let hour = Number(found[1])
  if (!half && !found[2] && !/^\s*(?:at|by) /i.test(found[0])) return undefined
  if (half && (hour < 1 || hour > 12)) return undefined
  if (half) hour = (hour % 12) + (half === 'pm' ? 12 : 0)
  return hour < 24 && minute < 60 ? { hour, minute } : undefined
}

function dayAtEnd(text: string, today: Day): { day: Day; index: number } | undefined {
  const lead = '(?:^|\\s)(?:by |on |due |until )?'
  const word = new RegExp(`${lead}(today|tonight|tomorrow|tmr|next week|(?:(?:next|this) )?(?:${weekdays.map((w) => `${w}|${w.slice(0, 3)}`).join('|')}|tues|thur|thurs))$`, 'i').exec(text)
  if (word) return { day: namedDay((word[1] ?? '').toLowerCase(), today), index: word.index }
  const iso = new RegExp(`${lead}(\\d{4})-(\\d{2})-(\\d{2})$`).exec(text)
  if (iso) return exact(Number(iso[1]), Number(iso[2]), Number(iso[3]), iso.index)
  const names = months.map((m) => `${m}|${m.slice(0, 3)}`).join('|')
  const dayFirst = new RegExp(`${lead}(\\d{1,2})(?:st|nd|rd|th)? (${names})(?: (\\d{4}))?$`, 'i').exec(text)
  if (dayFirst) return dated(dayFirst[2], dayFirst[1], dayFirst[3], today, dayFirst.index)
  const monthFirst = new RegExp(`${lead}(${names}) (\\d{1,2})(?:st|nd|rd|th)?(?:,? (\\d{4}))?$`, 'i').exec(text)
  if (monthFirst) return dated(monthFirst[1], monthFirst[2], monthFirst[3], today, monthFirst.index)
  return undefined
}

function namedDay(word: string, today: Day): Day {
  if (word === 'today' || word === 'tonight') return today
  if (word === 'tomorrow' || word === 'tmr') return plus(today, 1)
  const current = weekdayOf(today)
  if (word === 'next week') return plus(today, ((8 - current) % 7) || 7)
  const name = word.replace(/^(next|this) /, '')
  const wanted = weekdays.findIndex((w) => w.startsWith(name.slice(0, 3)))
  const ahead = (wanted - current + 7) % 7 || 7
  return plus(today, ahead)
}

/** A date without a year is the next such date. */
function dated(month: string | undefined, day: string | undefined, year: string | undefined, today: Day, index: number) {
  const number = months.findIndex((m) => m.startsWith((month ?? '').toLowerCase().slice(0, 3))) + 1
  const past = number < today.month || (number === today.month && Number(day) < today.day)
  return exact(year ? Number(year) : today.year + (past ? 1 : 0), number, Number(day), index)
}

function exact(year: number, month: number, day: number, index: number) {
  const date = normal({ year, month, day })
  return date.month === month && date.day === day ? { day: date, index } : undefined
}

function dueOf(at: number | undefined, day: Day | undefined, clock: Clock | undefined, here: { now: number; today: Day; zone: string }): string | undefined {
  if (at !== undefined) return new Date(at).toISOString()
  if (day) return instant(day, clock ?? endOfWork, here.zone).toISOString()
  if (!clock) return undefined
  const next = instant(here.today, clock, here.zone)
  return (next.getTime() > here.now ? next : instant(plus(here.today, 1), clock, here.zone)).toISOString()
}

function normal({ year, month, day }: Day): Day {
  const date = new Date(Date.UTC(year, month - 1, day))
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
}

function plus(day: Day, days: number): Day {
  return normal({ ...day, day: day.day + days })
}

function weekdayOf({ year, month, day }: Day): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay()
}

function wall(at: number, zone: string): { day: Day; offset: number } {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(at)
  const of = (type: string) => Number(parts.find((p) => p.type === type)?.value)
  const day = { year: of('year'), month: of('month'), day: of('day') }
  const shown = Date.UTC(day.year, day.month - 1, day.day, of('hour'), of('minute'), of('second'))
  return { day, offset: shown - Math.floor(at / 1000) * 1000 }
}

function dayIn(at: number, zone: string): Day {
  return wall(at, zone).day
}

/** The moment when clocks of a zone show a day and time. */
function instant(day: Day, clock: Clock, zone: string): Date {
  const shown = Date.UTC(day.year, day.month - 1, day.day, clock.hour, clock.minute)
  const first = shown - wall(shown, zone).offset
  return new Date(shown - wall(first, zone).offset)
}

/** When the day of a moment ends in a zone. */
export function midnight(now: number, zone: string): number {
  return instant(plus(dayIn(now, zone), 1), { hour: 0, minute: 0 }, zone).getTime()
}

/** A moment as a field of the browser writes it, in a zone: "2026-01-31T15:00". */
export function toField(at: string, zone: string): string {
  const time = Date.parse(at)
  return new Date(time + wall(time, zone).offset).toISOString().slice(0, 16)
}

/** The moment that such a field names; undefined for none. */
export function fromField(value: string, zone: string): string | undefined {
  const found = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})/.exec(value)
  if (!found) return undefined
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = found.slice(1).map(Number)
  return instant({ year, month, day }, { hour, minute }, zone).toISOString()
}
