import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ListTodo } from 'lucide-react'
import { useMemo, useState } from 'react'
import { taskCountsQuery } from '../api/queries'
import type { Task } from '../api/types'
import { useAll } from '../record/all'
import { useBulk } from '../record/bulk'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { Button, TextButton } from '../ui/button'
import { Count, Page, Row, TabLinks, Text } from '../ui/layout'
import { useNow } from '../ui/now'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { GroupHead, PlainList, WithPanel } from '../ui/work'
import { groupsOf } from './groups'
import { tasksFilter, tasksQuery, useComplete } from './queries'
import { QuickAdd } from './quick-add'
import type { TasksSearch } from './search'
import { TaskPanel } from './task-panel'
import { isOver, TaskRow } from './task-row'

const route = getRouteApi('/w/$workspace/tasks')
const quickField = 'quick-task'

/** What is to be done, by when. */
export function TasksPage() {
  const workspace = useWorkspace()
  const { me, canWrite } = useSession()
  const search = route.useSearch()
  const navigate = useNavigate()
  const assignee = search.who === 'all' ? undefined : me.user.id
  const open = useInfiniteQuery(tasksQuery(workspace, { done: false, assignee }))
  const rows = useMemo(() => open.data?.pages.flatMap((p) => p.data) ?? [], [open.data])
  const [at, setAt] = useState<string>()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const { all, chooseAll, dropAll } = useAll('tasks', { filter: tasksFilter({ done: false, assignee }) })
  const drop = () => {
    setSelected(new Set())
    dropAll()
  }
  const complete = useBulk('tasks', { one: 'task' }, drop)
  const completeChosen = () => void complete(all ? { query: all.query } : { ids: [...selected] }, (n) => `Done: ${n}`, { status: 'done' })
  const go = (change: Partial<TasksSearch>) => void navigate({ to: '/w/$workspace/tasks', params: { workspace }, search: { ...search, ...change }, replace: true })
  useTaskKeys({ rows, at, setAt, selected, setSelected, completeChosen, open: (task) => go({ task }), close: () => (search.task ? go({ task: undefined }) : drop()) })
  const list = (
    <>
      {canWrite && <QuickAdd id={quickField} />}
      {selected.size > 0 && <Selection count={all?.count ?? selected.size} onAll={all ? undefined : () => void chooseAll()} onDone={completeChosen} onClear={drop} />}
      {open.isPending && <SkeletonLines count={8} />}
      {open.isError && <ErrorState title="The tasks could not be read" error={open.error} onRetry={() => void open.refetch()} />}
      {open.isSuccess && rows.length === 0 && (
        <EmptyState icon={ListTodo} title={assignee ? 'Nothing to do' : 'Nobody has anything to do'}>
          Write a line above, or press T in a conversation to make a task of a message.
        </EmptyState>
      )}
      <Groups rows={rows} at={at} selected={selected} onOpen={(id) => go({ task: id })} />
      {open.hasNextPage && (
        <Button busy={open.isFetchingNextPage} onClick={() => void open.fetchNextPage()}>
          Show more
        </Button>
      )}
      <DoneTasks assignee={assignee} onOpen={(id) => go({ task: id })} />
    </>
  )
  return (
    <Page title="Tasks" focused={search.task !== undefined} tabs={<Who search={search} />}>
      <WithPanel list={list} panel={search.task ? <TaskPanel key={search.task} id={search.task} onClose={() => go({ task: undefined })} /> : undefined} />
    </Page>
  )
}

type Keys = {
  rows: Task[]
  at: string | undefined
  setAt: (id: string | undefined) => void
  selected: ReadonlySet<string>
  setSelected: (ids: ReadonlySet<string>) => void
  completeChosen: () => void
  open: (id: string) => void
  close: () => void
}

