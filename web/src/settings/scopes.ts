import { scopes } from '../api/scopes'
import { fieldLabel } from '../record/words'

export const acts = ['read', 'write', 'delete'] as const

const labels: Record<string, string> = { audit: 'Security log', run: 'Agent run', ai: 'AI', ai_cost: 'AI cost', ai_key: 'AI key', ai_policy: 'AI routing', ai_budget: 'AI budget' }

/** "custom_field" as people say it. */
export function nounWords(noun: string): string {
  return labels[noun] ?? fieldLabel(noun).replace(/^Api /, 'API ')
}

/** Every scope that there is. */
export const everyScope: string[] = scopes.flatMap(({ noun, acts: has }) => has.map((act) => `${noun}:${act}`))

export const readScopes: string[] = everyScope.filter((s) => s.endsWith(':read'))

/** What a key may do, in few words: "Everything", "Read everything", or by noun. */
export function scopeWords(held: string[]): string {
  if (held.includes('*')) return 'Everything'
  if (readScopes.every((s) => held.includes(s)) && held.length === readScopes.length) return 'Read everything'
  const nouns = [...new Set(held.map((s) => s.slice(0, s.indexOf(':'))))]
  return nouns.map((noun) => `${nounWords(noun)}: ${acts.filter((act) => held.includes(`${noun}:${act}`)).join(', ')}`).join(' · ')
}
