import { useQuery } from '@tanstack/react-query'
import { ArrowLeft, Check, Pencil, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { money } from '../ai/words'
import { pretty } from '../agents/words'
import type { Approval } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import { ApprovalPart, ApprovalSheet, Quotes, Risk } from '../ui/approval'
import { Badge } from '../ui/badge'
import { Quoted } from '../ui/brief'
import { Button, IconButton } from '../ui/button'
import { OnlyNarrow, Row, Stack, Text } from '../ui/layout'
import { Source } from '../ui/mail'
import { Fact, Facts } from '../ui/rows'
import { Banner, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import type { Deciding } from './actions'
import { ExactPreview } from './preview'
import { approvalQuery } from './queries'
import { RecordLink } from './record-link'
import { askedBy, bandWords, decidedBy, stateWords } from './words'

export type Way = 'approve' | 'edit' | 'reject'

type DetailProps = { id: string; approve: Deciding['approve']; onWay: (way: Way) => void; onBack: () => void }

/** One request: exactly what would be done, why, how risky it is, and the ways to decide. */
export function ApprovalDetail({ id, approve, onWay, onBack }: DetailProps) {
  const approval = useQuery(approvalQuery(useWorkspace(), id))
  if (approval.isPending) return <SkeletonLines count={8} />
  if (approval.isError) return <ErrorState title="This request could not be read" error={approval.error} onRetry={() => void approval.refetch()} />
  const a = approval.data
  // What went wrong with another request is no news of this one.
  const failure = approve.variables?.approval.id === id ? approve.error : null
  return (
    <ApprovalSheet
      title={a.title}
      back={
        <OnlyNarrow>
          <IconButton icon={ArrowLeft} label="Back to the list" onClick={onBack} />
        </OnlyNarrow>
      }
      actions={<Ways approval={a} busy={approve.isPending} onWay={onWay} />}
    >
      <Stack gap={3}>
        {failure && <Banner tone="bad">{failure.message}</Banner>}
        <Standing approval={a} />
        <Row gap={2} wrap>
          <Badge tone={stateWords(a.state).tone}>{stateWords(a.state).label}</Badge>
          <Badge tone={bandWords(a.band).tone}>{bandWords(a.band).label}</Badge>
          {a.overdue && <Badge tone="bad">Overdue</Badge>}
          {a.edited && <Badge>Changed before it was approved</Badge>}
          {a.subject_id && (
            <Text size={13}>
              About <RecordLink entity={a.subject_entity} id={a.subject_id}>{a.subject_name ?? `a ${a.subject_entity}`}</RecordLink>
            </Text>
          )}
        </Row>
      </Stack>
      <ApprovalPart title={a.preview.mail ? 'What would be sent' : a.state === 'done' ? 'What was done' : 'What would be done'}>
        <ExactPreview approval={a} />
      </ApprovalPart>
      {a.why && (
        <ApprovalPart title="Why">
          <Text as="p" dir="auto">
            {a.why}
          </Text>
        </ApprovalPart>
      )}
      {a.evidence.length > 0 && <Evidence approval={a} />}
      <ApprovalPart title={`Risk ${a.risk} of 100`}>
        <Risk score={a.risk} band={a.band} factors={a.factors} />
      </ApprovalPart>
      <ApprovalPart title="Where it is from">
        <Origin approval={a} />
      </ApprovalPart>
    </ApprovalSheet>
  )
}

function Ways({ approval: a, busy, onWay }: { approval: Approval; busy: boolean; onWay: (way: Way) => void }) {
  const { canWrite } = useSession()
  if (a.state !== 'pending' || !canWrite) return null
  const open = a.may && !a.stale
  return (
    <>
      <Button icon={X} title="N" disabled={busy} onClick={() => onWay('reject')}>
        Reject
      </Button>
      <Button icon={Pencil} title="M" disabled={busy || !open} onClick={() => onWay('edit')}>
        Edit
      </Button>
      <Button variant="primary" icon={Check} title="Y" busy={busy} disabled={!open} onClick={() => onWay('approve')}>
        Approve
      </Button>
    </>
  )
}

/** What stands in the way, or what became of it. */
function Standing({ approval: a }: { approval: Approval }): ReactNode {
  if (a.state !== 'pending')
    return (
      <Banner tone={a.state === 'done' ? 'good' : a.state === 'failed' || a.state === 'blocked' ? 'bad' : 'neutral'}>
        {stateWords(a.state).label}
        {a.state === 'done' || a.state === 'rejected' ? ` by ${decidedBy(a)}` : ''} <When at={a.decided_at} />
        {a.reason && `: ${a.reason}`}
      </Banner>
    )
  if (a.stale) return <Banner tone="warn">A record that this relies on was changed since it was asked for. It cannot be done any more; reject it, or let it expire.</Banner>
  if (!a.may && a.may_not) return <Banner tone="warn">{a.may_not}</Banner>
  if (a.password) return <Banner>Your password is asked for: nobody else here could decide this.</Banner>
  return null
}

function Evidence({ approval }: { approval: Approval }) {
  return (
    <ApprovalPart title="What it relies on">
      <Quotes label="What it relies on">
        {approval.evidence.map((e, i) => (
          <li key={`${e.id} ${i}`}>
            <Stack gap={1}>
              <Quoted>{e.quote}</Quoted>
              <Text size={12}>
                <RecordLink entity={e.entity} id={e.id}>{sources[e.entity] ?? `In the ${e.entity}`}</RecordLink>
              </Text>
            </Stack>
          </li>
        ))}
      </Quotes>
    </ApprovalPart>
  )
}

const sources: Record<string, string> = { message: 'Open the mail', thread: 'Open the conversation', contact: 'Open the contact', company: 'Open the company', task: 'Open the task', content: 'Open the draft' }

function Origin({ approval: a }: { approval: Approval }) {
  return (
    <Stack gap={3}>
      <Facts>
        <Fact label="Asked by">{askedBy(a)}</Fact>
        <Fact label="Asked">
          <When at={a.created_at} />
        </Fact>
        {a.state === 'pending' && (
          <Fact label="Expires">
            <When at={a.expires_at} />
          </Fact>
        )}
        <Fact label="Cost so far">{money(a.cost_nano)}</Fact>
        <Fact label="Calls">
          <Text mono size={12}>
            {a.operation}
          </Text>
        </Fact>
        {a.run_id && (
          <Fact label="Run">
            <RecordLink entity="run" id={a.run_id}>What the agent did</RecordLink>
          </Fact>
        )}
      </Facts>
      <Raw label="Arguments" value={a.args} />
      <Raw label="What the operation answered" value={a.result} />
    </Stack>
  )
}

function Raw({ label, value }: { label: string; value: unknown }) {
  const text = pretty(value)
  if (text === '') return null
  return (
    <details>
      <summary>{label}</summary>
      <Source label={label}>{text}</Source>
    </details>
  )
}
