import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { server } from '../api/client'
import type { ApiKey } from '../api/types'
import { useSession } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { Confirm } from '../ui/dialog'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { keysQuery, NewKey } from './new-key'
import { scopeWords } from './scopes'

export function KeysTab() {
  const { organization } = useSession()
  const isOwner = organization.role === 'owner'
  const keys = useQuery({ ...keysQuery(organization.id), enabled: isOwner })
  const [adding, setAdding] = useState(false)
  const add = (
    <Button variant="primary" size="small" icon={Plus} onClick={() => setAdding(true)}>
      New key
    </Button>
  )
  if (!isOwner)
    return (
      <Panel title="API keys">
        <EmptyState icon={KeyRound} title="For owners">
          A key opens the workspace to a program, so only an owner makes, sees and revokes them.
        </EmptyState>
      </Panel>
    )
  return (
    <Panel title="API keys" actions={keys.data && keys.data.length > 0 && add} flush>
      {keys.isPending && <SkeletonLines count={3} />}
      {keys.isError && <ErrorState title="The keys could not be read" error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && (
        <EmptyState icon={KeyRound} title="No keys yet" actions={add}>
          A key lets a program read or write one workspace, within the scopes you give it.
        </EmptyState>
      )}
      {keys.data && keys.data.length > 0 && (
        <Table folds label="API keys" head={['Name', 'May', 'Last used', 'Ends', '']}>
          {[...keys.data].sort((a, b) => Number(isOver(a)) - Number(isOver(b))).map((k) => (
            <KeyRow key={k.id} entry={k} />
          ))}
        </Table>
      )}
      {adding && <NewKey onClose={() => setAdding(false)} />}
    </Panel>
  )
}

function isOver(k: ApiKey): boolean {
  return k.revoked_at !== null || (k.expires_at !== null && Date.parse(k.expires_at) < Date.now())
}

function KeyRow({ entry: k }: { entry: ApiKey }) {
  const { organization } = useSession()
  const [revoking, setRevoking] = useState(false)
  const place = organization.workspaces.find((w) => w.id === k.workspace_id)?.name
  return (
    <tr>
      <td>
        <Stack gap={0}>
          <Text weight={500} dir="auto">
            {k.name}
          </Text>
          <Text size={12} tone="muted">
            {organization.workspaces.length > 1 && place ? `${place}, ` : ''}
            <Text mono>{k.prefix}…</Text>
          </Text>
        </Stack>
      </td>
      <td data-wide>
        <Text tone="muted">{scopeWords(k.scopes)}</Text>
      </td>
      <td data-label="Last used">
        <Text tone="muted">{k.last_used_at ? <When at={k.last_used_at} /> : 'Never'}</Text>
      </td>
      <td data-label="Ends">
        <Text tone="muted">{k.expires_at ? <When at={k.expires_at} /> : 'Never'}</Text>
      </td>
      <td>
        <Row justify="end">
          {k.revoked_at && <Badge>Revoked</Badge>}
          {!k.revoked_at && isOver(k) && <Badge>Expired</Badge>}
          {!k.revoked_at && !isOver(k) && (
            <Button size="small" aria-label={`Revoke ${k.name}`} onClick={() => setRevoking(true)}>
              Revoke
            </Button>
          )}
        </Row>
        {revoking && <Revoke entry={k} onClose={() => setRevoking(false)} />}
      </td>
    </tr>
  )
}

function Revoke({ entry: k, onClose }: { entry: ApiKey; onClose: () => void }) {
  const { organization } = useSession()
  const client = useQueryClient()
  const toast = useToast()
  const revoke = useMutation({
    mutationFn: () => server.DELETE('/v1/organizations/{organization}/api-keys/{key}', { params: { path: { organization: organization.id, key: k.id } } }),
    onSuccess: () => {
      onClose()
      toast({ title: `Revoked ${k.name}` })
      return client.invalidateQueries(keysQuery(organization.id))
    },
    onError: (error) => toast({ title: 'Not revoked', detail: error.message, tone: 'bad' }),
  })
  return (
    <Confirm title={`Revoke ${k.name}?`} action={`Revoke ${k.name}`} busy={revoke.isPending} onConfirm={() => revoke.mutate()} onClose={onClose}>
      Whatever uses this key stops at once, and the key cannot be brought back. {k.last_used_at ? <>It was last used <When at={k.last_used_at} />.</> : 'It was never used.'}
    </Confirm>
  )
}
