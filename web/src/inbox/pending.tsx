import { useQuery } from '@tanstack/react-query'
import { CalendarClock, CircleAlert, CircleHelp, PenLine, Send } from 'lucide-react'
import type { Draft, Outgoing } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { SendingNote } from '../ui/composer'
import { useNow } from '../ui/now'
import { When } from '../ui/when'
import { draftsQuery, outboxQuery, recipients, useDropDraft, useMarkSent, useRetry, useTakeBack } from './outgoing'
import { planned } from './snooze'

/** What of a conversation has not reached its readers: drafts, mail on its way, mail that failed. */
export function Pending({ thread, writing, onDraft }: { thread: string; writing: boolean; onDraft: (draft: Draft) => void }) {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const outbox = useQuery(outboxQuery(workspace, thread)).data ?? []
  const drafts = useQuery({ ...draftsQuery(workspace, thread), enabled: canWrite }).data ?? []
  return (
    <>
      {outbox.map((mail) => (
        <OnItsWay key={mail.id} mail={mail} />
      ))}
      {!writing && drafts.map((draft) => <Kept key={draft.id} draft={draft} onOpen={() => onDraft(draft)} />)}
    </>
  )
}

function Kept({ draft, onOpen }: { draft: Draft; onOpen: () => void }) {
  const drop = useDropDraft()
  return (
    <SendingNote icon={PenLine} title={`Draft to ${recipients(draft.to)}`} detail={<>{draft.text.trim().slice(0, 120) || 'No text yet'}, <When at={draft.updated_at} /></>}>
      <Button size="small" variant="quiet" onClick={() => drop.mutate(draft)}>
        Throw away
      </Button>
      <Button size="small" onClick={onOpen}>
        Go on writing
      </Button>
    </SendingNote>
  )
}

/** Mail that has not left, and what can be done with it; with its subject where no conversation tells it. */
export function OnItsWay({ mail, named }: { mail: Outgoing; named?: boolean }) {
  const { canWrite } = useSession()
  const now = useNow()
  const back = useTakeBack()
  const retry = useRetry()
  const settle = useMarkSent()
  const to = recipients(mail.to)
  const about = (words: string) => [named && (mail.subject || 'No subject'), words].filter(Boolean).join(': ')
  const again = (label: string, confirm: boolean) =>
    canWrite && (
      <Button size="small" busy={retry.isPending} onClick={() => retry.mutate({ id: mail.id, confirm })}>
        {label}
      </Button>
    )
  switch (mail.state) {
    case 'queued': {
      const planning = Date.parse(mail.send_after) - now > 60_000 && mail.attempts === 0
      return (
        <SendingNote
          icon={planning ? CalendarClock : Send}
          tone={mail.error ? 'warn' : undefined}
          title={planning ? `Will be sent to ${to}: ${planned(mail.send_after, now)}` : mail.attempts > 0 ? `Not sent to ${to} yet; it is tried again by itself` : `About to be sent to ${to}`}
          detail={about(mail.error)}
        >
          {canWrite && (
            <Button size="small" busy={back.isPending} onClick={() => back.mutate(mail)}>
              Take back
            </Button>
          )}
        </SendingNote>
      )
    }
    case 'sending':
      return <SendingNote icon={Send} title={`Being sent to ${to}`} detail={about('')} />
    case 'failed':
      return (
        <SendingNote icon={CircleAlert} tone="bad" title={`Not sent to ${to}`} detail={about(mail.error || 'The server gave no reason.')}>
          {canWrite && (
            <Button size="small" variant="quiet" busy={back.isPending} onClick={() => back.mutate(mail)}>
              Write on
            </Button>
          )}
          {again('Try again', false)}
        </SendingNote>
      )
    case 'uncertain':
      return (
        <SendingNote
          icon={CircleHelp}
          tone="warn"
          title={`Nobody knows whether ${to} got this`}
          detail={about(`The connection broke after the mail was handed over and before the server confirmed it${mail.error ? ` (${mail.error})` : ''}. It is not sent again by itself, so that nobody gets it twice. Rapport looks for it in the Sent folder for two days. If you know better, say so.`)}
        >
          {canWrite && (
            <Button size="small" variant="quiet" busy={settle.isPending} onClick={() => settle.mutate(mail.id)}>
              Mark as sent
            </Button>
          )}
          {again('Send it again', true)}
        </SendingNote>
      )
    default:
      return null
  }
}
