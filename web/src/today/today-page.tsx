import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { CircleCheck, Clock, Coffee, Flame, MailCheck } from 'lucide-react'
import { useState } from 'react'
import type { Today } from '../api/types'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { todayQuery, useComplete } from '../tasks/queries'
import { QuickAdd } from '../tasks/quick-add'
import { isOver, TaskRow } from '../tasks/task-row'
import { Badge } from '../ui/badge'
import { Count, Padded, Page, Panel, Row, Scroll, Stack, Text } from '../ui/layout'
import { Score } from '../ui/score'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { LinkLine, PlainList, TodayLayout } from '../ui/work'

/** The page of the morning: who waits, what is due, who is worth a call, what is broken. */
export function TodayPage() {
  const workspace = useWorkspace()
  const today = useQuery(todayQuery(workspace))
  return (
    <Page title="Today" actions={today.data && <Summary counts={today.data.counts} />}>
      <Scroll>
        {today.isPending && <SkeletonLines count={10} />}
        {today.isError && <ErrorState title="Today could not be read" error={today.error} onRetry={() => void today.refetch()} />}
        {today.data && <TodayView today={today.data} />}
      </Scroll>
    </Page>
  )
}

function Summary({ counts }: { counts: Today['counts'] }) {
  const parts = [counts.replies > 0 && `${counts.replies.toLocaleString()} owed`, counts.tasks > 0 && `${counts.tasks} due`, counts.done_today > 0 && `${counts.done_today} done today`].filter(Boolean)
  return (
    <Text size={13} tone="muted">
      {parts.join(' · ')}
    </Text>
  )
}

function TodayView({ today }: { today: Today }) {
  const at = useTodayKeys(today)
  const calm = today.replies.length === 0 && today.tasks.length === 0 && today.hot_leads.length === 0
  return (
    <Stack gap={4}>
      {today.mailboxes.map((m) => (
        <Trouble key={m.id} mailbox={m} />
      ))}
      {calm && (
        <EmptyState icon={Coffee} title="Nothing waits for you">
          Replies that you owe, tasks that are due and leads that are warm appear here.
        </EmptyState>
      )}
      <TodayLayout
        left={<Replies today={today} at={at} />}
        right={
          <>
            <Tasks today={today} at={at} />
            <HotLeads leads={today.hot_leads} at={at} />
          </>
        }
      />
    </Stack>
  )
}

function Trouble({ mailbox }: { mailbox: Today['mailboxes'][number] }) {
  const workspace = useWorkspace()
  return (
    <Banner
      tone="bad"
      actions={
        <Link to="/w/$workspace/settings/$tab" params={{ workspace, tab: 'mailboxes' }}>
          Look at it
        </Link>
      }
    >
      <strong>{mailbox.name}</strong>: {mailbox.health}
    </Banner>
  )
}

/** Walks over everything on the page with J and K; Enter opens, E completes. Says where it stands. */
function useTodayKeys(today: Today): string | undefined {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const complete = useComplete()
  const [at, setAt] = useState<string>()
  const items = [
    ...today.replies.map((r) => ({ id: r.id, open: () => navigate({ to: '/w/$workspace/inbox', params: { workspace }, search: { thread: r.id } }) })),
    ...today.tasks.map((t) => ({ id: t.id, open: () => navigate({ to: '/w/$workspace/tasks', params: { workspace }, search: { task: t.id } }) })),
    ...today.hot_leads.map((l) => ({ id: l.contact_id, open: () => navigate({ to: '/w/$workspace/contacts/$id', params: { workspace, id: l.contact_id } }) })),
  ]
  const index = items.findIndex((i) => i.id === at)
  const step = (by: 1 | -1) => {
    setAt(items[index === -1 ? 0 : Math.min(Math.max(index + by, 0), items.length - 1)]?.id)
    requestAnimationFrame(() => document.querySelector('main [data-active="true"]')?.scrollIntoView({ block: 'nearest' }))
  }
  const finish = () => {
    const task = today.tasks.find((t) => t.id === at)
    if (!task || isOver(task)) return
    complete(task)
    setAt(items[index + 1]?.id)
  }
  const group = 'Today'
  useKeys([
    { keys: 'j', label: 'Next', group, run: () => step(1) },
    { keys: 'k', label: 'Before', group, run: () => step(-1) },
    { keys: 'enter', label: 'Open', group, run: () => void items[index]?.open() },
    { keys: 'e', label: 'Complete the task', group, run: finish },
    { keys: 'c', label: 'New task', group, run: () => document.getElementById(quickField)?.focus() },
  ])
  return at
}

