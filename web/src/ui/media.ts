import { useSyncExternalStore } from 'react'

const asked = new Map<string, MediaQueryList>()

/** One list for all who ask the same: each row does. */
function media(query: string): MediaQueryList {
  const known = asked.get(query) ?? matchMedia(query)
  asked.set(query, known)
  return known
}

/** Whether the screen is as a media query says. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      media(query).addEventListener('change', listener)
      return () => media(query).removeEventListener('change', listener)
    },
    () => media(query).matches,
  )
}
