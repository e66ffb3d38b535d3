// Snippets of search results: the server sets U+0002 and U+0003 around what matched.

export type MarkedPiece = { text: string; marked: boolean }

/** A snippet as pieces to draw. Marks that do not pair are dropped, their text is kept. */
export function markedPieces(snippet: string): MarkedPiece[] {
  const pieces: MarkedPiece[] = []
  snippet.split('\u0002').forEach((part, i) => {
    const [inside = '', outside] = part.split('\u0003', 2)
    const marked = i > 0 && outside !== undefined
    if (inside) pieces.push({ text: inside, marked })
    if (outside) pieces.push({ text: outside, marked: false })
  })
  return pieces
}
