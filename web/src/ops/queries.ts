import { keepPreviousData, queryOptions, useQueries, type QueryClient } from '@tanstack/react-query'
import { read, server } from '../api/client'
import type { Ask } from './charts'
import { drawnBy, type GroupState, type SeriesAnswer } from './contract'
import { secondsOf, type OpsSearch, type Range } from './search'

// What operators ask for is of the installation, so its keys name no workspace.

const often = 10_000

export const overviewQuery = queryOptions({ queryKey: ['ops', 'overview'], queryFn: ({ signal }) => read(server.GET('/v1/ops/overview', { signal })), refetchInterval: often })

const points = 120

export const seriesQuery = ({ name, fn, match, by }: Ask, range: Range) =>
  queryOptions<SeriesAnswer>({
    queryKey: ['ops', 'series', name, fn, match ?? '', by ?? '', range],
    queryFn: ({ signal }) =>
      read(server.GET('/v1/ops/series', { params: { query: { name, fn, match, by, from: Math.floor(Date.now() / 1000) - secondsOf[range], points } }, signal })).then((chart) => drawnBy(chart, fn)),
    refetchInterval: secondsOf[range] > secondsOf['6h'] ? 6 * often : often,
    placeholderData: keepPreviousData,
  })

/** The answers to all of the questions, once all are there. */
export function useSeries(asks: Ask[], range: Range) {
  return useQueries({
    queries: asks.map((one) => seriesQuery(one, range)),
    combine: (all) => ({
      answers: all.flatMap((q) => q.data ?? []),
      isPending: all.some((q) => q.isPending),
      error: all.find((q) => q.isError)?.error,
      again: () => void Promise.all(all.map((q) => q.refetch())),
    }),
  })
}

export const tracesQuery = ({ operation, min, failed }: OpsSearch) =>
  queryOptions({
    queryKey: ['ops', 'traces', operation ?? '', min ?? 0, failed ?? false],
    queryFn: ({ signal }) => read(server.GET('/v1/ops/traces', { params: { query: { operation, min_ms: min, failed: failed ? 'true' : undefined, limit: 100 } }, signal })),
    refetchInterval: often,
    placeholderData: keepPreviousData,
  })

export const traceQuery = (trace: string) =>
  queryOptions({ queryKey: ['ops', 'trace', trace], queryFn: ({ signal }) => read(server.GET('/v1/ops/traces/{trace}', { params: { path: { trace } }, signal })) })

export const errorsQuery = (state: GroupState) =>
  queryOptions({
    queryKey: ['ops', 'errors', 'list', state],
    queryFn: ({ signal }) => read(server.GET('/v1/ops/errors', { params: { query: { state } }, signal })).then((l) => l.data),
    refetchInterval: often,
  })

export const errorQuery = (error: string) =>
  queryOptions({ queryKey: ['ops', 'errors', 'one', error], queryFn: ({ signal }) => read(server.GET('/v1/ops/errors/{error}', { params: { path: { error } }, signal })), refetchInterval: often })

export const alertsQuery = queryOptions({ queryKey: ['ops', 'alerts'], queryFn: ({ signal }) => read(server.GET('/v1/ops/alerts', { signal })), refetchInterval: often })

export const silencesQuery = queryOptions({ queryKey: ['ops', 'silences'], queryFn: ({ signal }) => read(server.GET('/v1/ops/silences', { signal })).then((s) => s.data), refetchInterval: often })

export const incidentsQuery = queryOptions({ queryKey: ['ops', 'incidents'], queryFn: ({ signal }) => read(server.GET('/v1/ops/incidents', { signal })), refetchInterval: often })

export const incidentQuery = (incident: string) =>
  queryOptions({ queryKey: ['ops', 'incidents', incident], queryFn: ({ signal }) => read(server.GET('/v1/ops/incidents/{incident}', { params: { path: { incident } }, signal })), refetchInterval: often })

export const objectivesQuery = queryOptions({ queryKey: ['ops', 'slo'], queryFn: ({ signal }) => read(server.GET('/v1/ops/slo', { signal })), refetchInterval: 3 * often })

export const profilesQuery = queryOptions({ queryKey: ['ops', 'profiles'], queryFn: ({ signal }) => read(server.GET('/v1/ops/profiles', { signal })).then((l) => l.data) })

export const statementsQuery = queryOptions({ queryKey: ['ops', 'statements'], queryFn: ({ signal }) => read(server.GET('/v1/ops/statements', { signal })), refetchInterval: 3 * often })

/** Says that these things of operations changed. */
export async function opsTouched(client: QueryClient, ...nouns: string[]): Promise<void> {
  await Promise.all(nouns.map((noun) => client.invalidateQueries({ queryKey: ['ops', noun] })))
}
