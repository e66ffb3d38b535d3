import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import { doorQuery, meQuery } from '../api/queries'
import type { Me } from '../api/types'
import { useSession } from '../shell/session'
import { applyTimeZone } from '../shell/theme'
import { useToast } from '../shell/toasts'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { entry, Form, FormActions, PasswordField, secretEntry, SelectField, TextField } from '../ui/form'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { Banner } from '../ui/state'
import { Appearance } from './appearance'
import { sessionsQuery, Sessions } from './sessions'

export function ProfileTab() {
  const { me } = useSession()
  return (
    <Stack gap={5}>
      <Panel title="Profile">
        <Profile key={me.user.id} user={me.user} />
      </Panel>
      <Panel title="Appearance">
        <Appearance />
      </Panel>
      <Panel title="Address">
        <Address user={me.user} />
      </Panel>
      <Panel title="Password">
        <Password />
      </Panel>
      <Sessions />
    </Stack>
  )
}

type User = Me['user']

function Profile({ user }: { user: User }) {
  const client = useQueryClient()
  const toast = useToast()
  const save = useMutation({
    mutationFn: (body: { name: string; time_zone: string }) => read(server.PATCH('/v1/me', { body })),
    onSuccess: (me) => {
      client.setQueryData(meQuery.queryKey, me)
      applyTimeZone(me.user.time_zone)
      toast({ title: 'Saved' })
    },
  })
  const problem = save.error instanceof ProblemError ? save.error : undefined
  const zones = [{ value: '', label: 'As on this computer' }, ...known(user.time_zone).map((z) => ({ value: z, label: z.replaceAll('_', ' ') }))]
  return (
    <Form label="Profile" onSubmit={(data) => save.mutate({ name: entry(data, 'name'), time_zone: entry(data, 'time_zone') })}>
      {save.error && !problem?.errors.length && <Banner tone="bad">{save.error.message}</Banner>}
      <TextField label="Name" name="name" autoComplete="name" defaultValue={user.name} required error={problem?.field('name')} />
      <SelectField label="Time zone" name="time_zone" options={zones} defaultValue={user.time_zone} help="Times are written in it, wherever you are." error={problem?.field('time_zone')} />
      <FormActions>
        <Button type="submit" variant="primary" busy={save.isPending}>
          Save
        </Button>
      </FormActions>
    </Form>
  )
}

function known(current: string): string[] {
  const all = Intl.supportedValuesOf('timeZone')
  return current === '' || all.includes(current) ? all : [current, ...all]
}

function Address({ user }: { user: User }) {
  const [changing, setChanging] = useState(false)
  const toast = useToast()
  const remind = useMutation({
    mutationFn: () => server.POST('/v1/me/verification'),
    onSuccess: () => toast({ title: `A link is on its way to ${user.email}` }),
    onError: (error) => toast({ title: 'Not sent', detail: error.message, tone: 'bad' }),
  })
  return (
    <Stack gap={4}>
      <Row gap={3} wrap justify="between">
        <Row gap={2} wrap>
          <Text weight={500}>{user.email}</Text>
          {!user.verified && <Badge tone="warn">Not confirmed</Badge>}
        </Row>
        {!changing && <Button onClick={() => setChanging(true)}>Change address</Button>}
      </Row>
      {!user.verified && (
        <Banner
          tone="warn"
          actions={
            <Button size="small" busy={remind.isPending} onClick={() => remind.mutate()}>
              Send the link again
            </Button>
          }
        >
          Follow the link that we sent to this address. Until then you cannot invite others by mail.
        </Banner>
      )}
      {changing && <NewAddress onClose={() => setChanging(false)} />}
    </Stack>
  )
}

function NewAddress({ onClose }: { onClose: () => void }) {
  const client = useQueryClient()
  const toast = useToast()
  const letters = useQuery(doorQuery).data?.letters
  const change = useMutation({
    mutationFn: (body: { email: string; password: string }) => read(server.POST('/v1/me/email', { body })),
    onSuccess: async ({ sent }, { email }) => {
      if (sent) return
      onClose()
      toast({ title: `Your address is ${email} now` })
      await client.invalidateQueries(meQuery)
    },
  })
  if (change.data?.sent) return <Banner tone="good">A link is on its way to {change.variables?.email}. Your address changes when you follow it.</Banner>
  const problem = change.error instanceof ProblemError ? change.error : undefined
  return (
    <Form label="Change address" onSubmit={(data) => change.mutate({ email: entry(data, 'email'), password: secretEntry(data, 'password') })}>
      {change.error && !problem?.errors.length && <Banner tone="bad">{change.error.message}</Banner>}
      <TextField
        label="New address"
        name="email"
        type="email"
        autoComplete="email"
        autoFocus
        required
        help={letters ? 'We send a link to it, and a notice to the old one.' : 'You sign in with it from then on.'}
        error={problem?.field('email')}
      />
      <PasswordField label="Your password" name="password" autoComplete="current-password" required error={problem?.field('password')} />
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={change.isPending}>
          Change address
        </Button>
      </FormActions>
    </Form>
  )
}

function Password() {
  const client = useQueryClient()
  const toast = useToast()
  const [round, setRound] = useState(0)
  const change = useMutation({
    mutationFn: (body: { current: string; new: string }) => server.POST('/v1/me/password', { body }),
    onSuccess: () => {
      setRound(round + 1) // an empty form
      toast({ title: 'Password changed', detail: 'You are signed out everywhere else.' })
      return client.invalidateQueries(sessionsQuery)
    },
  })
  const problem = change.error instanceof ProblemError ? change.error : undefined
  return (
    <Form key={round} label="Password" onSubmit={(data) => change.mutate({ current: secretEntry(data, 'current'), new: secretEntry(data, 'new') })}>
      {change.error && !problem?.errors.length && <Banner tone="bad">{change.error.message}</Banner>}
      <PasswordField label="Current password" name="current" autoComplete="current-password" required error={problem?.field('current')} />
      <PasswordField label="New password" name="new" autoComplete="new-password" required help="At least 10 characters; a few unrelated words are best. You are signed out everywhere else; API keys stay." error={problem?.field('new')} />
      <FormActions>
        <Button type="submit" busy={change.isPending}>
          Change password
        </Button>
      </FormActions>
    </Form>
  )
}
