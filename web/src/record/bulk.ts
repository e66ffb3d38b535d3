import { bulkChange, cancelRun, countMatching, readRun, undoBatch, type BulkNoun, type BulkSets, type BulkTarget } from '../api/bulk'
import { ProblemError } from '../api/problem'
import type { BulkQuery, BulkResult, BulkRun } from '../api/types'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { counted } from './words'

/** What records of a kind are called, one and many. */
export type Called = { one: string; many?: string }

/** What came of a bulk change, the same for a few and for many. */
type Came = { changed: number; unchanged: number; refused: { message: string; count: number }[]; batch: string | null; state: BulkRun['state']; error: string }

/** What can be done with many records at once: in one call, followed where it becomes a job, taken back as one. */
export function useBulk<N extends BulkNoun>(noun: N, called: Called, onDone: () => void) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const count = (n: number) => counted(n, called.one, called.many)
  const settle = () => touched(noun, 'tags', 'search', 'changes', 'today')
  const fail = (error: unknown, title: string) => toast({ title, detail: inWords(error), tone: 'bad' })
  const undo = async (batch: string) => {
    try {
      const { undone, kept } = await undoBatch(workspace, batch)
      toast({ title: `Took back ${counted(undone, 'change')}`, detail: kept > 0 ? 'What was changed again since then stays.' : undefined })
    } catch (error) {
      fail(error, 'Not undone')
    }
    await settle()
  }
  const report = (came: Came, said: (count: string) => string, key?: string) => {
    const { batch } = came
    toast({
      key,
      title: came.state === 'failed' ? 'Stopped before the end' : came.state === 'cancelled' ? `Stopped: ${said(count(came.changed))}` : came.changed > 0 ? said(count(came.changed)) : 'Nothing was changed',
      detail: details(came),
      tone: came.state === 'failed' || came.changed === 0 ? 'bad' : 'good',
      action: batch && came.changed > 0 ? { label: 'Undo', run: () => void undo(batch) } : undefined,
    })
  }
  /** Read marks alone are in no batch. */
  const logged = (set: object) => Object.keys(set).some((key) => key !== 'unread')
  return async (target: BulkTarget, said: (count: string) => string, set: BulkSets[N]): Promise<void> => {
    onDone()
    try {
      const result = await bulkChange[noun](workspace, { ...target, set })
      if (!result.run) report(cameOf(result), said)
      else {
        const key = `bulk-${result.run.id}`
        const stop = { label: 'Stop', run: () => void cancelRun(workspace, result.run?.id ?? '').catch((error: unknown) => fail(error, 'Not stopped')) }
        const run = await followed(workspace, result.run, ({ done, total, error }) =>
          toast({ key, title: 'Working on it', detail: error || undefined, progress: { value: done, max: total }, action: stop }),
        )
        report({ changed: run.changed, unchanged: run.unchanged, refused: run.refused, batch: logged(set) ? run.id : null, state: run.state, error: run.error }, said, key)
      }
    } catch (error) {
      fail(error, 'Not changed')
    }
    await settle()
  }
}

const soon = 150
const rest = 600

/** Looks at a run until it is over; a hiccup of the connection is no end of it. */
async function followed(workspace: string, begun: BulkRun, show: (run: BulkRun) => void): Promise<BulkRun> {
  let run = begun
  for (let wait = soon, failures = 0; run.state === 'running'; wait = rest) {
    await new Promise((done) => setTimeout(done, wait))
    try {
      run = await readRun(workspace, run.id)
      failures = 0
    } catch (error) {
      if (++failures > 20) throw error
    }
    if (run.state === 'running') show(run)
  }
  return run
}

function cameOf({ changed, unchanged, refused, batch_id }: BulkResult): Came {
  const reasons = [...Map.groupBy(refused, (r) => r.message)].map(([message, all]) => ({ message, count: all.length }))
  return { changed: changed.length, unchanged: unchanged.length, refused: reasons, batch: batch_id, state: 'done', error: '' }
}

/** What was left as it is, and why, in one line. */
function details({ unchanged, refused, error }: Came): string | undefined {
  const parts = [error, unchanged > 0 ? `${unchanged.toLocaleString()} ${unchanged === 1 ? 'was' : 'were'} so already.` : '', ...refused.map((r) => `${r.count.toLocaleString()} left as ${r.count === 1 ? 'it is' : 'they are'}: ${r.message}`)]
  return parts.filter(Boolean).join(' ') || undefined
}

function inWords(error: unknown): string {
  if (error instanceof ProblemError) return error.errors[0]?.message ?? error.message
  return error instanceof Error ? error.message : 'The server cannot be reached.'
}

/** Counts what a list shows in all; says why where it cannot. */
export function useCountMatching(noun: BulkNoun) {
  const workspace = useWorkspace()
  const toast = useToast()
  return async (query: BulkQuery): Promise<number | undefined> => {
    try {
      return await countMatching(workspace, noun, query)
    } catch (error) {
      toast({ title: 'Not all can be chosen', detail: inWords(error), tone: 'bad' })
      return undefined
    }
  }
}
