import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { MailX } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Sender } from '../api/types'
import { useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { Composer, type Start } from './composer'
import { draftsQuery, useSenders } from './outgoing'

/** A mail that answers nothing, from its draft if there is one. */
export function NewMail({ to, draft, onClose }: { to: string | undefined; draft: string | undefined; onClose: () => void }) {
  const workspace = useWorkspace()
  const drafts = useQuery({ ...draftsQuery(workspace), enabled: draft !== undefined })
  const start: Start = {
    letter: { mode: 'new', to: to ? [{ address: to }] : [], cc: [], bcc: [], subject: '', text: '' },
    quoted: '',
    original: [],
    draft: drafts.data?.find((d) => d.id === draft),
  }
  return (
    <WithSenders onClose={onClose}>
      {(senders) => (draft !== undefined && drafts.isPending ? <SkeletonLines count={6} /> : <Composer start={start} senders={senders} full onClose={onClose} />)}
    </WithSenders>
  )
}

/** Whoever writes needs an address to write from. */
export function WithSenders({ onClose, children }: { onClose: () => void; children: (senders: Sender[]) => ReactNode }) {
  const workspace = useWorkspace()
  const senders = useSenders()
  if (senders.isPending) return <SkeletonLines count={6} />
  if (senders.isError) return <ErrorState title="It cannot be written now" error={senders.error} onRetry={() => void senders.refetch()} />
  if (senders.data.length === 0)
    return (
      <EmptyState
        icon={MailX}
        title="No address to send from"
        actions={
          <>
            <Link to="/w/$workspace/settings/$tab" params={{ workspace, tab: 'senders' }}>
              Set up sending
            </Link>
            <Button onClick={onClose}>Not now</Button>
          </>
        }
      >
        Connect a mailbox, or name a server that sends for you. It takes a minute.
      </EmptyState>
    )
  return children(senders.data)
}
