/** The text as it goes out: what was written, the signature, what is quoted below. */
export function assembled(text: string, signature: string, quoted: string): string {
  return [text.trimEnd(), signature && `-- \n${signature.trim()}`, quoted.trim()].filter(Boolean).join('\n\n')
}

/** Whether somebody has marked words, lists or links, so that the mail is shown with them. */
export function marked(text: string): boolean {
  return /\*\*\S[^]*?\S?\*\*|(^|\s)[*_][^\s*_][^\n*_]*[*_](?=\W|$)|^\s*([-*]|\d+\.) \S|\[[^\]\n]+\]\(\S+\)|^#{1,3} \S/m.test(text)
}

/** What was written, of a text that assembled put together; a draft that was taken back holds all of it. */
export function written(text: string, signature: string, quoted: string): string {
  const without = (whole: string, tail: string) => (tail && whole.trimEnd().endsWith(tail.trim()) ? whole.trimEnd().slice(0, -tail.trim().length).trimEnd() : whole)
  return without(without(text, quoted), signature && `-- \n${signature.trim()}`)
}

/** What keeps a mail from being sent, in words; undefined when nothing does. */
export function obstacle({ to, cc, bcc, isAddress }: { to: { address: string }[]; cc: { address: string }[]; bcc: { address: string }[]; isAddress: (text: string) => boolean }): string | undefined {
  const all = [...to, ...cc, ...bcc]
  if (all.length === 0) return 'Say who it goes to.'
  const wrong = all.find((a) => !isAddress(a.address))
  return wrong && `“${wrong.address}” is not an address.`
}
