/** What a list of records keeps in its address; open is the record beside it, view the saved view it began as, cols its columns where they are not as the view has them. */
export type ListSearch = { q?: string; sort?: string; where?: string; view?: string; cols?: string; create?: true; open?: string }

/** Keeps of an address what a list understands; wrong parts are dropped, not complained about. */
export function listSearch(raw: Record<string, unknown>): ListSearch {
  return { q: text(raw.q), sort: text(raw.sort), where: text(raw.where), view: text(raw.view), cols: text(raw.cols), create: raw.create === true ? true : undefined, open: text(raw.open) }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
