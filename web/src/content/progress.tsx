import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useWorkspace } from '../shell/session'
import { TextButton } from '../ui/button'
import { Banner } from '../ui/state'
import { isOver, writingQuery, writtenQuery } from './queries'

const said: Record<string, string> = { queued: 'Waiting for its turn', running: 'Writing', waiting: 'Waits for an approval or for a provider', paused: 'Paused: somebody has to look at it' }

/** How far a run is that writes, and what it wrote. */
export function Writing({ run, onDone }: { run: string; onDone: () => void }) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const trail = useQuery(writingQuery(workspace, run))
  const state: string = trail.data?.state ?? 'queued'
  const over = isOver(state)
  const written = useQuery({ ...writtenQuery(workspace, run), enabled: state === 'done' }).data
  useEffect(() => {
    if (over) void client.invalidateQueries({ queryKey: [workspace, 'contents'] })
  }, [over, client, workspace])
  const close = <TextButton onClick={onDone}>Close</TextButton>
  if (trail.isError)
    return (
      <Banner tone="warn" actions={close}>
        The run could not be read: {trail.error.message}
      </Banner>
    )
  if (!over) return <Banner actions={close}>{said[state] ?? 'Writing'}… You can go on with other work.</Banner>
  if (state !== 'done')
    return (
      <Banner tone="bad" actions={close}>
        Nothing was written: {trail.data?.error || state}
      </Banner>
    )
  return (
    <Banner tone="good" actions={close}>
      Written.{' '}
      {written && (
        <Link to="/w/$workspace/content/$id" params={{ workspace, id: written.id }}>
          Open “{written.title}”
        </Link>
      )}
    </Banner>
  )
}
