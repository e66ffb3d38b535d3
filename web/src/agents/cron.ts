/** Rhythms that most people mean. */
export const rhythms = [
  { cron: '0 7 * * 1', label: 'Mondays at 07:00' },
  { cron: '0 7 * * 1-5', label: 'Weekdays at 07:00' },
  { cron: '0 2 * * *', label: 'Each night at 02:00' },
  { cron: '0 * * * *', label: 'Each hour' },
  { cron: '0 8 1 * *', label: 'On the first of the month at 08:00' },
]

/** A cron expression as people say it, or as it is. */
export function inWords(cron: string, zone: string): string {
  const known = rhythms.find((r) => r.cron === cron.trim().replaceAll(/\s+/g, ' '))
  return `${known?.label ?? cron} (${zone})`
}
