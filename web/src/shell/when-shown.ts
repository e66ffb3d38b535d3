import { useEffect, useRef } from 'react'

/** Runs once for each id that is shown; for what follows from looking at something. */
export function useWhenShown(id: string, run: () => void): void {
  const latest = useRef(run)
  useEffect(() => {
    latest.current = run
  })
  // oxlint-disable-next-line react/exhaustive-effect-dependencies -- the id is the occasion
  useEffect(() => latest.current(), [id])
}
