import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { unlessLive } from '../api/live'
import { next } from '../api/queries'
import type { ApprovalState } from './words'

export const approvalCountQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'approvals', 'count'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/approvals/count', { params: { path: { workspace } }, signal })),
    refetchInterval: () => unlessLive(60_000),
  })

/** Approvals of a state: what waits oldest first, the rest newest first. */
export const approvalsQuery = (workspace: string, state: ApprovalState) =>
  infiniteQueryOptions({
    queryKey: [workspace, 'approvals', 'list', state],
    queryFn: ({ pageParam, signal }) =>
      read(server.GET('/v1/workspaces/{workspace}/approvals', { params: { path: { workspace }, query: { state, sort: state === 'pending' ? 'created_at' : '-created_at', limit: 50, cursor: pageParam || undefined } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
  })

export const approvalQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'approvals', 'one', id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/approvals/{id}', { params: { path: { workspace, id } }, signal })),
  })

/** What waits about a record. The key holds the record in an object: it is not the approval's id. */
export const approvalsAboutQuery = (workspace: string, subject: string) =>
  queryOptions({
    queryKey: [workspace, 'approvals', 'about', { subject }],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/approvals', { params: { path: { workspace }, query: { state: 'pending', subject_id: subject, limit: 4 } }, signal })),
  })

/** Which conversation a message stands in. */
export const messageQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'threads', 'message', id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/messages/{id}', { params: { path: { workspace, id } }, signal })),
    staleTime: 60_000,
  })
