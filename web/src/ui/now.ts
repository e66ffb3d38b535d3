import { useSyncExternalStore } from 'react'

const every = 30_000

let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  // Whoever comes later shows the same present: a new one would draw all others again.
  if (listeners.size === 0) {
    if (Date.now() - now > every) tick()
    timer = setInterval(tick, every)
  }
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) clearInterval(timer)
  }
}

function tick() {
  now = Date.now()
  for (const listener of listeners) listener()
}

/** The present, to half a minute; what shows it is drawn again as it moves. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}
