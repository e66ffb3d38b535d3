import { useEffect, useRef } from 'react'

/** Runs once for each id that stays shown for so many milliseconds; for what follows from looking at something. */
export function useWhenShown(id: string, run: () => void, after = 0): void {
  const latest = useRef(run)
  useEffect(() => {
    latest.current = run
  })
  useEffect(() => {
    const timer = setTimeout(() => latest.current(), after)
    return () => clearTimeout(timer)
    // oxlint-disable-next-line react/exhaustive-deps -- the id is the occasion
  }, [id, after])
}
