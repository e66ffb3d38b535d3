const names: Record<string, string> = { anthropic: 'Anthropic', gemini: 'Gemini', openrouter: 'OpenRouter', compatible: 'Own server', rules: 'Rules' }

/** An engine as people call it. */
export function engineName(name: string): string {
  return names[name] ?? name
}