const quickField = 'today-task'

function Replies({ today, at }: { today: Today; at: string | undefined }) {
  const workspace = useWorkspace()
  const rest = today.counts.replies - today.replies.length
  return (
    <Panel title="Replies owed" actions={<Count value={today.counts.replies} />} flush>
      {today.replies.length === 0 && (
        <EmptyState icon={MailCheck} title="Nobody waits for an answer">
          Mail from people who expect one appears here, the most urgent first.
        </EmptyState>
      )}
      <PlainList label="Replies owed">
        {today.replies.map((r) => (
          <LinkLine key={r.id} active={r.id === at}>
            <Link to="/w/$workspace/inbox" params={{ workspace }} search={{ thread: r.id }}>
              <Stack gap={0}>
                <Row justify="between">
                  <Text size={13} weight={600} truncate dir="auto">
                    {r.contact_name ?? (r.from_name || r.from_address)}
                    {r.company_name && ` · ${r.company_name}`}
                  </Text>
                  <Badge tone={r.overdue ? 'bad' : r.urgency === 'high' || r.urgency === 'critical' ? 'warn' : 'neutral'} icon={r.due_at ? Clock : undefined}>
                    {r.overdue ? <>Overdue, {<When at={r.due_at} short />}</> : r.due_at ? <When at={r.due_at} /> : <When at={r.last_message_at} short />}
                  </Badge>
                </Row>
                <Text size={13} truncate dir="auto">
                  {r.subject || 'No subject'}
                </Text>
                <Text size={12} tone="muted" truncate dir="auto">
                  {r.snippet}
                </Text>
              </Stack>
            </Link>
          </LinkLine>
        ))}
        {rest > 0 && (
          <LinkLine>
            <Link to="/w/$workspace/inbox" params={{ workspace }} search={{ folder: 'needs_reply' }}>
              <Text size={13} tone="muted">
                {rest.toLocaleString()} more in the inbox
              </Text>
            </Link>
          </LinkLine>
        )}
      </PlainList>
    </Panel>
  )
}

function Tasks({ today, at }: { today: Today; at: string | undefined }) {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const { canWrite } = useSession()
  return (
    <Panel title="Tasks due" actions={<Count value={today.counts.tasks} />} flush>
      {canWrite && (
        <Padded>
          <QuickAdd id={quickField} />
        </Padded>
      )}
      {today.tasks.length === 0 && (
        <EmptyState icon={CircleCheck} title={today.counts.done_today > 0 ? `All done: ${today.counts.done_today} today` : 'Nothing is due today'}>
          <Link to="/w/$workspace/tasks" params={{ workspace }} search={{}}>
            See all tasks
          </Link>
        </EmptyState>
      )}
      <PlainList label="Tasks due">
        {today.tasks.map((t) => (
          <TaskRow key={t.id} task={t} active={t.id === at} onOpen={() => void navigate({ to: '/w/$workspace/tasks', params: { workspace }, search: { task: t.id } })} />
        ))}
      </PlainList>
    </Panel>
  )
}

function HotLeads({ leads, at }: { leads: Today['hot_leads']; at: string | undefined }) {
  const workspace = useWorkspace()
  return (
    <Panel
      title="Hot leads"
      actions={
        <Link to="/w/$workspace/hot-leads" params={{ workspace }}>
          See all
        </Link>
      }
      flush
    >
      {leads.length === 0 && (
        <EmptyState icon={Flame} title="No hot lead moved lately">
          People with a score of 70 and more with whom something happened in the last two weeks appear here.
        </EmptyState>
      )}
      <PlainList label="Hot leads">
        {leads.map((l) => (
          <LinkLine key={l.contact_id} active={l.contact_id === at}>
            <Link to="/w/$workspace/contacts/$id" params={{ workspace, id: l.contact_id }}>
              <Stack gap={1}>
                <Row justify="between">
                  <Text size={13} weight={600} truncate dir="auto">
                    {l.name}
                    {l.company_name && ` · ${l.company_name}`}
                  </Text>
                  <Score score={l.score} />
                </Row>
                <Text size={12} tone="muted">
                  {l.reasons.join(' · ')}
                </Text>
                <Text size={12} tone="muted">
                  Last touch <When at={l.last_interaction_at} />
                </Text>
              </Stack>
            </Link>
          </LinkLine>
        ))}
      </PlainList>
    </Panel>
  )
}
