import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import { flushSync } from 'react-dom'

type Sight = { box: RefObject<HTMLElement | null>; ids: string[]; count: number; height: number; head?: number; around: number }

/** What is drawn of a long list whose rows have one height: the indexes from first up to, not with, end. */
export type Window = { indexes: number[]; end: number; show: (index: number) => void }

/** Rows are drawn in groups, so that not each pixel of a scroll draws some. */
const group = 4
/** What stands above and below a list, about, so that its first rows are drawn before it has been measured. */
const frame = 160

/** The rows in sight of a scrolling box, and some around them. What is in sight stays there when rows come or go above it; at the very top, new rows show. */
export function useWindow({ box, ids, count, height, head = 0, around }: Sight): Window {
  const [{ from, to }, setSeen] = useState(() => seen(0, innerHeight - frame, height))
  const scrolled = useRef(0)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return undefined
    const look = () => {
      scrolled.current = element.scrollTop
      const now = seen(scrolled.current, element.clientHeight, height)
      setSeen((old) => (old.from === now.from && old.to === now.to ? old : now))
    }
    // Drawn at once, in the frame that shows the new place.
    const onScroll = () => flushSync(look)
    const observer = new ResizeObserver(look)
    observer.observe(element)
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', onScroll)
    }
  }, [box, height])
  const top = useRef<{ id: string | undefined; index: number }>({ id: undefined, index: 0 })
  useLayoutEffect(() => {
    const { id, index } = top.current
    const element = box.current
    if (!element || id === undefined || ids[index] === id || element.scrollTop === 0) return
    const now = ids.indexOf(id)
    if (now < 0) return
    element.scrollBy(0, (now - index) * height)
    scrolled.current = element.scrollTop
  })
  useEffect(() => {
    // To ask the page where it stands would lay it out once more.
    const index = Math.floor(scrolled.current / height)
    top.current = { id: ids[index], index }
  })
  const show = (index: number) => {
    const element = box.current
    if (!element) return
    const top = index * height
    const least = head + top + height - element.clientHeight
    if (element.scrollTop > top) element.scrollTo(0, top)
    else if (element.scrollTop < least) element.scrollTo(0, least)
  }
  const first = Math.max(0, from - around)
  const end = Math.min(count, to + around)
  return { indexes: Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i), end, show }
}

function seen(top: number, room: number, height: number): { from: number; to: number } {
  const from = Math.floor(Math.max(0, top) / height / group) * group
  return { from, to: Math.ceil((Math.max(0, top) + room) / height / group) * group }
}

/** How many rows are drawn out of sight: few until the first ones are on the screen. */
export function useAround(most: number): number {
  const [rows, setRows] = useState(0)
  useEffect(() => {
    const timer = setTimeout(() => setRows(most), 200)
    return () => clearTimeout(timer)
  }, [most])
  return rows
}
