import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Bot, History, KeyRound, Pencil, Server, Undo2, Upload } from 'lucide-react'
import { read, server } from '../api/client'
import { next } from '../api/queries'
import type { ChangeEvent } from '../api/types'
import { ChangedFields, ChangeTitle } from '../record/changed'
import { useUndo } from '../record/undo'
import { fieldLabel } from '../record/words'
import { useSession, useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { Page, Scroll, Stack } from '../ui/layout'
import { useNow } from '../ui/now'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { dayName } from '../ui/time'
import { Day, TimelineEntry } from '../ui/timeline'
import { When } from '../ui/when'

const changesQuery = (workspace: string) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'changes'],
    queryFn: ({ pageParam, signal }) => 
      read(server.GET('/v1/workspaces/{workspace}/changes', { params: { path: { workspace }, query: { cursor: pageParam || undefined, limit: 50 } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
  })

/** Everything that was changed in the workspace, by whom, with a way back. */
export function ChangesPage() {
  const workspace = useWorkspace()
  const changes = useInfiniteQuery(changesQuery(workspace))
  const now = useNow()
  const events = changes.data?.pages.flatMap((p) => p.data) ?? []
  return (
    <Page title="Changes">
      <Scroll width="normal">
        {changes.isPending && <SkeletonLines count={10} avatar />}
        {changes.isError && <ErrorState title="The changes could not be read" error={changes.error} onRetry={() => void changes.refetch()} />}
        {changes.isSuccess && events.length === 0 && (
          <EmptyState icon={History} title="No changes yet">
            Whatever people, imports, keys and agents change appears here and can be undone.
          </EmptyState>
        )}
        <Stack gap={0}>
          {events.map((event, i) => {
            const day = dayName(event.at, now)
            const previous = events[i - 1]
            const following = events[i + 1]
            return (
              <div key={event.id}>
                {(!previous || dayName(previous.at, now) !== day) && <Day as="h2">{day}</Day>}
                <ChangeRow event={event} batch={headOfBatch(events, i)} last={!following || dayName(following.at, now) !== day} />
              </div>
            )
          })}
        </Stack>
        {changes.hasNextPage && (
          <Button busy={changes.isFetchingNextPage} onClick={() => void changes.fetchNextPage()}>
            Show earlier
          </Button>
        )}
      </Scroll>
    </Page>
  )
}

const icons = new Map([
  ['user', Pencil],
  ['api_key', KeyRound],
  ['agent', Bot],
  ['import', Upload],
])

function ChangeRow({ event, batch, last }: { event: ChangeEvent; batch: string | null; last: boolean }) {
  const { canWrite } = useSession()
  const undo = useUndo()
  const undone = event.undone_by !== null
  // What the system itself computes (scores, states) it would compute again.
  const undoable = canWrite && !undone && event.actor.kind !== 'system'
  const side = (
    <>
      {undone && 'undone'}
      {undoable && (
        <Button size="small" variant="quiet" icon={Undo2} busy={undo.isPending} onClick={() => undo.mutate({ event: event.id })}>
          Undo
        </Button>
      )}
      {undoable && batch && (
        <Button size="small" variant="quiet" busy={undo.isPending} onClick={() => undo.mutate({ batch })}>
          Undo all of it
        </Button>
      )}
      <When at={event.at} short />
    </>
  )
  const title = <ChangeTitle actor={event.actor.name ?? 'Somebody'} change={event.kind} changes={event.changes} record={<Name event={event} />} />
  return (
    <TimelineEntry icon={icons.get(event.actor.kind) ?? Server} last={last} undone={undone} title={title} summary={event.reason} side={side}>
      {event.kind === 'updated' && <ChangedFields changes={event.changes} />}
    </TimelineEntry>
  )
}

/** The batch of an event if others beside it belong to it and it is the newest of them. */
function headOfBatch(events: ChangeEvent[], i: number): string | null {
  const batch = events[i]?.batch_id ?? null
  return events[i + 1]?.batch_id === batch && events[i - 1]?.batch_id !== batch ? batch : null
}

/** The record of a change, as a link where it has a page. */
function Name({ event }: { event: ChangeEvent }) {
  const workspace = useWorkspace()
  const words = event.entity_name ?? withArticle(fieldLabel(event.entity).toLowerCase())
  const id = event.entity_id
  if (event.entity === 'contact')
    return (
      <Link to="/w/$workspace/contacts/$id" params={{ workspace, id }}>
        {words}
      </Link>
    )
  if (event.entity === 'company')
    return (
      <Link to="/w/$workspace/companies/$id" params={{ workspace, id }}>
        {words}
      </Link>
    )
  if (event.entity === 'thread')
    return (
      <Link to="/w/$workspace/inbox" params={{ workspace }} search={{ folder: 'all', thread: id }}>
        {words}
      </Link>
    )
  if (event.entity === 'import')
    return (
      <Link to="/w/$workspace/imports/$id" params={{ workspace, id }}>
        {words}
      </Link>
    )
  return words
}

function withArticle(noun: string): string {
  return `${/^[aeio]/.test(noun) ? 'an' : 'a'} ${noun}`
}
