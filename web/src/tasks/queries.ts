import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { onlyVersion, read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import { next } from '../api/queries'
import type { NewTask, Page, Task, TaskPatch } from '../api/types'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'

type Slice = { done: boolean; assignee?: string }

/** What is asked of the list of tasks. */
export function tasksFilter({ done, assignee }: Slice) {
  const status = { field: 'status', op: 'in', value: done ? ['done', 'cancelled'] : ['open', 'in_progress'] }
  return { and: assignee ? [status, { field: 'assignee_id', op: 'eq', value: assignee }] : [status] }
}

/** The tasks to do, the first due first; or those that are over, the newest first. */
export const tasksQuery = (workspace: string, { done, assignee }: Slice) => {
  const filter = JSON.stringify(tasksFilter({ done, assignee }))
  const query = { filter, sort: done ? '-created_at' : 'due_at', limit: done ? 30 : 200 }
  return infiniteQueryOptions({
    queryKey: [workspace, 'tasks', 'list', query],
    queryFn: ({ pageParam, signal }) => read(server.GET('/v1/workspaces/{workspace}/tasks', { params: { path: { workspace }, query: { ...query, cursor: pageParam || undefined } }, signal })),
    initialPageParam: '',
    getNextPageParam: next<Task>,
  })
}

const readTask = (workspace: string, id: string, signal?: AbortSignal) => read(server.GET('/v1/workspaces/{workspace}/tasks/{id}', { params: { path: { workspace, id } }, signal }))

export const taskQuery = (workspace: string, id: string) => queryOptions({ queryKey: [workspace, 'tasks', 'one', id], queryFn: ({ signal }) => readTask(workspace, id, signal) })

export const todayQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'today'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/today', { params: { path: { workspace } }, signal })),
    refetchInterval: 60_000,
  })

/** What shows tasks, to be asked for again after one has changed. */
const showing = ['tasks', 'today', 'contacts', 'companies', 'search']

type Lists = { pages: Page<Task>[]; pageParams: unknown[] }
type Target = { id: string; version: number }

/** Changes a task at once on the screen; a mere state is set on what is there now when someone else was faster. */
export function useTaskPatch() {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const touched = useTouched()
  const toast = useToast()
  const send = ({ id, version }: Target, body: TaskPatch) =>
    read(server.PATCH('/v1/workspaces/{workspace}/tasks/{id}', { params: { path: { workspace, id }, header: onlyVersion(version) }, body }))
  return useMutation({
    mutationFn: async ({ task, patch }: { task: Target; patch: TaskPatch }) => {
      try {
        return await send(task, patch)
      } catch (error) {
        if (!(error instanceof ProblemError && error.status === 412)) throw error
        return send(await readTask(workspace, task.id), patch)
      }
    },
    onMutate: ({ task, patch }) => {
      const change = (t: Task): Task => (t.id === task.id ? Object.assign({}, t, patch) : t)
      client.setQueriesData<Lists>({ queryKey: [workspace, 'tasks', 'list'] }, (old) => old && { ...old, pages: old.pages.map((p) => ({ ...p, data: p.data.map(change) })) })
      client.setQueryData(todayQuery(workspace).queryKey, (old) => old && { ...old, tasks: old.tasks.map(change) })
    },
    onSuccess: (saved) => client.setQueryData(taskQuery(workspace, saved.id).queryKey, saved),
    onError: (error) => toast({ title: 'Not changed', detail: error.message, tone: 'bad' }),
    onSettled: () => touched(...showing),
  })
}

/** Completes a task or opens it again, with a way back. */
export function useComplete() {
  const patch = useTaskPatch()
  const toast = useToast()
  return (task: Pick<Task, 'id' | 'version' | 'status' | 'title'>) => {
    const over = task.status === 'done' || task.status === 'cancelled'
    const saved = patch.mutateAsync({ task, patch: { status: over ? 'open' : 'done' } })
    saved
      .then((after) => toast({ title: `${over ? 'Open again' : 'Done'}: ${task.title}`, action: { label: 'Undo', run: () => patch.mutate({ task: after, patch: { status: task.status } }) } }))
      .catch(() => undefined) // said by the mutation itself
  }
}

export function useCreateTask() {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const remove = useRemoveTask()
  return useMutation({
    mutationFn: (body: NewTask) => read(server.POST('/v1/workspaces/{workspace}/tasks', { params: { path: { workspace } }, body })),
    onSuccess: (task) => {
      toast({ title: `Added: ${task.title}`, action: { label: 'Undo', run: () => remove.mutate(task) } })
      return touched(...showing)
    },
    onError: (error) => toast({ title: 'Not added', detail: error instanceof ProblemError ? (error.errors[0]?.message ?? error.message) : error.message, tone: 'bad' }),
  })
}

export function useRemoveTask() {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const restore = useMutation({
    mutationFn: (id: string) => server.POST('/v1/workspaces/{workspace}/tasks/{id}/restore', { params: { path: { workspace, id } } }),
    onSuccess: () => touched(...showing),
    onError: (error) => toast({ title: 'Not restored', detail: error.message, tone: 'bad' }),
  })
  return useMutation({
    mutationFn: ({ id }: { id: string; title: string }) => server.DELETE('/v1/workspaces/{workspace}/tasks/{id}', { params: { path: { workspace, id } } }),
    onSuccess: (_, task) => {
      toast({ title: `Deleted: ${task.title}`, action: { label: 'Undo', run: () => restore.mutate(task.id) } })
      return touched(...showing)
    },
    onError: (error) => toast({ title: 'Not deleted', detail: error.message, tone: 'bad' }),
  })
}

/** Makes a task of a message, from what was understood of it. Bind it to `t` in a conversation. */
export function useTaskFromMessage() {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const remove = useRemoveTask()
  return useMutation({
    mutationFn: (id: string) => read(server.POST('/v1/workspaces/{workspace}/messages/{id}/task', { params: { path: { workspace, id } }, body: {} })),
    onSuccess: (task) => {
      toast({ title: `Task: ${task.title}`, action: { label: 'Undo', run: () => remove.mutate(task) } })
      return touched(...showing)
    },
    onError: (error) => toast({ title: 'No task was made', detail: error.message, tone: 'bad' }),
  })
}
