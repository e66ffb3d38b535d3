import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { ProblemError } from '../api/problem'
import { records, type Noun, type Ones, type Patches } from '../api/records'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { ConflictDialog } from './conflict-dialog'

type Saver<Patch> = { save: (patch: Patch) => void; saving: boolean; dialog: ReactNode }

/** Saves changes of a record. If someone else saved first, both values are shown and the person chooses. */
export function useSave<N extends Noun>(noun: N, record: Ones[N]): Saver<Patches[N]> {
  type One = Ones[N]
  type Patch = Patches[N]
  const workspace = useWorkspace()
  const client = useQueryClient()
  const touched = useTouched()
  const toast = useToast()
  const [conflict, setConflict] = useState<{ mine: Patch; base: One; theirs: One }>()
  const key = [workspace, noun, 'one', record.id]
  const mutation = useMutation({
    mutationFn: ({ patch, version }: { patch: Patch; version: number; base: One }) => records[noun].patch(workspace, record.id, patch, version),
    onMutate: ({ patch }) => client.setQueryData<One>(key, (old) => old && merged(old, patch)),
    onSuccess: (saved) => {
      client.setQueryData(key, saved)
      setConflict(undefined)
      void touched(noun)
    },
    onError: async (error, { patch, base }) => {
      if (error instanceof ProblemError && error.status === 412) {
        const theirs = await records[noun].get(workspace, record.id)
        client.setQueryData(key, theirs)
        setConflict({ mine: patch, base, theirs })
        return
      }
      client.setQueryData(key, base)
      toast({ title: 'Not saved; the old value is back', detail: error instanceof ProblemError ? (error.errors[0]?.message ?? error.message) : error.message, tone: 'bad' })
    },
  })
  const save = (patch: Patch) => mutation.mutate({ patch, version: record.version, base: record })
  const dialog = conflict && (
    <ConflictDialog
      mine={Object.entries(conflict.mine)}
      theirs={new Map(Object.entries(conflict.theirs))}
      busy={mutation.isPending}
      onKeepTheirs={() => setConflict(undefined)}
      onKeepMine={() => mutation.mutate({ patch: conflict.mine, version: conflict.theirs.version, base: conflict.theirs })}
    />
  )
  return { save, saving: mutation.isPending, dialog }
}

/** The record as the patch will leave it; custom fields not named in the patch stay. */
function merged<One extends object, Patch extends object>(record: One, patch: Patch): One {
  const own = 'fields' in record && 'fields' in patch && isObject(record.fields) && isObject(patch.fields) ? { fields: { ...record.fields, ...patch.fields } } : {}
  return { ...record, ...patch, ...own }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
