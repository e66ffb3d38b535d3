import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import { doorQuery } from '../api/queries'
import type { MadeInvitation, Role } from '../api/types'
import { useSession } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Button } from '../ui/button'
import { CopyText } from '../ui/code'
import { Dialog } from '../ui/dialog'
import { entry, Form, FormActions, SelectField, TextField } from '../ui/form'
import { Stack, Text } from '../ui/layout'
import { Banner } from '../ui/state'
import { When } from '../ui/when'
import { roleOf, roles, rolesUpTo } from './roles'

/** Invites somebody; where no mail is sent, shows the link to hand over. */
export function Invite({ onClose }: { onClose: () => void }) {
  const { organization } = useSession()
  const client = useQueryClient()
  const toast = useToast()
  const letters = useQuery(doorQuery).data?.letters
  const [role, setRole] = useState<Role>('member')
  const invite = useMutation({
    mutationFn: (body: { email: string; role: Role }) => read(server.POST('/v1/organizations/{organization}/invitations', { params: { path: { organization: organization.id } }, body })),
    onSuccess: (made) => {
      if (made.mailed) {
        onClose()
        toast({ title: `Invited ${made.email}` })
      }
      return client.invalidateQueries({ queryKey: ['organization', organization.id, 'invitations'] })
    },
  })
  if (invite.data?.link) return <HandOver made={invite.data} onClose={onClose} />
  const problem = invite.error instanceof ProblemError ? invite.error : undefined
  return (
    <Dialog title="Invite somebody" onClose={onClose}>
      <Form label="Invite somebody" onSubmit={(data) => invite.mutate({ email: entry(data, 'email'), role })}>
        {invite.error && !problem?.errors.length && <Banner tone="bad">{invite.error.message}</Banner>}
        <TextField
          label="Email"
          name="email"
          type="email"
          autoFocus
          required
          help={letters === false ? 'This installation sends no mail: you get a link to hand over.' : 'We send a link to this address. It is open for a week.'}
          error={problem?.field('email')}
        />
        <SelectField
          label="Role"
          name="role"
          options={rolesUpTo(organization.role)}
          value={role}
          onChange={(e) => setRole(roleOf(e.target.value))}
          help={roles.find((r) => r.value === role)?.words}
          error={problem?.field('role')}
        />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={invite.isPending}>
            {letters === false ? 'Make a link' : 'Send the invitation'}
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}

/** A link that is shown once, to be handed to the person it is for. */
export function HandOver({ made, onClose }: { made: MadeInvitation; onClose: () => void }) {
  return (
    <Dialog title={`A link for ${made.email}`} onClose={onClose}>
      <Stack gap={4}>
        <Text as="p" tone="muted">
          Hand this link to {made.email}, on a way that nobody else reads. It opens once and ends <When at={made.expires_at} />; links made before it no longer work.
        </Text>
        <CopyText text={made.link ?? ''} label="Copy the link" />
        <FormActions>
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </FormActions>
      </Stack>
    </Dialog>
  )
}
