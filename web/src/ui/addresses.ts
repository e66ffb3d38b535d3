export type Addressee = { name?: string; address: string }

/** Whether mail can be sent there, as far as its form says. */
export function isAddress(text: string): boolean {
  return /^[^\s@<>,;"]+@[^\s@<>,;"]+\.[^\s@<>,;."]+$/.test(text.trim())
}

/** Reads "Ana Duarte <ana@lumen.example>, bo@lumen.example; …". What is no address stays as it was typed. */
export function parseAddresses(text: string): Addressee[] {
  return text
    .split(/[,;\n]+(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const named = /^(.*?)<([^<>]+)>$/.exec(part)
      if (!named) return { address: part }
      const name = (named[1] ?? '').trim().replaceAll(/^"|"$/g, '').trim()
      return { ...(name && { name }), address: (named[2] ?? '').trim() }
    })
}

/** The address without what only a list shows beside it. */
export function addressee({ name, address }: Addressee): Addressee {
  return { ...(name && { name }), address }
}
