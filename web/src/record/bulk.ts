import { records, removeRecord, restoreRecord, type Noun, type Patches, type Rows } from '../api/records'
import { ProblemError } from '../api/problem'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { counted } from './words'

type Done<T> = { made: T[]; refused: string[] }

/** Does one thing with many records, four at a time, and keeps what came of each. */
async function each<T, R>(all: T[], work: (one: T) => Promise<R>): Promise<Done<R>> {
  const queue = [...all]
  const done: Done<R> = { made: [], refused: [] }
  const worker = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      try {
        done.made.push(await work(one))
      } catch (error) {
        done.refused.push(error instanceof ProblemError ? (error.errors[0]?.message ?? error.message) : 'The server cannot be reached.')
      }
    }
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  return done
}

/** What can be done with many records at once; each can be undone. */
export function useBulk<N extends Noun>(noun: N, one: string, onDone: () => void) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  /** Works through the rows, says what happened and offers the way back. */
  const run = async <R>(rows: Rows[N][], said: (count: string) => string, work: (row: Rows[N]) => Promise<R>, back: (made: R) => Promise<unknown>) => {
    onDone()
    const { made, refused } = await each(rows, work)
    const undo = async () => {
      const undone = await each(made, back)
      if (undone.refused[0]) toast({ title: `${counted(undone.refused.length, one)} could not be brought back`, detail: undone.refused[0], tone: 'bad' })
      await touched(noun, 'tags', 'search')
    }
    if (made.length > 0) toast({ title: said(counted(made.length, one)), action: { label: 'Undo', run: () => void undo() } })
    if (refused[0]) toast({ title: `${counted(refused.length, one)} not changed`, detail: refused[0], tone: 'bad' })
    await touched(noun, 'tags', 'search')
  }
  return {
    set: (rows: Rows[N][], said: (count: string) => string, patch: Patches[N], before: (row: Rows[N]) => Patches[N]) =>
      run(
        rows,
        said,
        async (row) => ({ row, saved: await records[noun].patch(workspace, row.id, patch, row.version) }),
        ({ row, saved }) => records[noun].patch(workspace, row.id, before(row), saved.version),
      ),
    tag: (rows: Rows[N][], name: string) =>
      run(
        rows,
        (count) => `Tagged ${count} with ${name}`,
        async ({ id }) => {
          const before = ((await records[noun].get(workspace, id)).tags ?? []).map((t) => t.name)
          await records[noun].tag(workspace, id, [...new Set([...before, name])])
          return { id, before }
        },
        ({ id, before }) => records[noun].tag(workspace, id, before),
      ),
    remove: (rows: Rows[N][]) =>
      run(
        rows,
        (count) => `Deleted ${count}`,
        async (row) => {
          await removeRecord(workspace, noun, row.id)
          return row.id
        },
        (id) => restoreRecord(workspace, noun, id),
      ),
  }
}
