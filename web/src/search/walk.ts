import { useState } from 'react'
import { useKeys } from '../shell/keys-provider'

/** The hit that the keyboard is on: j and k walk, Enter opens. */
export function useWalk(count: number, open: (index: number) => void): [number, (index: number) => void] {
  const [active, setActive] = useState(-1)
  const at = Math.min(active, count - 1)
  const go = (index: number) => setActive(Math.max(0, Math.min(count - 1, index)))
  const group = 'Results'
  useKeys([
    { keys: 'j', label: 'Next result', group, run: () => go(at + 1) },
    { keys: 'k', label: 'Result before', group, run: () => go(at - 1) },
    { keys: 'enter', label: 'Open the result', group, run: () => at >= 0 && open(at) },
  ])
  return [at, go]
}
