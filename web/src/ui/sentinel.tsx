import { useEffect, useRef, type ReactNode } from 'react'

/** Stands at the end of a list and says when it comes into sight. */
export function Sentinel({ onSeen, children }: { onSeen: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDivElement>(null)
  const latest = useRef(onSeen)
  useEffect(() => {
    latest.current = onSeen
  })
  useEffect(() => {
    const box = ref.current
    if (!box) return
    const watch = new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && latest.current(), { rootMargin: '400px' })
    watch.observe(box)
    return () => watch.disconnect()
  }, [])
  return <div ref={ref}>{children}</div>
}
