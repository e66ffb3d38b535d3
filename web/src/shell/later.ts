import { useCallback, useEffect, useRef } from 'react'

type Later = { plan: () => void; now: () => void; drop: () => void }

/** Runs something once nothing has been planned for a while; what is planned still runs when the component goes. */
export function useLater(run: () => void, after: number): Later {
  const latest = useRef(run)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    latest.current = run
  })
  const drop = useCallback(() => {
    clearTimeout(timer.current)
    timer.current = undefined
  }, [])
  const now = useCallback(() => {
    if (timer.current === undefined) return
    drop()
    latest.current()
  }, [drop])
  const plan = useCallback(() => {
    clearTimeout(timer.current)
    timer.current = setTimeout(now, after)
  }, [now, after])
  useEffect(() => now, [now])
  return { plan, now, drop }
}
