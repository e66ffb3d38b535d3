// The part of Markdown that our own reports are written in: headings, paragraphs, lists and tables. Anything else is text.

export type MarkdownBlock =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'list'; items: string[] }
  | { kind: 'table'; head: string[]; rows: string[][] }

/** The blocks of a text, their words free of escapes. */
export function blocksOf(source: string): MarkdownBlock[] {
  const blocks: MarkdownBlock[] = []
  for (const chunk of source.replaceAll('\r\n', '\n').split(/\n{2,}/)) {
    const lines = chunk.split('\n').filter((l) => l.trim() !== '')
    let rest: string[] = []
    const end = () => {
      if (rest.length > 0) blocks.push(blockOf(rest))
      rest = []
    }
    for (const line of lines) {
      const heading = /^(#{1,6})\s+(.*)$/.exec(line)
      if (heading) {
        end()
        blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, text: plain(heading[2] ?? '') })
      } else rest.push(line)
    }
    end()
  }
  return blocks
}

function blockOf(lines: string[]): MarkdownBlock {
  if (lines.every((l) => l.startsWith('- '))) return { kind: 'list', items: lines.map((l) => plain(l.slice(2))) }
  const [head, rule, ...rows] = lines
  if (head?.startsWith('|') && rule !== undefined && /^\|[\s:|-]+\|$/.test(rule)) return { kind: 'table', head: cells(head), rows: rows.map(cells) }
  return { kind: 'text', text: plain(lines.join('\n')) }
}

function cells(line: string): string[] {
  const inside = line.trim().replace(/^\|/, '').replace(/\|$/, '')
  return inside.split(/(?<!\\)\|/).map((c) => plain(c.trim()))
}

function plain(text: string): string {
  return text.replaceAll(/\\([!-/:-@[-`{-~])/g, '$1')
}
