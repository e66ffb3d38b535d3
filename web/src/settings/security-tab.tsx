import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import { read, server } from '../api/client'
import { next } from '../api/queries'
import type { SecurityEntry } from '../api/types'
import { useSession } from '../shell/session'
import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { Padded, Panel, Row, Stack, Text } from '../ui/layout'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { scopeWords } from './scopes'

const auditQuery = (organization: string) =>
  infiniteQueryOptions({
    queryKey: ['organization', organization, 'audit'],
    queryFn: ({ pageParam, signal }) =>
      read(server.GET('/v1/organizations/{organization}/audit', { params: { path: { organization }, query: { cursor: pageParam || undefined, limit: 50 } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
  })

/** Who came in, who was let in, and what was changed about it. */
export function SecurityTab() {
  const { organization, isAdmin } = useSession()
  const log = useInfiniteQuery({ ...auditQuery(organization.id), enabled: isAdmin })
  if (!isAdmin)
    return (
      <Panel title="Security log">
        <EmptyState icon={ShieldCheck} title="For admins">
          The log of who was let in and what was changed about it is shown to admins and owners.
        </EmptyState>
      </Panel>
    )
  const entries = log.data?.pages.flatMap((p) => p.data) ?? []
  return (
    <Panel title="Security log" flush>
      {log.isPending && <SkeletonLines count={6} />}
      {log.isError && <ErrorState title="The log could not be read" error={log.error} onRetry={() => void log.refetch()} />}
      {log.isSuccess && entries.length === 0 && (
        <EmptyState icon={ShieldCheck} title="Nothing has happened yet">
          Invitations, roles, passwords and API keys leave a line here.
        </EmptyState>
      )}
      {entries.length > 0 && (
        <Table folds label="Security log" head={['What', 'By', 'From', 'When']}>
          {entries.map((e) => (
            <EntryRow key={e.id} entry={e} />
          ))}
        </Table>
      )}
      {log.hasNextPage && (
        <Padded>
          <Row justify="end">
            <Button busy={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
              Show older
            </Button>
          </Row>
        </Padded>
      )}
    </Panel>
  )
}

function EntryRow({ entry }: { entry: SecurityEntry }) {
  return (
    <tr>
      <td>
        <Stack gap={0}>
          <Text weight={500}>{actions[entry.action] ?? entry.action}</Text>
          <Text size={12} tone="muted" dir="auto">
            {[entry.subject, detailOf(entry)].filter(Boolean).join(' · ')}
          </Text>
        </Stack>
      </td>
      <td data-label="By">
        <Text dir="auto">{whose(entry)}</Text>
      </td>
      <td data-label="From">
        <Text size={12} tone="muted" mono>
          {entry.ip || '–'}
        </Text>
      </td>
      <td>
        <Text tone="muted">
          <When at={entry.at} />
        </Text>
      </td>
    </tr>
  )
}

function whose({ actor }: SecurityEntry): string {
  if (actor.name) return actor.kind === 'api_key' ? `API key ${actor.name}` : actor.name
  return actor.kind === 'system' ? 'Rapport' : 'Themselves'
}

/** Keys tell their scopes there. */
function detailOf({ action, detail }: SecurityEntry): string {
  return action === 'api_key.created' && detail ? scopeWords(detail.split(/[\s,]+/)) : detail
}

const actions: Record<string, string> = {
  'account.locked': 'Locked after wrong passwords',
  'account.registered': 'Registered',
  'address.change_asked': 'Asked for another address',
  'address.changed': 'Changed their address',
  'address.verified': 'Confirmed their address',
  'api_key.created': 'Made an API key',
  'api_key.revoked': 'Revoked an API key',
  'invitation.accepted': 'Accepted an invitation',
  'invitation.created': 'Invited somebody',
  'invitation.resent': 'Sent an invitation again',
  'invitation.revoked': 'Revoked an invitation',
  'limits.changed': 'Set the limits of a workspace',
  'member.activated': 'Activated a member',
  'member.added': 'Added a member',
  'member.deactivated': 'Deactivated a member',
  'member.removed': 'Removed a member',
  'member.role_changed': 'Changed a role',
  'operator.granted': 'Made an operator',
  'operator.revoked': 'Took an operator’s rights',
  'password.changed': 'Changed their password',
  'password.reset': 'Reset their password by mail',
  'password.reset_asked': 'Asked to reset a password',
  'password.set': 'Set a password at the command line',
  'sessions.ended': 'Signed out elsewhere',
  'workspace.created': 'Made a workspace',
}
