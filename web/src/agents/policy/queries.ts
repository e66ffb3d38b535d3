import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { read, server } from '../../api/client'
import type { AgentCharter } from '../../api/types'

export const policiesQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'agent-policies'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/agent-policy', { params: { path: { workspace } }, signal })),
  })

/** What a policy would have made of the last approvals. */
export const effectQuery = (workspace: string, charter: AgentCharter) =>
  queryOptions({
    queryKey: [workspace, 'approvals', 'rehearsal', charter],
    queryFn: ({ signal }) => read(server.POST('/v1/workspaces/{workspace}/agent-policy/rehearse', { params: { path: { workspace } }, body: charter, signal })),
    placeholderData: keepPreviousData,
    retry: false,
  })