function useTaskKeys({ rows, at, setAt, selected, setSelected, completeChosen, open, close }: Keys) {
  const complete = useComplete()
  const index = rows.findIndex((r) => r.id === at)
  const step = (by: 1 | -1) => {
    const target = rows[index === -1 ? 0 : Math.min(Math.max(index + by, 0), rows.length - 1)]
    setAt(target?.id)
    if (target) requestAnimationFrame(() => document.querySelector('main [data-active="true"]')?.scrollIntoView({ block: 'nearest' }))
  }
  const finish = () => {
    const chosen = selected.size > 0 ? rows.filter((r) => selected.has(r.id)) : rows.filter((r) => r.id === at)
    if (selected.size > 0) completeChosen()
    else for (const task of chosen) if (!isOver(task)) complete(task)
    setAt((rows.slice(index + 1).find((r) => !chosen.includes(r)) ?? rows.findLast((r) => !chosen.includes(r)))?.id)
  }
  const toggle = () => {
    if (!at) return
    const ids = new Set(selected)
    if (!ids.delete(at)) ids.add(at)
    setSelected(ids)
  }
  const group = 'Tasks'
  useKeys([
    { keys: 'j', label: 'Next task', group, run: () => step(1) },
    { keys: 'k', label: 'Task before', group, run: () => step(-1) },
    { keys: 'x', label: 'Select', group, run: toggle },
    { keys: 'e', label: 'Done', group, run: finish },
    { keys: 'c', label: 'New task', group, run: () => document.getElementById(quickField)?.focus() },
    { keys: 'enter', label: 'Open', group, run: () => at && open(at) },
    { keys: 'escape', label: 'Close, or select nothing', group, run: close },
  ])
}

function Who({ search }: { search: TasksSearch }) {
  const workspace = useWorkspace()
  const counts = useQuery(taskCountsQuery(workspace)).data
  return (
    <TabLinks label="Whose">
      <Link to="/w/$workspace/tasks" params={{ workspace }} search={{}} activeProps={{}} aria-current={search.who === 'all' ? undefined : 'page'}>
        Mine <Count value={counts?.mine} />
      </Link>
      <Link to="/w/$workspace/tasks" params={{ workspace }} search={{ who: 'all' }} activeProps={{}} aria-current={search.who === 'all' ? 'page' : undefined}>
        Everybody <Count value={counts?.open} />
      </Link>
    </TabLinks>
  )
}

function Selection({ count, onAll, onDone, onClear }: { count: number; onAll?: () => void; onDone: () => void; onClear: () => void }) {
  return (
    <Row gap={2} wrap>
      <Text size={13} tone="muted">
        {count.toLocaleString()} selected
      </Text>
      {onAll && <TextButton onClick={onAll}>Select all in this list</TextButton>}
      <Button size="small" onClick={onDone}>
        Done (E)
      </Button>
      <Button size="small" variant="quiet" onClick={onClear}>
        Select nothing
      </Button>
    </Row>
  )
}

type GroupsProps = { rows: Task[]; at: string | undefined; selected: ReadonlySet<string>; onOpen: (id: string) => void }

function Groups({ rows, at, selected, onOpen }: GroupsProps) {
  const now = useNow()
  const { workspace } = useSession()
  return groupsOf(rows, now, workspace.time_zone).map((g) => (
    <section key={g.id} aria-label={g.title}>
      <GroupHead title={g.title} count={g.tasks.length} late={g.id === 'overdue'} />
      <PlainList label={g.title}>
        {g.tasks.map((t) => (
          <TaskRow key={t.id} task={t} active={t.id === at} selected={selected.has(t.id)} onOpen={() => onOpen(t.id)} />
        ))}
      </PlainList>
    </section>
  ))
}

function DoneTasks({ assignee, onOpen }: { assignee: string | undefined; onOpen: (id: string) => void }) {
  const workspace = useWorkspace()
  const [shown, setShown] = useState(false)
  const done = useInfiniteQuery({ ...tasksQuery(workspace, { done: true, assignee }), enabled: shown })
  const rows = done.data?.pages.flatMap((p) => p.data) ?? []
  return (
    <section aria-label="Done">
      {shown && <GroupHead title="Done" count={rows.length} />}
      {!shown && (
        <Button size="small" variant="quiet" onClick={() => setShown(true)}>
          Show what is done
        </Button>
      )}
      {shown && done.isPending && <SkeletonLines count={4} />}
      {shown && done.isError && <ErrorState title="These tasks could not be read" error={done.error} onRetry={() => void done.refetch()} />}
      {shown && done.isSuccess && rows.length === 0 && <Text tone="muted">Nothing yet.</Text>}
      <PlainList label="Done">
        {rows.map((t) => (
          <TaskRow key={t.id} task={t} onOpen={() => onOpen(t.id)} />
        ))}
      </PlainList>
      {done.hasNextPage && (
        <Button size="small" busy={done.isFetchingNextPage} onClick={() => void done.fetchNextPage()}>
          Show more
        </Button>
      )}
    </section>
  )
}
