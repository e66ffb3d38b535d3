import { readFile } from 'node:fs/promises'

/** A mailbox of the fixtures, its dates counted back from now: "{{2d}}" is two days ago, "{{3h}}" three hours. */
export async function mailbox(name) {
  const template = await readFile(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
  const now = Date.now()
  const hours = { h: 1, d: 24 }
  const text = template.replaceAll(/\{\{(\d+)([hd])\}\}/g, (_, count, unit) => new Date(now - Number(count) * hours[unit] * 3_600_000).toUTCString().replace('GMT', '+0000'))
  return { name, mimeType: 'application/mbox', buffer: Buffer.from(text) }
}
