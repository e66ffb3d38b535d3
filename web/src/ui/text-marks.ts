// Message texts: places in code points, quoted history, and the pieces to draw.

export type Span = { start: number; end: number }
export type Block = Span & { quoted: boolean; signature?: boolean }
export type Piece = { text: string; marked: boolean; link: boolean }

/** Turns places counted in code points, as the server counts, into places in a JavaScript string. */
export function toUnits(text: string, span: Span): Span {
  let points = 0
  let units = 0
  let start = text.length
  let end = text.length
  for (const char of text) {
    if (points === span.start) start = units
    if (points === span.end) {
      end = units
      break
    }
    points++
    units += char.length
  }
  return { start, end: Math.max(start, end) }
}

const attribution = /^(on|am|le|el|em|op|il|den)\b.{6,160}(wrote|schrieb|écrit|escribió|escreveu|schreef|scritto|skrev)[^\n]{0,40}:\s*$/i
const original = /^\s*(-{2,}\s*(original message|forwarded message|ursprüngliche nachricht|message d'origine)\s*-{2,}|_{20,})\s*$/i

/** Cuts a message into what its author wrote, the signature, and what is quoted from before. Places are string places. */
export function splitQuoted(text: string, author = ''): Block[] {
  const blocks: Block[] = []
  const lines = text.split('\n')
  let at = 0
  let rest = false
  const starts = lines.map((line) => {
    const start = at
    at += line.length + 1
    return start
  })
  lines.forEach((line, i) => {
    if (original.test(line)) rest = true
    const quoted = rest || isQuoted(lines, i)
    const start = starts[i] ?? 0
    const end = Math.min(text.length, start + line.length + 1)
    const last = blocks.at(-1)
    if (last && last.quoted === quoted) last.end = end
    else blocks.push({ start, end, quoted })
  })
  return blocks.filter((b) => b.end > b.start).flatMap((b) => (b.quoted ? [b] : signed(text, b, author.trim())))
}

const signatureLine = /^(-- ?|__|—)$|^(sent from my|get outlook for|sent from outlook|von meinem .{2,30} gesendet|envoyé de mon|enviado desde mi|enviado do meu) ?.{0,60}$/im

/** Parts the signature from what was written before it; a very long one is no signature. */
function signed(text: string, block: Block, author: string): Block[] {
  const words = text.slice(block.start, block.end)
  const from = signatureLine.exec(words)?.index ?? namedEnd(words, author)
  if (from === undefined || words.length - from > 1500) return [block]
  const at = block.start + from
  const parts = [
    { ...block, end: at },
    { ...block, start: at, signature: true },
  ]
  return parts.filter((p) => p.end > p.start)
}

/** Where a last paragraph begins that is the author's name over a few short lines, and not all there is. */
function namedEnd(words: string, author: string): number | undefined {
  if (author === '') return undefined
  const end = words.trimEnd()
  const from = end.lastIndexOf('\n\n') + 2
  const lines = end.slice(from).split('\n')
  const card = from > 1 && lines[0]?.trim() === author && lines.length > 1 && lines.length <= 8 && lines.every((l) => l.length <= 80)
  return card ? from : undefined
}

function isQuoted(lines: string[], i: number): boolean {
  const line = lines[i] ?? ''
  if (line.startsWith('>')) return true
  const below = nextWritten(lines, i, 1)
  if (below === undefined || !below.startsWith('>')) return false
  if (line.trim() === '') return i > 0 && isQuotedAbove(lines, i)
  return attribution.test(line) || attribution.test(`${line} ${lines[i + 1] ?? ''}`)
}

function isQuotedAbove(lines: string[], i: number): boolean {
  const above = nextWritten(lines, i, -1) ?? ''
  return above.startsWith('>') || attribution.test(above)
}

/** The nearest line with words, below (1) or above (-1). */
function nextWritten(lines: string[], from: number, step: 1 | -1): string | undefined {
  let i = from + step
  while (lines[i]?.trim() === '') i += step
  return lines[i]
}

const address = /https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?]/g

/** A stretch of a text as pieces to draw, cut at the mark and at web addresses. */
export function piecesOf(text: string, block: Span, mark: Span | undefined): Piece[] {
  const from = mark ? Math.min(Math.max(mark.start, block.start), block.end) : block.end
  const to = mark ? Math.min(Math.max(mark.end, block.start), block.end) : block.end
  const cuts = [
    { start: block.start, end: from, marked: false },
    { start: from, end: to, marked: true },
    { start: to, end: block.end, marked: false },
  ]
  return cuts.flatMap((c) => linked(text.slice(c.start, c.end), c.marked))
}

function linked(text: string, marked: boolean): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const match of text.matchAll(address)) {
    if (match.index > at) pieces.push({ text: text.slice(at, match.index), marked, link: false })
    pieces.push({ text: match[0], marked, link: true })
    at = match.index + match[0].length
  }
  if (at < text.length) pieces.push({ text: text.slice(at), marked, link: false })
  return pieces
}
