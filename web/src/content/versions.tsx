import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { onlyVersion, read, server } from '../api/client'
import type { Content, ContentVersion } from '../api/types'
import { useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { engineName } from '../ui/engine-name'
import { FormActions } from '../ui/form'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { ErrorState, SkeletonLines } from '../ui/state'
import { TextDiff } from '../ui/text-diff'
import { When } from '../ui/when'
import { diffLines } from './diff'
import { versionsQuery } from './queries'

/** All versions, the latest first, each to be compared with what stands now. */
export function Versions({ draft, canRevert }: { draft: Content; canRevert: boolean }) {
  const workspace = useWorkspace()
  const versions = useQuery(versionsQuery(workspace, draft.id))
  const [shown, setShown] = useState<ContentVersion>()
  return (
    <Panel title="Versions">
      {versions.isPending && <SkeletonLines count={3} />}
      {versions.isError && <ErrorState title="The versions could not be read" error={versions.error} onRetry={() => void versions.refetch()} />}
      <Stack gap={3}>
        {versions.data?.map((v, i) => (
          <Row key={v.version} gap={2} justify="between" align="top">
            <Stack gap={0}>
              <Text size={13}>{authorOf(v)}</Text>
              <Text size={12} tone="muted" dir="auto">
                <When at={v.at} />
                {v.reason && `, ${v.reason}`}
              </Text>
            </Stack>
            {i === 0 ? (
              <Text size={12} tone="muted">
                Current
              </Text>
            ) : (
              <Button size="small" variant="quiet" aria-label={`Compare version ${v.version}`} onClick={() => setShown(v)}>
                Compare
              </Button>
            )}
          </Row>
        ))}
      </Stack>
      {shown && <Compare draft={draft} version={shown} canRevert={canRevert} onClose={() => setShown(undefined)} />}
    </Panel>
  )
}

function authorOf(v: ContentVersion): string {
  const by = v.author.on_behalf_of ?? v.author.name ?? 'Somebody'
  return v.engine ? `${engineName(v.engine)} for ${by}` : by
}

type CompareProps = { draft: Content; version: ContentVersion; canRevert: boolean; onClose: () => void }

function Compare({ draft, version, canRevert, onClose }: CompareProps) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  const revert = useMutation({
    mutationFn: () => read(server.POST('/v1/workspaces/{workspace}/content/{id}/revert', { params: { path: { workspace, id: draft.id }, header: onlyVersion(draft.version) }, body: { version: version.version } })),
    onSuccess: () => {
      onClose()
      toast({ title: 'The earlier text is back, as a new version' })
      return client.invalidateQueries({ queryKey: [workspace, 'contents'] })
    },
    onError: (error) => toast({ title: 'Not brought back', detail: error.message, tone: 'bad' }),
  })
  return (
    <Dialog title="What has changed since" wide onClose={onClose}>
      <TextDiff label="Lines that went and lines that came" lines={diffLines(version.plain, draft.plain)} />
      <FormActions>
        <Button onClick={onClose}>Close</Button>
        {canRevert && (
          <Button variant="primary" busy={revert.isPending} onClick={() => revert.mutate()}>
            Bring this version back
          </Button>
        )}
      </FormActions>
    </Dialog>
  )
}
