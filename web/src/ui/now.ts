import { useSyncExternalStore } from 'react'

let now = Date.now()

function subscribe(listener: () => void): () => void {
  const timer = setInterval(() => {
    now = Date.now()
    listener()
  }, 30_000)
  now = Date.now()
  return () => clearInterval(timer)
}

/** The present, to half a minute; what shows it is drawn again as it moves. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}
