import { useEffect, useRef, useState } from 'react'

/** A value once it has stood still for some milliseconds. */
export function useDebounced<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return settled
}

/** What stands in a field whose text belongs to the address: typing changes the address once it pauses, and a changed address (Back, a link) the field. */
export function useTyped(address: string, go: (text: string) => void): [string, (text: string) => void] {
  const [typed, setTyped] = useState(address)
  const settled = useDebounced(typed, 80)
  const known = useRef(address)
  const latest = useRef(go)
  useEffect(() => {
    latest.current = go
  })
  useEffect(() => {
    if (settled === known.current) return
    known.current = settled
    latest.current(settled)
  }, [settled])
  useEffect(() => {
    if (address === known.current) return
    known.current = address
    setTyped(address)
  }, [address])
  return [typed, setTyped]
}
