import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Ellipsis, Plus, UserMinus, UserRoundCheck, UserRoundX } from 'lucide-react'
import { useState } from 'react'
import { server } from '../api/client'
import { membersQuery } from '../api/queries'
import type { Member, Role } from '../api/types'
import { useSession } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Avatar, Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { Confirm } from '../ui/dialog'
import { Select } from '../ui/form'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { MenuButton } from '../ui/menu'
import { ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { Invitations } from './invitations'
import { Invite } from './invite'
import { roleLabel, roleOf, rolesUpTo } from './roles'

export function MembersTab() {
  const { organization, isAdmin } = useSession()
  const members = useQuery(membersQuery(organization.id))
  const [inviting, setInviting] = useState(false)
  const invite = isAdmin && (
    <Button variant="primary" size="small" icon={Plus} onClick={() => setInviting(true)}>
      Invite
    </Button>
  )
  return (
    <Stack gap={5}>
      <Panel title={`Members of ${organization.name}`} actions={invite} flush>
        {members.isPending && <SkeletonLines count={3} avatar />}
        {members.isError && <ErrorState title="The members could not be read" error={members.error} onRetry={() => void members.refetch()} />}
        {members.data && (
          <Table folds label="Members" head={['Name', 'Role', 'Joined', '']}>
            {members.data.map((m) => (
              <MemberRow key={m.user_id} member={m} />
            ))}
          </Table>
        )}
      </Panel>
      {isAdmin && <Invitations onInvite={() => setInviting(true)} />}
      {inviting && <Invite onClose={() => setInviting(false)} />}
    </Stack>
  )
}

type Change = { role?: Role; active?: boolean }

function useMemberChange(member: Member) {
  const { organization } = useSession()
  const client = useQueryClient()
  const toast = useToast()
  const change = useMutation({
    mutationFn: (body: Change) => server.PATCH('/v1/organizations/{organization}/members/{user}', { params: { path: { organization: organization.id, user: member.user_id } }, body }),
    onSuccess: (_, done) => {
      toast({ title: wordsOf(member, done), action: { label: 'Undo', run: () => change.mutate(done.role ? { role: member.role } : { active: !done.active }) } })
      return client.invalidateQueries(membersQuery(organization.id))
    },
    onError: (error) => toast({ title: 'Not changed', detail: error.message, tone: 'bad' }),
  })
  return change
}

function wordsOf(member: Member, done: Change): string {
  if (done.role) return `${member.name} is ${roleLabel(done.role).toLowerCase()} now`
  return done.active ? `${member.name} can come in again` : `${member.name} can no longer come in`
}

function MemberRow({ member }: { member: Member }) {
  const { me, organization, isAdmin } = useSession()
  const [removing, setRemoving] = useState(false)
  const change = useMemberChange(member)
  const self = member.user_id === me.user.id
  const options = rolesUpTo(organization.role)
  const mayChange = isAdmin && !self && options.some((r) => r.value === member.role)
  return (
    <tr>
      <td>
        <Row gap={3}>
          <Avatar name={member.name} id={member.user_id} size={28} />
          <Stack gap={0}>
            <Row gap={2}>
              <Text weight={500} dir="auto">
                {member.name}
                {self && ' (you)'}
              </Text>
              {!member.active && <Badge>Inactive</Badge>}
            </Row>
            <Text size={12} tone="muted">
              {member.email}
            </Text>
          </Stack>
        </Row>
      </td>
      <td>
        {mayChange ? (
          <Select label={`Role of ${member.name}`} options={options} value={member.role} disabled={change.isPending} onChange={(e) => change.mutate({ role: roleOf(e.target.value) })} />
        ) : (
          roleLabel(member.role)
        )}
      </td>
      <td data-label="Joined">
        <Text tone="muted">
          <When at={member.joined_at} />
        </Text>
      </td>
      <td>
        <Row justify="end">
          {mayChange && (
            <MenuButton
              label={`More about ${member.name}`}
              square
              entries={[
                member.active
                  ? { id: 'off', label: 'Deactivate', icon: UserRoundX, onAction: () => change.mutate({ active: false }) }
                  : { id: 'on', label: 'Activate', icon: UserRoundCheck, onAction: () => change.mutate({ active: true }) },
                'separator',
                { id: 'remove', label: 'Remove…', icon: UserMinus, danger: true, onAction: () => setRemoving(true) },
              ]}
            >
              <Ellipsis size={16} strokeWidth={1.5} aria-hidden />
            </MenuButton>
          )}
        </Row>
        {removing && <Remove member={member} onClose={() => setRemoving(false)} />}
      </td>
    </tr>
  )
}

function Remove({ member, onClose }: { member: Member; onClose: () => void }) {
  const { organization } = useSession()
  const client = useQueryClient()
  const toast = useToast()
  const remove = useMutation({
    mutationFn: () => server.DELETE('/v1/organizations/{organization}/members/{user}', { params: { path: { organization: organization.id, user: member.user_id } } }),
    onSuccess: () => {
      onClose()
      toast({ title: `Removed ${member.name}` })
      return client.invalidateQueries({ queryKey: ['organization', organization.id] })
    },
    onError: (error) => toast({ title: 'Not removed', detail: error.message, tone: 'bad' }),
  })
  return (
    <Confirm title={`Remove ${member.name}?`} action={`Remove ${member.name}`} busy={remove.isPending} onConfirm={() => remove.mutate()} onClose={onClose}>
      They can no longer come in, their API keys stop, and invitations they sent end. What they did stays. To stop them for a while only, deactivate them instead.
    </Confirm>
  )
}
