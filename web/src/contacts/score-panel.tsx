import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { RefreshCw } from 'lucide-react'
import { read, server } from '../api/client'
import { scoreQuery } from '../api/queries'
import { useSession, useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { EngineMark } from '../ui/engine'
import { IconButton } from '../ui/button'
import { Row, Stack, Text } from '../ui/layout'
import { ScoreDetail } from '../ui/score'
import { ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'

/** How promising a contact is, and why. */
export function ScorePanel({ id }: { id: string }) {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const client = useQueryClient()
  const touched = useTouched()
  const toast = useToast()
  const query = scoreQuery(workspace, id)
  const score = useQuery(query)
  const recompute = useMutation({
    mutationFn: () => read(server.POST('/v1/workspaces/{workspace}/contacts/{id}/score', { params: { path: { workspace, id } } })),
    onSuccess: (fresh) => {
      client.setQueryData(query.queryKey, fresh)
      return touched('contacts')
    },
    onError: (error) => toast({ title: 'Not scored', detail: error.message, tone: 'bad' }),
  })
  return (
    <Stack gap={3}>
      <Row justify="between">
        <Row gap={2}>
          <Text as="h2" weight={600}>
            Score
          </Text>
          {score.data && <EngineMark engine="rules" version={score.data.version} />}
        </Row>
        {canWrite && <IconButton icon={RefreshCw} label="Score again" size="small" busy={recompute.isPending} onClick={() => recompute.mutate()} />}
      </Row>
      {score.isPending && <SkeletonLines count={4} />}
      {score.isError && <ErrorState title="The score could not be read" error={score.error} onRetry={() => void score.refetch()} />}
      {score.data?.score === null && (
        <Text as="p" size={13} tone="muted">
          Not scored yet. A score needs at least one conversation.
        </Text>
      )}
      {score.data && score.data.score !== null && <ScoreDetail score={score.data.score} parts={score.data.parts} />}
      {score.data?.computed_at && (
        <Text size={12} tone="muted">
          Computed <When at={score.data.computed_at} />
        </Text>
      )}
    </Stack>
  )
}
