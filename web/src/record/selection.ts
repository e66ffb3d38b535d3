/** Which rows are chosen, and from which one a range is counted. */
export type Selection = { ids: ReadonlySet<string>; anchor: string | undefined }

export const nothing: Selection = { ids: new Set(), anchor: undefined }

/** Chooses one more, or one less. */
export function toggled({ ids }: Selection, id: string): Selection {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return { ids: next, anchor: id }
}

/** Chooses everything from the anchor to an entry, both included. */
export function extended({ ids, anchor }: Selection, order: string[], to: string): Selection {
  const end = order.indexOf(to)
  const start = anchor === undefined ? end : order.indexOf(anchor)
  if (end === -1 || start === -1) return toggled({ ids, anchor }, to)
  const range = order.slice(Math.min(start, end), Math.max(start, end) + 1)
  return { ids: new Set([...ids, ...range]), anchor: anchor ?? to }
}

/** The entry that takes the place of those which leave: the next that stays, else the one before. */
export function neighbour(order: string[], current: string | undefined, leaving: ReadonlySet<string>): string | undefined {
  const at = current === undefined ? -1 : order.indexOf(current)
  if (at === -1) return undefined
  return order.slice(at + 1).find((id) => !leaving.has(id)) ?? order.slice(0, at).findLast((id) => !leaving.has(id))
}
