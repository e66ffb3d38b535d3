import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowDownLeft, ArrowUpRight, Bot, Pencil, Plus, Trash2, Undo2, Upload, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { timelineQuery } from '../api/queries'
import type { Noun } from '../api/records'
import type { TimelineEntry as Entry, TimelineKind } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import { Button, ButtonGroup } from '../ui/button'
import { Row, Stack, Text } from '../ui/layout'
import { useNow } from '../ui/now'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { dayName } from '../ui/time'
import { Day, TimelineEntry } from '../ui/timeline'
import { When } from '../ui/when'
import { ChangedFields, ChangeTitle } from './changed'
import { Composer } from './composer'
import { useUndo } from './undo'
import { excerpt } from './words'
import { isWork, WorkEntry } from './work-entry'

const kinds = [
  { id: undefined, label: 'All' },
  { id: 'message', label: 'Mail' },
  { id: 'note', label: 'Notes' },
  { id: 'task', label: 'Tasks' },
  { id: 'activity', label: 'Calls' },
  { id: 'event', label: 'Changes' },
] satisfies { id: TimelineKind | undefined; label: string }[]

/** What happened with a record, newest first, by day: mail, work and changes in one stream, which can be written to. */
export function Timeline({ noun, id }: { noun: Noun; id: string }) {
  const workspace = useWorkspace()
  const [kind, setKind] = useState<TimelineKind>()
  const timeline = useInfiniteQuery(timelineQuery(workspace, noun, id, kind))
  const now = useNow()
  const entries = timeline.data?.pages.flatMap((p) => p.data) ?? []
  return (
    <Stack gap={2}>
      <Composer subject={{ entity: noun === 'contacts' ? 'contact' : 'company', id }} />
      <Row justify="between" wrap>
        <Text as="h2" weight={600}>
          Timeline
        </Text>
        <ButtonGroup label="Show">
          {kinds.map((k) => (
            <Button key={k.label} size="small" aria-pressed={kind === k.id} onClick={() => setKind(k.id)}>
              {k.label}
            </Button>
          ))}
        </ButtonGroup>
      </Row>
      {timeline.isPending && <SkeletonLines count={6} avatar />}
      {timeline.isError && <ErrorState title="The timeline could not be read" error={timeline.error} onRetry={() => void timeline.refetch()} />}
      {timeline.isSuccess && entries.length === 0 && <EmptyState title="Nothing happened yet">Mail, notes, tasks, calls and changes appear here.</EmptyState>}
      <div>
        {entries.map((entry, i) => {
          const day = dayName(entry.at, now)
          const previous = entries[i - 1]
          const following = entries[i + 1]
          return (
            <div key={entry.id}>
              {(!previous || dayName(previous.at, now) !== day) && <Day>{day}</Day>}
              {isWork(entry) ? (
                <WorkEntry entry={entry} last={!following || dayName(following.at, now) !== day} />
              ) : (
                <TimelineRow noun={noun} entry={entry} last={!following || dayName(following.at, now) !== day} />
              )}
            </div>
          )
        })}
      </div>
      {timeline.hasNextPage && (
        <Button busy={timeline.isFetchingNextPage} onClick={() => void timeline.fetchNextPage()}>
          Show earlier
        </Button>
      )}
    </Stack>
  )
}

function TimelineRow({ noun, entry, last }: { noun: Noun; entry: Entry; last: boolean }) {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const undo = useUndo()
  const undoable = canWrite && entry.kind === 'event' && !entry.undone && entry.actor.kind !== 'system'
  const side = (
    <>
      {entry.undone && 'undone'}
      {undoable && (
        <Button size="small" variant="quiet" icon={Undo2} busy={undo.isPending} onClick={() => undo.mutate({ event: entry.id })}>
          Undo
        </Button>
      )}
      <When at={entry.at} short />
    </>
  )
  const title =
    entry.kind === 'message' && entry.thread_id ? (
      <Link to="/w/$workspace/inbox" params={{ workspace }} search={{ folder: 'all', thread: entry.thread_id }}>
        {entry.title || 'No subject'}
      </Link>
    ) : (
      <ChangeTitle actor={entry.actor.name ?? 'Somebody'} change={entry.change} changes={entry.changes} record={`this ${noun === 'contacts' ? 'contact' : 'company'}`} own />
    )
  return (
    <TimelineEntry icon={iconOf(entry)} inbound={entry.direction === 'inbound'} last={last} undone={entry.undone} title={title} summary={entry.summary && excerpt(entry.summary)} side={side}>
      {entry.change === 'updated' && <ChangedFields changes={entry.changes} />}
    </TimelineEntry>
  )
}

function iconOf(entry: Entry): LucideIcon {
  if (entry.kind === 'message') return entry.direction === 'inbound' ? ArrowDownLeft : ArrowUpRight
  if (entry.actor.kind === 'agent') return Bot
  if (entry.change === 'created') return entry.actor.kind === 'import' ? Upload : Plus
  if (entry.change === 'deleted') return Trash2
  return Pencil
}
