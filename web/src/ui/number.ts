/** A count with separators, as the browser's language has them. Those are only loaded for a number that needs one: it takes some milliseconds. */
export function grouped(count: number): string {
  return Math.abs(count) < 1000 ? String(count) : count.toLocaleString()
}
