export type Snooze = { label: string; at: string }

/** When a snoozed conversation may come back: in some hours, or at nine in the morning of a later day. */
export function snoozeTimes(at: number): Snooze[] {
  const now = new Date(at)
  const nine = (days: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 9).toISOString()
  const toMonday = (8 - now.getDay()) % 7 || 7
  return [
    { label: 'In 3 hours', at: new Date(now.getTime() + 3 * 3_600_000).toISOString() },
    { label: 'Tomorrow, 9:00', at: nine(1) },
    { label: 'Monday, 9:00', at: nine(toMonday) },
    { label: 'In a month', at: nine(30) },
  ]
}
