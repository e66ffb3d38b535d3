export type Bar = { id: string; parent_id?: string; name: string; kind: string; offset_ms: number; duration_ms: number; error?: string; unfinished?: boolean }
export type BarRow<B extends Bar> = { bar: B; level: number; inside: number; folded: boolean }

/** The bars below what they are parts of, in the order in which they began; what is inside a folded one is left out. A part of what is elsewhere stands at the top. */
export function rowsOf<B extends Bar>(bars: readonly B[], folded: ReadonlySet<string>): BarRow<B>[] {
  const known = new Set(bars.map((b) => b.id))
  const below = new Map<string, B[]>()
  for (const bar of bars) {
    const parent = bar.parent_id && bar.parent_id !== bar.id && known.has(bar.parent_id) ? bar.parent_id : ''
    below.set(parent, [...(below.get(parent) ?? []), bar])
  }
  const rows: BarRow<B>[] = []
  const seen = new Set<string>()
  const walk = (bar: B, level: number, shown: boolean) => {
    if (seen.has(bar.id)) return
    seen.add(bar.id)
    const parts = below.get(bar.id) ?? []
    const shut = folded.has(bar.id)
    if (shown) rows.push({ bar, level, inside: parts.length, folded: shut })
    for (const part of parts) walk(part, level + 1, shown && !shut)
  }
  for (const bar of below.get('') ?? []) walk(bar, 0, true)
  // Parts of each other, which no honest trace has, must not vanish.
  for (const bar of bars) walk(bar, 0, true)
  return rows
}
