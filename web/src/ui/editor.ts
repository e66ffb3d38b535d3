// What a plain text editor does beyond typing. Positions are string places.

export type Typed = { text: string; start: number; end: number }

/** After Enter: goes on with a list or quotation, or ends it on an empty entry. Undefined when Enter is just Enter. */
export function continued({ text, start, end }: Typed): Typed | undefined {
  if (start !== end) return undefined
  const from = text.lastIndexOf('\n', start - 1) + 1
  const found = /^(\s*)([-*]|(\d+)\.|>) (.*)$/.exec(text.slice(from, start))
  if (!found) return undefined
  const [, indent = '', mark = '', number, words = ''] = found
  if (words.trim() === '') return { text: text.slice(0, from) + text.slice(start), start: from, end: from }
  const next = `\n${indent}${number ? `${Number(number) + 1}.` : mark} `
  return { text: text.slice(0, start) + next + text.slice(start), start: start + next.length, end: start + next.length }
}

/** Puts marks such as ** around what is chosen, or takes them away. */
export function wrapped({ text, start, end }: Typed, mark: string): Typed {
  const size = mark.length
  const inside = text.slice(start, end)
  if (text.slice(start - size, start) === mark && text.slice(end, end + size) === mark)
    return { text: text.slice(0, start - size) + inside + text.slice(end + size), start: start - size, end: end - size }
  return { text: text.slice(0, start) + mark + inside + mark + text.slice(end), start: start + size, end: end + size }
}

/** Makes a link of what is chosen; its address is typed next, over the one that is chosen then. */
export function linked({ text, start, end }: Typed): Typed {
  const words = text.slice(start, end)
  const known = /^https?:\/\/\S+$/.test(words)
  const before = known ? '[' : `[${words}](`
  const address = known ? 'link' : 'https://'
  const after = known ? `](${words})` : ')'
  return { text: text.slice(0, start) + before + address + after + text.slice(end), start: start + before.length, end: start + before.length + address.length }
}

/** The stretch of a text to replace, and with what, so that it becomes another. */
export function difference(before: string, after: string): { from: number; to: number; words: string } {
  let from = 0
  while (from < before.length && from < after.length && before[from] === after[from]) from++
  let tail = 0
  while (tail < before.length - from && tail < after.length - from && before.at(-1 - tail) === after.at(-1 - tail)) tail++
  return { from, to: before.length - tail, words: after.slice(from, after.length - tail) }
}
