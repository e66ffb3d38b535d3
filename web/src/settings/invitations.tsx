import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Ellipsis, Link2, MailCheck, Send, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { doorQuery } from '../api/queries'
import type { Invitation, MadeInvitation } from '../api/types'
import { useSession } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { MenuButton, type MenuEntry } from '../ui/menu'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { HandOver } from './invite'
import { roleLabel, rolesUpTo } from './roles'

const invitationsQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organization', organization, 'invitations'],
    queryFn: ({ signal }) => read(server.GET('/v1/organizations/{organization}/invitations', { params: { path: { organization } }, signal })).then((p) => p.data),
  })

/** Those who were invited and have not come yet. */
export function Invitations({ onInvite }: { onInvite: () => void }) {
  const { organization } = useSession()
  const invitations = useQuery(invitationsQuery(organization.id))
  const [made, setMade] = useState<MadeInvitation>()
  return (
    <Panel title="Invitations" flush>
      {invitations.isPending && <SkeletonLines count={2} />}
      {invitations.isError && <ErrorState title="The invitations could not be read" error={invitations.error} onRetry={() => void invitations.refetch()} />}
      {invitations.data?.length === 0 && (
        <EmptyState icon={MailCheck} title="Nobody is waited for" actions={<Button onClick={onInvite}>Invite somebody</Button>}>
          Whoever is invited stands here until they have come.
        </EmptyState>
      )}
      {invitations.data && invitations.data.length > 0 && (
        <Table folds label="Invitations" head={['Address', 'Role', 'Sent', 'Ends', '']}>
          {invitations.data.map((i) => (
            <InvitationRow key={i.id} invitation={i} onLink={setMade} />
          ))}
        </Table>
      )}
      {made && <HandOver made={made} onClose={() => setMade(undefined)} />}
    </Panel>
  )
}

type RowProps = { invitation: Invitation; onLink: (made: MadeInvitation) => void }

function InvitationRow({ invitation: i, onLink }: RowProps) {
  return (
    <tr>
      <td>
        <Stack gap={0}>
          <Text weight={500}>{i.email}</Text>
          <Text size={12} tone="muted">
            {i.invited_by ? `by ${i.invited_by.name}` : 'by the command line'}
            {!i.mailed && ', with a link to hand over'}
          </Text>
        </Stack>
      </td>
      <td>{roleLabel(i.role)}</td>
      <td data-label="Sent">
        <Text tone="muted">
          <When at={i.sent_at} />
        </Text>
      </td>
      <td data-label={i.state === 'open' ? 'Ends' : undefined}>{i.state === 'open' ? <Text tone="muted"><When at={i.expires_at} /></Text> : <Badge tone="warn">{i.state === 'expired' ? 'Expired' : 'Ended with who invited'}</Badge>}</td>
      <td>
        <Row justify="end">
          <Actions invitation={i} onLink={onLink} />
        </Row>
      </td>
    </tr>
  )
}

function Actions({ invitation: i, onLink }: RowProps) {
  const { organization } = useSession()
  const letters = useQuery(doorQuery).data?.letters
  const client = useQueryClient()
  const toast = useToast()
  const path = { organization: organization.id, id: i.id }
  const again = useMutation({
    mutationFn: (letter: boolean) => read(server.POST('/v1/organizations/{organization}/invitations/{id}/resend', { params: { path, query: { letter } } })),
    onSuccess: (made) => {
      if (made.link) onLink(made)
      else toast({ title: `Sent to ${made.email} again`, detail: 'The link before no longer works.' })
      return client.invalidateQueries(invitationsQuery(organization.id))
    },
    onError: (error) => toast({ title: 'Not sent', detail: error.message, tone: 'bad' }),
  })
  const back = useMutation({
    mutationFn: () => read(server.POST('/v1/organizations/{organization}/invitations', { params: { path }, body: { email: i.email, role: i.role } })),
    onSuccess: (made) => {
      if (made.link) onLink(made)
      return client.invalidateQueries(invitationsQuery(organization.id))
    },
    onError: (error) => toast({ title: 'Not invited again', detail: error.message, tone: 'bad' }),
  })
  const revoke = useMutation({
    mutationFn: () => server.DELETE('/v1/organizations/{organization}/invitations/{id}', { params: { path } }),
    onSuccess: () => {
      toast({ title: `Revoked the invitation of ${i.email}`, action: { label: 'Invite again', run: () => back.mutate() } })
      return client.invalidateQueries(invitationsQuery(organization.id))
    },
    onError: (error) => toast({ title: 'Not revoked', detail: error.message, tone: 'bad' }),
  })
  if (!rolesUpTo(organization.role).some((r) => r.value === i.role)) return null
  const resend: MenuEntry[] = letters ? [{ id: 'send', label: 'Send again', icon: Send, onAction: () => again.mutate(true) }] : []
  return (
    <MenuButton
      label={`More about the invitation of ${i.email}`}
      square
      entries={[
        ...resend,
        { id: 'link', label: 'Make a link to hand over', icon: Link2, onAction: () => again.mutate(false) },
        'separator',
        { id: 'revoke', label: 'Revoke', icon: Trash2, danger: true, onAction: () => revoke.mutate() },
      ]}
    >
      <Ellipsis size={16} strokeWidth={1.5} aria-hidden />
    </MenuButton>
  )
}
