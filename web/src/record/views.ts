import { queryOptions, useMutation, useQuery } from '@tanstack/react-query'
import { onlyVersion, read, server } from '../api/client'
import type { View, ViewPatch, ViewQuery } from '../api/types'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { formatWhere, fromFilter, parseWhere, toFilter, type FilterField } from './filter'
import type { ListSearch } from './list-search'

export type ViewEntity = View['entity']

export const viewsQuery = (workspace: string, entity: ViewEntity) =>
  queryOptions({
    queryKey: [workspace, 'views', entity],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/views', { params: { path: { workspace }, query: { entity } }, signal })).then((p) => p.data),
    staleTime: 30_000,
  })

/** The views of a list that this person sees, in order. */
export function useViews(entity: ViewEntity): View[] {
  return (useQuery(viewsQuery(useWorkspace(), entity)).data ?? []).filter((v) => !v.base)
}

/** How this person has the columns of the list itself. */
export function useBase(entity: ViewEntity): View | undefined {
  return useQuery(viewsQuery(useWorkspace(), entity)).data?.find((v) => v.base)
}

/** What a view keeps, as addresses write it; folder is of conversations. */
export type Asked = Pick<ListSearch, 'q' | 'sort' | 'where' | 'view' | 'cols'> & { folder?: string }

/** What a view shows, as the address of its list keeps it. */
export function toSearch(view: View, fields: FilterField[]): Asked {
  const clauses = view.query.filter ? fromFilter(view.query.filter, fields) : []
  return { view: view.id, q: view.query.q || undefined, sort: view.query.sort || undefined, where: formatWhere(clauses ?? []), folder: view.query.folder || undefined }
}

/** The filter of a view that chips cannot show, such as one made through the API with alternatives; it holds beside the chips. */
export function rigid(view: View | undefined, fields: FilterField[]): Record<string, unknown> | undefined {
  const filter = view?.query.filter
  return filter && !fromFilter(filter, fields) ? filter : undefined
}

/** The filter of a list: its chips, and what its view asks for beside them. */
export function joined(filter: string | undefined, fixed: Record<string, unknown> | undefined): string | undefined {
  if (!fixed) return filter
  if (!filter) return JSON.stringify(fixed)
  const chips: unknown = JSON.parse(filter)
  return JSON.stringify({ and: [fixed, chips] })
}

/** What the list shows now, as a view keeps it. */
export function toViewQuery(search: Asked, fields: FilterField[], fixed: Record<string, unknown> | undefined): ViewQuery {
  const filter = joined(toFilter(parseWhere(search.where, fields), fields), fixed)
  return { filter: filter ? JSON.parse(filter) : undefined, sort: search.sort, q: search.q, folder: search.folder }
}

/** Whether the list shows something else than its view does. */
export function changed(search: Asked, view: View | undefined, fields: FilterField[]): boolean {
  const saved: Asked = view ? toSearch(view, fields) : {}
  return search.cols !== undefined || (view !== undefined && (search.folder ?? '') !== (saved.folder ?? '')) || (search.q ?? '') !== (saved.q ?? '') || (search.sort ?? '') !== (saved.sort ?? '') || (search.where ?? '') !== (saved.where ?? '')
}

/** The place of a view that moves by one: between its new neighbours. */
export function placeBeside(views: View[], id: string, step: 1 | -1): number | undefined {
  const at = views.findIndex((v) => v.id === id)
  const beside = views[at + step]
  if (at < 0 || !beside) return undefined
  const beyond = views[at + 2 * step]
  return beyond ? (beside.position + beyond.position) / 2 : beside.position + step
}

type New = { name: string; shared: boolean; query: ViewQuery }

/** What can be done with views; each says so when it does not work. */
export function useViewActions(entity: ViewEntity) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const settle = { onSuccess: () => touched('views', 'changes'), onError: (error: Error) => toast({ title: 'The view was not changed', detail: error.message, tone: 'bad' }) }
  const create = useMutation({
    ...settle,
    mutationFn: (body: New) => read(server.POST('/v1/workspaces/{workspace}/views', { params: { path: { workspace } }, body: { entity, ...body } })),
  })
  const patch = useMutation({
    ...settle,
    mutationFn: ({ view, body }: { view: View; body: ViewPatch }) =>
      read(server.PATCH('/v1/workspaces/{workspace}/views/{id}', { params: { path: { workspace, id: view.id }, header: onlyVersion(view.version) }, body })),
  })
  const restore = useMutation({ ...settle, mutationFn: (view: View) => read(server.POST('/v1/workspaces/{workspace}/views/{id}/restore', { params: { path: { workspace, id: view.id } } })) })
  const remove = useMutation({
    ...settle,
    mutationFn: (view: View) => server.DELETE('/v1/workspaces/{workspace}/views/{id}', { params: { path: { workspace, id: view.id } } }),
    onSuccess: async (_, view) => {
      toast({ title: `Deleted the view ${view.name}`, action: { label: 'Undo', run: () => restore.mutate(view) } })
      await touched('views', 'changes')
    },
  })
  return { create, patch, remove }
}
