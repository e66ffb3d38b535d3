import { useMutation } from '@tanstack/react-query'
import { onlyVersion, read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import type { ActivityPatch, NewActivity, NewNote, NotePatch } from '../api/types'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'

export type WorkKind = 'note' | 'task' | 'call' | 'meeting'
type Target = { id: string; version: number }

const nouns = { note: 'notes', task: 'tasks', call: 'activities', meeting: 'activities' } as const
const names = { note: 'note', task: 'task', call: 'call', meeting: 'meeting' }

/** Adds, changes and removes notes, calls and meetings; each says what happened and offers the way back. */
export function useWork() {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const done = () => touched('contacts', 'companies', 'notes', 'activities', 'tasks', 'today', 'search')
  const onError = (error: Error) => toast({ title: 'Not saved', detail: error instanceof ProblemError ? (error.errors[0]?.message ?? error.message) : error.message, tone: 'bad' })
  const restore = useMutation({
    mutationFn: ({ kind, id }: { kind: WorkKind; id: string }) => server.POST(`/v1/workspaces/{workspace}/${nouns[kind]}/{id}/restore`, { params: { path: { workspace, id } } }),
    onSuccess: done,
    onError,
  })
  const drop = ({ kind, id }: { kind: WorkKind; id: string }) => server.DELETE(`/v1/workspaces/{workspace}/${nouns[kind]}/{id}`, { params: { path: { workspace, id } } })
  const unmake = useMutation({ mutationFn: drop, onSuccess: done, onError })
  const remove = useMutation({
    mutationFn: drop,
    onSuccess: (_, one) => {
      toast({ title: `Deleted the ${names[one.kind]}`, action: { label: 'Undo', run: () => restore.mutate(one) } })
      return done()
    },
    onError,
  })
  const added = (kind: WorkKind) => (made: { id: string }) => {
    toast({ title: kind === 'note' ? 'Noted' : `Logged the ${names[kind]}`, action: { label: 'Undo', run: () => unmake.mutate({ kind, id: made.id }) } })
    return done()
  }
  const addNote = useMutation({ mutationFn: (body: NewNote) => read(server.POST('/v1/workspaces/{workspace}/notes', { params: { path: { workspace } }, body })), onSuccess: added('note'), onError })
  const addActivity = useMutation({
    mutationFn: (body: NewActivity) => read(server.POST('/v1/workspaces/{workspace}/activities', { params: { path: { workspace } }, body })),
    onSuccess: (made) => added(made.kind)(made),
    onError,
  })
  const changeNote = useMutation({
    mutationFn: ({ note, patch }: { note: Target; patch: NotePatch }) => read(server.PATCH('/v1/workspaces/{workspace}/notes/{id}', { params: { path: { workspace, id: note.id }, header: onlyVersion(note.version) }, body: patch })),
    onSuccess: done,
    onError,
  })
  const changeActivity = useMutation({
    mutationFn: ({ activity, patch }: { activity: Target; patch: ActivityPatch }) =>
      read(server.PATCH('/v1/workspaces/{workspace}/activities/{id}', { params: { path: { workspace, id: activity.id }, header: onlyVersion(activity.version) }, body: patch })),
    onSuccess: done,
    onError,
  })
  return { addNote, addActivity, changeNote, changeActivity, remove }
}
