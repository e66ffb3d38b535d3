import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import { membersQuery } from '../api/queries'
import type { Member, Role } from '../api/types'
import { useSession } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Avatar, Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { Dialog } from '../ui/dialog'
import { entry, Form, FormActions, Select, SelectField, TextField } from '../ui/form'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { Banner, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'

const roles: { value: Role; label: string }[] = [
  { value: 'viewer', label: 'Viewer' },
  { value: 'member', label: 'Member' },
  { value: 'admin', label: 'Admin' },
  { value: 'owner', label: 'Owner' },
]

/** The role of a choice; the least one if it is unknown. */
function roleOf(value: string): Role {
  return roles.find((r) => r.value === value)?.value ?? 'viewer'
}

export function MembersTab() {
  const { organization, isAdmin } = useSession()
  const members = useQuery(membersQuery(organization.id))
  const [adding, setAdding] = useState(false)
  return (
    <Panel
      title={`Members of ${organization.name}`}
      actions={
        isAdmin && (
          <Button variant="primary" size="small" icon={Plus} onClick={() => setAdding(true)}>
            Add member
          </Button>
        )
      }
      flush
    >
      {members.isPending && <SkeletonLines count={3} avatar />}
      {members.isError && <ErrorState title="The members could not be read" error={members.error} onRetry={() => void members.refetch()} />}
      {members.data && (
        <Table label="Members" head={['Name', 'Role', 'Joined', '']}>
          {members.data.map((m) => (
            <MemberRow key={m.user_id} member={m} />
          ))}
        </Table>
      )}
      {adding && <AddMember onClose={() => setAdding(false)} />}
    </Panel>
  )
}

function useMemberChange() {
  const { organization } = useSession()
  const client = useQueryClient()
  const toast = useToast()
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: { role?: Role; active?: boolean } }) =>
      server.PATCH('/v1/organizations/{organization}/members/{user}', { params: { path: { organization: organization.id, user: id } }, body: change }),
    onSuccess: () => client.invalidateQueries(membersQuery(organization.id)),
    onError: (error) => toast({ title: 'Not changed', detail: error.message, tone: 'bad' }),
  })
}

function MemberRow({ member }: { member: Member }) {
  const { me, isAdmin } = useSession()
  const change = useMemberChange()
  const self = member.user_id === me.user.id
  return (
    <tr>
      <td>
        <Row gap={3}>
          <Avatar name={member.name} id={member.user_id} size={28} />
          <Stack gap={0}>
            <Text weight={500}>
              {member.name}
              {self && ' (you)'}
            </Text>
            <Text size={12} tone="muted">
              {member.email}
            </Text>
          </Stack>
        </Row>
      </td>
      <td>
        {isAdmin && !self ? (
          <Select label={`Role of ${member.name}`} options={roles} value={member.role} onChange={(e) => change.mutate({ id: member.user_id, change: { role: roleOf(e.target.value) } })} />
        ) : (
          roles.find((r) => r.value === member.role)?.label
        )}
      </td>
      <td>
        <Text tone="muted">
          <When at={member.joined_at} />
        </Text>
      </td>
      <td>
        <Row justify="end">
          {!member.active && <Badge>Inactive</Badge>}
          {isAdmin && !self && (
            <Button size="small" variant={member.active ? 'danger' : 'secondary'} busy={change.isPending} onClick={() => change.mutate({ id: member.user_id, change: { active: !member.active } })}>
              {member.active ? 'Deactivate' : 'Activate'}
            </Button>
          )}
        </Row>
      </td>
    </tr>
  )
}

function AddMember({ onClose }: { onClose: () => void }) {
  const { organization } = useSession()
  const client = useQueryClient()
  const toast = useToast()
  const add = useMutation({
    mutationFn: (body: { email: string; name: string; password: string; role: Role }) =>
      read(server.POST('/v1/organizations/{organization}/members', { params: { path: { organization: organization.id } }, body })),
    onSuccess: (_, body) => {
      onClose()
      toast({ title: `Added ${body.name}` })
      return client.invalidateQueries(membersQuery(organization.id))
    },
  })
  const problem = add.error instanceof ProblemError ? add.error : undefined
  return (
    <Dialog title="Add a member" onClose={onClose}>
      <Form label="Add a member" onSubmit={(data) => add.mutate({ email: entry(data, 'email'), name: entry(data, 'name'), password: entry(data, 'password'), role: roleOf(entry(data, 'role')) })}>
        {add.error && !problem?.errors.length && <Banner tone="bad">{add.error.message}</Banner>}
        <TextField label="Name" name="name" autoFocus error={problem?.field('name')} />
        <TextField label="Email" name="email" type="email" error={problem?.field('email')} />
        <TextField label="First password" name="password" type="password" autoComplete="new-password" help="Tell them in person." error={problem?.field('password')} />
        <SelectField label="Role" name="role" options={roles.filter((r) => r.value !== 'owner')} defaultValue="member" help="Viewers read; members also write; admins also manage people and keys." />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={add.isPending}>
            Add member
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}
