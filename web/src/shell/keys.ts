/** One thing the keyboard does. Keys are "j", "g i" (one after the other) or "mod+k". */
export type Binding = { keys: string; label: string; group: string; run: () => void }

/** Holds what is bound now. The sheet and the listener read the same list, so the sheet cannot lie. */
export class KeyRegistry {
  private bindings: readonly Binding[] = []
  private readonly listeners = new Set<() => void>()
  private prefix = ''
  private prefixAt = 0

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly list = (): readonly Binding[] => this.bindings

  /** Adds bindings until the returned function is called; later ones win over earlier ones. */
  add(bindings: Binding[]): () => void {
    this.change([...bindings, ...this.bindings])
    return () => this.change(this.bindings.filter((b) => !bindings.includes(b)))
  }

  /** Runs what a key press is bound to and says whether there was something. */
  press(event: KeyboardEvent): boolean {
    const key = nameOf(event)
    const sequence = event.timeStamp - this.prefixAt < 1000 && this.prefix ? `${this.prefix} ${key}` : key
    const found = this.bindings.find((b) => b.keys === sequence) ?? this.bindings.find((b) => b.keys === key)
    this.prefix = !found && this.bindings.some((b) => b.keys.startsWith(`${key} `)) ? key : ''
    this.prefixAt = event.timeStamp
    if (!found) return false
    found.run()
    return true
  }

  private change(bindings: readonly Binding[]): void {
    this.bindings = bindings
    for (const listener of this.listeners) listener()
  }
}

function nameOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key : event.key.toLowerCase()
  return event.metaKey || event.ctrlKey ? `mod+${key.toLowerCase()}` : key
}

/** Whether a key press belongs to what has the focus (a field, a menu, a dialog) and not to the page. */
export function belongsElsewhere(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing || event.altKey) return true
  if (event.metaKey || event.ctrlKey) return false
  const target = event.target
  if (!(target instanceof HTMLElement)) return false
  if (target.closest('input, textarea, select, [contenteditable="true"], dialog, [role="dialog"], [role="menu"], [role="listbox"]')) return true
  return event.key === 'Enter' && target.closest('a, button, summary, [role="button"]') !== null
}
