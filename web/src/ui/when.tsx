import { useNow } from './now'
import { absolute, relative } from './time'

/** A moment, relative; hover shows the absolute time. */
export function When({ at, short }: { at: string | null | undefined; short?: boolean }) {
  const now = useNow()
  if (!at) return <span>–</span>
  return (
    // A row knows its absolute time only when it is asked: to write it takes longer than the rest of the row.
    <time dateTime={at} onPointerEnter={(e) => (e.currentTarget.title = absolute(at))}>
      {relative(at, now, short ? 'narrow' : 'long')}
    </time>
  )
}
