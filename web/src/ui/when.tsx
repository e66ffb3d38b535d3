import { useNow } from './now'
import { absolute, relative } from './time'

/** A moment, relative; hover shows the absolute time. */
export function When({ at, short }: { at: string | null | undefined; short?: boolean }) {
  const now = useNow()
  if (!at) return <span>–</span>
  return (
    <time dateTime={at} title={absolute(at)}>
      {relative(at, now, short ? 'narrow' : 'long')}
    </time>
  )
}
