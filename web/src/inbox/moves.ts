import { useQueryClient, type InfiniteData, type QueryClient, type QueryKey } from '@tanstack/react-query'
import { countsQuery } from '../api/queries'
import type { Folder, Page, ThreadPatch, ThreadRow } from '../api/types'
import { useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { applied, belongs, placed } from './folder'
import { setThreads, threadQuery, undoThreads, type Outcome } from './queries'
import { folders } from './search'

/** A change of conversations, and what is said when it is made; an unsaid one is not worth a message. */
export type Move = { rows: ThreadRow[]; set: ThreadPatch; said?: string }

/** Changes conversations: shown at once, taken back where the server refuses, undone by the message that names it. */
export function useMove() {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  const show = (before: ThreadRow[], after: ThreadRow[]) => {
    count(client, workspace, before, after)
    for (const row of after) place(client, workspace, row)
  }
  const back = async (rows: ThreadRow[], set: ThreadPatch, batches: string[]) => {
    show(rows.map((row) => applied(row, set)), rows)
    const kept = batches.length > 0 ? await undoThreads(workspace, batches).catch(inWords) : await unmark(workspace, rows, set)
    if (kept) toast({ title: 'Not all undone', detail: kept, tone: 'bad' })
    await settle(client, workspace, rows)
  }
  return async ({ rows, set, said }: Move): Promise<void> => {
    if (rows.length === 0) return
    await client.cancelQueries({ queryKey: [workspace, 'threads', 'list'] })
    show(rows, rows.map((row) => applied(row, set)))
    const outcome = await setThreads(workspace, rows.map((row) => row.id), set)
    const refused = rows.filter((row) => outcome.refused.some((r) => r.id === row.id))
    show(refused.map((row) => applied(row, set)), refused)
    if (said) report(outcome, rows, toast)
    const made = rows.filter((row) => !refused.includes(row))
    if (said && made.length > 0) toast({ title: said, action: { label: 'Undo', run: () => void back(made, set, outcome.batches) } })
    await settle(client, workspace, rows)
  }
}

/** Read marks are in no batch: each conversation gets the one that it had. */
async function unmark(workspace: string, rows: ThreadRow[], set: ThreadPatch): Promise<string | undefined> {
  const groups = Map.groupBy(rows, (row) => row.unread)
  const outcomes = await Promise.all([...groups].map(([unread, group]) => set.unread !== undefined && setThreads(workspace, group.map((row) => row.id), { unread })))
  return outcomes.flatMap((o) => (o ? o.refused : []))[0]?.message
}

function inWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function report(outcome: Outcome, rows: ThreadRow[], toast: (toast: { title: string; detail: string; tone: 'bad' }) => void) {
  const [first] = outcome.refused
  if (!first) return
  const title = rows.length === 1 ? 'Not changed; it is back where it was' : `${outcome.refused.length} of ${rows.length} not changed; they are back where they were`
  toast({ title, detail: first.message, tone: 'bad' })
}

/** Puts a conversation where it belongs now, in every list that has been read. */
function place(client: QueryClient, workspace: string, row: ThreadRow) {
  for (const [key, list] of client.getQueriesData<InfiniteData<Page<ThreadRow>>>({ queryKey: [workspace, 'threads', 'list'] })) {
    const folder = folderOf(key)
    if (list && folder) client.setQueryData(key, { ...list, pages: placed(list.pages, row, folder) })
  }
  client.setQueryData(threadQuery(workspace, row.id).queryKey, (old) => old && { ...old, ...row, version: old.version, messages: old.messages })
}

function folderOf(key: QueryKey): Folder | undefined {
  const asked = key[3]
  if (typeof asked !== 'object' || asked === null || !('folder' in asked)) return undefined
  return folders.find((f) => f.id === asked.folder)?.id
}

function count(client: QueryClient, workspace: string, before: ThreadRow[], after: ThreadRow[]) {
  client.setQueryData(countsQuery(workspace).queryKey, (old) => {
    if (!old) return old
    const next = { ...old }
    for (const { id } of folders) next[id] += after.filter((r) => belongs(id, r)).length - before.filter((r) => belongs(id, r)).length
    return next
  })
}

/** Asks again for what the server alone knows. A long list that is being read keeps its rows: they are right already. */
async function settle(client: QueryClient, workspace: string, rows: ThreadRow[]) {
  const short = 3
  const long = (data: unknown) => typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages) && data.pages.length > short
  await Promise.all([
    client.invalidateQueries(countsQuery(workspace)),
    client.invalidateQueries({ queryKey: [workspace, 'threads', 'list'], predicate: (query) => !query.isActive() || !long(query.state.data) }),
    ...rows.slice(0, 20).map((row) => client.invalidateQueries({ queryKey: threadQuery(workspace, row.id).queryKey })),
  ])
}
