import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Mode, Thread } from '../api/types'
import { useWorkspace } from '../shell/session'
import { ErrorState, SkeletonLines } from '../ui/state'
import { Composer } from './composer'
import { DraftedNote, Drafting } from './drafting'
import { WithSenders } from './new-mail'
import { draftsQuery, prefillQuery } from './outgoing'

type ReplyProps = { thread: Thread; mode: Exclude<Mode, 'new'>; message: string; draft: string | undefined; onClose: () => void; onSent: (done: boolean) => void }

/** An answer to a message or its forwarding, as the server begins it; a draft of the same goes on. */
export function Reply({ thread, mode, message, draft, onClose, onSent }: ReplyProps) {
  const workspace = useWorkspace()
  const prefill = useQuery(prefillQuery(workspace, message, mode))
  const drafts = useQuery(draftsQuery(workspace, thread.id))
  const [improving, setImproving] = useState(false)
  if (prefill.isPending || drafts.isPending) return <SkeletonLines count={4} />
  if (prefill.isError) return <ErrorState title="The answer could not be begun" error={prefill.error} onRetry={() => void prefill.refetch()} />
  const { to, cc, subject, quoted_text, sender_id, attachments } = prefill.data
  const known = drafts.data?.find((d) => (draft ? d.id === draft : d.message_id === message && d.mode === mode))
  return (
    <WithSenders onClose={onClose}>
      {(senders) => (
        <>
          {known?.run_id && <DraftedNote draft={{ ...known, run_id: known.run_id }} onImprove={() => setImproving(true)} />}
          {improving && known && <Drafting thread={thread.id} draft={known.id} onDone={() => setImproving(false)} onClose={() => setImproving(false)} />}
          <Composer
            key={`${mode} ${message} ${draft ?? ''} ${known?.run_id ?? ''}`}
            start={{ letter: { mode, message_id: message, sender_id: sender_id ?? undefined, to, cc, bcc: [], subject, text: '' }, quoted: quoted_text, original: mode === 'forward' ? attachments : [], draft: known }}
            senders={senders}
            onClose={onClose}
            onSent={onSent}
          />
        </>
      )}
    </WithSenders>
  )
}
