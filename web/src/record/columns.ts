import { useMutation, useQueryClient } from '@tanstack/react-query'
import { read, server } from '../api/client'
import type { View } from '../api/types'
import { useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import type { Column } from '../ui/grid'
import { viewsQuery, type ViewEntity } from './views'

/** Which columns a list shows, in order, and how wide some of them are; none stands for the list's own choice. */
export type Arrangement = { columns: string[]; widths: Record<string, number> }

const narrowest = 60
const widest = 1200

/** Writes an arrangement for an address: name,score:120. */
export function formatColumns({ columns, widths }: Arrangement): string | undefined {
  return columns.map((id) => (widths[id] ? `${id}:${widths[id]}` : id)).join(',') || undefined
}

/** Reads what formatColumns wrote. */
export function parseColumns(text: string): Arrangement {
  const parts = text.split(',').map((part) => part.split(':'))
  const widths = parts.flatMap(([id = '', width]) => (width && Number.isFinite(Number(width)) ? [[id, clamp(Number(width))] as const] : []))
  return { columns: parts.map(([id = '']) => id).filter(Boolean), widths: Object.fromEntries(widths) }
}

/** What a view keeps of columns. */
export function arrangementOf(view: View | undefined): Arrangement {
  return { columns: view?.query.columns ?? [], widths: view?.query.widths ?? {} }
}

/** The columns as they are arranged. The first is what the row is called, and stays; one that is no more is left out. */
export function arranged<Row>(all: Column<Row>[], { columns, widths }: Arrangement): Column<Row>[] {
  const [first] = all
  const chosen = columns.length > 0 ? columns.flatMap((id) => all.find((c) => c.id === id && c !== first) ?? []) : all.filter((c) => !c.optional && c !== first)
  const wide = columns.length > 0 // who chooses a column sees it, but on a phone
  return [...(first ? [first] : []), ...chosen].map((c) => ({ ...c, width: widths[c.id] ? `${widths[c.id]}px` : c.width, from: wide && c !== first ? 'medium' : c.from }))
}

/** The order with a column moved to stand before another, or last. */
export function moved(order: string[], id: string, before: string | undefined): string[] {
  if (id === before) return order
  const rest = order.filter((x) => x !== id)
  const at = before === undefined ? rest.length : rest.indexOf(before)
  return at < 0 ? order : rest.toSpliced(at, 0, id)
}

export function clamp(width: number): number {
  return Math.round(Math.min(widest, Math.max(narrowest, width)))
}

/** Keeps the columns of the list itself, for this person: shown at once, taken back where the server refuses. */
export function useArrange(entity: ViewEntity) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  const { queryKey } = viewsQuery(workspace, entity)
  return useMutation({
    mutationFn: ({ columns, widths }: Arrangement) => read(server.PUT('/v1/workspaces/{workspace}/views/base', { params: { path: { workspace } }, body: { entity, columns, widths } })),
    onMutate: async ({ columns, widths }) => {
      await client.cancelQueries({ queryKey })
      const old = client.getQueryData(queryKey)
      const at = new Date().toISOString()
      const base: View = { id: 'base', entity, name: 'Base', shared: false, owner_id: null, mine: true, base: true, position: 0, version: 0, created_at: at, updated_at: at, query: { columns, widths } }
      client.setQueryData(queryKey, (views) => [...(views ?? []).filter((v) => !v.base), base])
      return old
    },
    onError: (error, _, old) => {
      client.setQueryData(queryKey, old)
      toast({ title: 'The columns were not kept', detail: error.message, tone: 'bad' })
    },
  })
}
