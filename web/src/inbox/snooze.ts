export type Snooze = { label: string; at: string }

/** When a snoozed conversation may come back: later today, or at nine in the morning of a later day. */
export function snoozeTimes(at: number): Snooze[] {
  const now = new Date(at)
  const nine = (days: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 9).toISOString()
  // On a Sunday the Monday of next week is not tomorrow's.
  const toMonday = now.getDay() === 0 ? 8 : 8 - now.getDay()
  return [
    { label: 'Later today', at: new Date(now.getTime() + 3 * 3_600_000).toISOString() },
    { label: 'Tomorrow', at: nine(1) },
    ...(toMonday > 2 ? [{ label: 'In two days', at: nine(2) }] : []),
    { label: 'Next week', at: nine(toMonday) },
    { label: 'In a month', at: nine(30) },
  ]
}

/** A moment as a person says it who plans: "Mon 9:00", with the date when it is far. */
export function planned(iso: string, now: number): string {
  const date = new Date(iso)
  const time = date.toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' })
  const days = (date.getTime() - now) / 86_400_000
  const day = date.toLocaleDateString(undefined, days > 6 ? { weekday: 'short', day: 'numeric', month: 'short' } : { weekday: 'short' })
  return `${day} ${time}`
}

/** What a field for a local date and time begins with: tomorrow at nine. */
export function localMinute(iso: string): string {
  const date = new Date(iso)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`
}
