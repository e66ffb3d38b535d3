import { useQueryClient, type InfiniteData, type QueryClient, type QueryKey } from '@tanstack/react-query'
import { countsQuery } from '../api/queries'
import type { Folder, Page, ThreadPatch, ThreadRow } from '../api/types'
import { useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { applied, belongs, placed, reverse } from './folder'
import { setThreads, threadQuery, type Outcome } from './queries'
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
  const back = async (rows: ThreadRow[], set: ThreadPatch) => {
    const now = rows.map((row) => applied(row, set))
    show(now, rows)
    const groups = Map.groupBy(rows, (row) => JSON.stringify(reverse(row, set)))
    const outcomes = await Promise.all([...groups.values()].map((group) => group[0] && setThreads(workspace, group, reverse(group[0], set))))
    const refused = outcomes.flatMap((o) => o?.refused ?? [])
    if (refused[0]) toast({ title: 'Not undone', detail: refused[0].message, tone: 'bad' })
    await settle(client, workspace, rows)
  }
  return async ({ rows, set, said }: Move): Promise<void> => {
    if (rows.length === 0) return
    await client.cancelQueries({ queryKey: [workspace, 'threads', 'list'] })
    const after = rows.map((row) => applied(row, set))
    show(rows, after)
    const outcome = await setThreads(workspace, rows, set)
    const refused = rows.filter((row) => outcome.refused.some((r) => r.id === row.id))
    show(refused.map((row) => applied(row, set)), refused)
    if (said) report(outcome, rows, toast)
    const made = rows.filter((row) => !refused.includes(row))
    if (said && made.length > 0) toast({ title: said, action: { label: 'Undo', run: () => void back(made, set) } })
    await settle(client, workspace, rows)
  }
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
