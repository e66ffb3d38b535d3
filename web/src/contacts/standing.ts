import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { next } from '../api/queries'
import type { AssessmentRun, Citation, HotLead, Standing } from '../api/types'
import { useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'

/** Whether a run is at work now. One after mail waits some minutes first, one whose engine is away for longer. */
export function atWork(run: AssessmentRun | null, now: number): boolean {
  return run !== null && (run.state === 'running' || (run.state === 'queued' && Date.parse(run.run_at) <= now + 2_000))
}

export const standingQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'contacts', 'assessment', id],
    queryFn: ({ signal }): Promise<Standing> => read(server.GET('/v1/workspaces/{workspace}/contacts/{id}/assessment', { params: { path: { workspace, id } }, signal })),
    refetchInterval: (query) => (atWork(query.state.data?.run ?? null, Date.now()) ? 1_000 : false),
  })

/** The steps of a run, while it works. */
export const runQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'runs', 'one', id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/runs/{id}', { params: { path: { workspace, id } }, signal })),
    refetchInterval: 1_000,
  })

export const hotQuery = (workspace: string, owner?: string) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'contacts', 'hot', { owner }],
    queryFn: ({ pageParam, signal }) => read(server.GET('/v1/workspaces/{workspace}/hot-leads', { params: { path: { workspace }, query: { owner_id: owner, cursor: pageParam || undefined, limit: 50 } }, signal })),
    initialPageParam: '',
    getNextPageParam: next<HotLead>,
  })

/** Begins an assessment; its progress shows by itself. */
export function useAssess(id: string) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  return useMutation({
    mutationFn: (deep: boolean) => read(server.POST('/v1/workspaces/{workspace}/contacts/{id}/assess', { params: { path: { workspace, id } }, body: { deep } })),
    onSuccess: () => client.invalidateQueries({ queryKey: standingQuery(workspace, id).queryKey }),
    onError: (error) => toast({ title: 'Not assessed', detail: error.message, tone: 'bad' }),
  })
}

/** All citations of an assessment in the order in which they are read, each once; its place here is its number. */
export function numbered(standing: Standing): Citation[] {
  const a = standing.assessment
  const all = a ? [...a.brief, ...a.opportunity_signals, ...a.risk_signals].flatMap((s) => s.citations) : []
  return all.filter((c, i) => all.findIndex((o) => same(o, c)) === i)
}

export function same(a: Citation, b: Citation): boolean {
  return a.id === b.id && a.start === b.start && a.end === b.end
}
