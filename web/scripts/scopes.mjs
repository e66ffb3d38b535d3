// Writes src/api/scopes.ts: what an API key may be allowed, as the contract says it.
import { readFileSync, writeFileSync } from 'node:fs'

const contract = JSON.parse(readFileSync(new URL('../../api/openapi.json', import.meta.url), 'utf8'))
const order = ['read', 'write', 'delete']
const nouns = new Map()
for (const [path, methods] of Object.entries(contract.paths)) {
  for (const operation of Object.values(methods)) {
    if (path.includes('/{organization}/') && operation['x-effect'] !== 'read') continue // no key changes an organization
    const [noun, act] = (operation['x-scope'] ?? '').split(':')
    if (act) nouns.set(noun, (nouns.get(noun) ?? new Set()).add(act))
  }
}
const lines = [...nouns.keys()].sort().map((noun) => {
  const acts = [...nouns.get(noun)].sort((a, b) => order.indexOf(a) - order.indexOf(b))
  return `  { noun: '${noun}', acts: [${acts.map((a) => `'${a}'`).join(', ')}] },`
})
const text = `// Generated from the contract by scripts/scopes.mjs; do not edit.

/** Every scope that an API key can hold, by noun. */
export const scopes = [
${lines.join('\n')}
]
`
writeFileSync(new URL('../src/api/scopes.ts', import.meta.url), text)
