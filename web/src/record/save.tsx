import { useMutation, useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query'
import { useCallback, useState, type ReactNode } from 'react'
import { ProblemError } from '../api/problem'
import { records, type Noun, type Ones, type Patches, type Rows } from '../api/records'
import type { Page } from '../api/types'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { changesAnything, contested, without } from './conflict'
import { ConflictDialog } from './conflict-dialog'

type Known = { id: string; version: number }
type Saver<Patch> = { save: (patch: Patch) => void; saving: boolean; dialog: ReactNode }

/** Saves changes of a record. If someone else saved first, both values are shown and the person chooses. */
export function useSave<N extends Noun>(noun: N, record: Ones[N]): Saver<Patches[N]> {
  const { save, saving, dialog } = useSaver(noun)
  return { save: (patch) => save(record, patch), saving, dialog }
}

/** Saves changes of any record of a kind: shown at once, taken back with the reason where the server refuses. */
export function useSaver<N extends Noun>(noun: N) {
  type Patch = Patches[N]
  type Job = { record: Known; patch: Patch; version: number }
  const workspace = useWorkspace()
  const client = useQueryClient()
  const touched = useTouched()
  const toast = useToast()
  const [conflict, setConflict] = useState<{ patch: Patch; base: Known; theirs: Ones[N] }>()
  const mutation = useMutation({
    mutationFn: async ({ record, patch, version }: Job) => {
      try {
        return await records[noun].patch(workspace, record.id, patch, version)
      } catch (error) {
        if (!isStale(error)) throw error
        const theirs = await records[noun].get(workspace, record.id)
        if (contested(patch, record, theirs).length > 0) throw new Contradicted(theirs)
        return await records[noun].patch(workspace, record.id, patch, theirs.version)
      }
    },
    onMutate: ({ record, patch }) => show(client, workspace, noun, record.id, (old) => merged(old, patch)),
    onSuccess: (saved) => {
      show(client, workspace, noun, saved.id, (old) => ({ ...old, ...pickKnown(saved, old) }))
      client.setQueryData([workspace, noun, 'one', saved.id], saved)
      setConflict(undefined)
      void touched(noun)
    },
    onError: async (error, { record, patch }) => {
      if (error instanceof Contradicted) {
        const theirs = await records[noun].get(workspace, record.id)
        show(client, workspace, noun, record.id, (old) => ({ ...old, ...pickKnown(theirs, old) }))
        setConflict({ patch, base: record, theirs })
        return
      }
      show(client, workspace, noun, record.id, (old) => ({ ...old, ...pickKnown(record, old) }))
      toast({ title: 'Not saved; the old value is back', detail: error instanceof ProblemError ? (error.errors[0]?.message ?? error.message) : error.message, tone: 'bad' })
    },
  })
  const settle = (dropped: ReadonlySet<string>) => {
    if (!conflict) return
    const rest = without(conflict.patch, dropped)
    if (!changesAnything(rest)) return setConflict(undefined)
    mutation.mutate({ record: conflict.theirs, patch: { ...rest }, version: conflict.theirs.version })
  }
  const dialog: ReactNode = conflict && (
    <ConflictDialog key={conflict.theirs.version} noun={noun} id={conflict.theirs.id} fields={contested(conflict.patch, conflict.base, conflict.theirs)} busy={mutation.isPending} onSave={settle} onClose={() => setConflict(undefined)} />
  )
  const { mutate } = mutation
  const save = useCallback((record: Known, patch: Patch) => mutate({ record, patch, version: record.version }), [mutate])
  return { save, saving: mutation.isPending, dialog }
}

class Contradicted extends Error {
  readonly theirs: object

  constructor(theirs: object) {
    super('Someone else saved this first.')
    this.theirs = theirs
  }
}

function isStale(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 412
}

/** Changes what every list and page shows of a record. */
function show<N extends Noun>(client: QueryClient, workspace: string, noun: N, id: string, change: <T extends object>(old: T) => T) {
  client.setQueryData<Ones[N]>([workspace, noun, 'one', id], (old) => old && change(old))
  client.setQueriesData<InfiniteData<Page<Rows[N]>>>({ queryKey: [workspace, noun, 'list'] }, (list) => list && { ...list, pages: list.pages.map((p) => ({ ...p, data: p.data.map((row) => (row.id === id ? change(row) : row)) })) })
}

/** Of a record what another shape of it has too; a row has fewer fields than its record. */
function pickKnown<T extends object>(from: object, like: T): Partial<T> {
  const known: Partial<T> = {}
  const source = new Map(Object.entries(from))
  for (const key in like) if (source.has(key)) known[key] = source.get(key)
  return known
}

/** The record as the patch will leave it; custom fields not named in the patch stay. */
function merged<One extends object, Patch extends object>(record: One, patch: Patch): One {
  const own = 'fields' in record && 'fields' in patch && isObject(record.fields) && isObject(patch.fields) ? { fields: { ...record.fields, ...patch.fields } } : {}
  return { ...record, ...patch, ...own }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
