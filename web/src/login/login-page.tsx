import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import { meQuery } from '../api/queries'
import type { Credentials, Me, Registration } from '../api/types'
import { Button } from '../ui/button'
import { Brand } from '../ui/brand'
import { entry, Form, TextField } from '../ui/form'
import { Centre, Panel, Row, Stack, Text } from '../ui/layout'
import { Banner } from '../ui/state'

const route = getRouteApi('/login')

/** Whether somebody may make an account here, and whether it would be the first one. */
const doorQuery = queryOptions({ queryKey: ['registration'], queryFn: ({ signal }) => read(server.GET('/v1/auth/registration', { signal })) })

export function LoginPage() {
  const { next } = route.useSearch()
  const signIn = useEnter((body: Credentials) => read(server.POST('/v1/auth/login', { body })), next)
  const error = signIn.error
  const door = useQuery(doorQuery).data
  return (
    <Centre>
      <Row gap={3} justify="between">
        <Brand />
      </Row>
      <Panel>
        <Stack gap={4}>
          <Text as="h1" size={20} weight={600}>
            Sign in
          </Text>
          {error && <Banner tone="bad">{error.message}</Banner>}
          <Form label="Sign in" onSubmit={(data) => signIn.mutate({ email: entry(data, 'email'), password: entry(data, 'password') })}>
            <TextField label="Email" name="email" type="email" autoComplete="username" autoFocus required error={fieldError(error, 'email')} />
            <TextField label="Password" name="password" type="password" autoComplete="current-password" required error={fieldError(error, 'password')} />
            <Button type="submit" variant="primary" wide busy={signIn.isPending}>
              Sign in
            </Button>
          </Form>
        </Stack>
      </Panel>
      {door?.open && (
        <Text as="p" size={13} tone="muted">
          First time here? <Link to="/register">{door.first ? 'Create the first account' : 'Create an account'}</Link>
        </Text>
      )}
    </Centre>
  )
}

export function RegisterPage() {
  const register = useEnter((body: Registration) => read(server.POST('/v1/auth/register', { body })))
  const door = useQuery(doorQuery).data
  const error = register.error
  const submit = (data: FormData) =>
    register.mutate({
      name: entry(data, 'name'),
      organization: entry(data, 'organization'),
      email: entry(data, 'email'),
      password: entry(data, 'password'),
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    })
  if (door?.open === false) return <Closed />
  const general = error && !(error instanceof ProblemError && error.errors.length > 0) ? error.message : undefined
  return (
    <Centre>
      <Brand />
      <Panel>
        <Stack gap={4}>
          <Text as="h1" size={20} weight={600}>
            Create an account
          </Text>
          {general && <Banner tone="bad">{general}</Banner>}
          <Form label="Create an account" onSubmit={submit}>
            <TextField label="Your name" name="name" autoComplete="name" autoFocus required error={fieldError(error, 'name')} />
            <TextField label="Organization" name="organization" autoComplete="organization" required help="The first workspace takes its name." error={fieldError(error, 'organization')} />
            <TextField label="Email" name="email" type="email" autoComplete="username" required error={fieldError(error, 'email')} />
            <TextField label="Password" name="password" type="password" autoComplete="new-password" required help="At least 12 characters." error={fieldError(error, 'password')} />
            <Button type="submit" variant="primary" wide busy={register.isPending}>
              Create account
            </Button>
          </Form>
        </Stack>
      </Panel>
      <Text as="p" size={13} tone="muted">
        You have an account? <Link to="/login">Sign in</Link>
      </Text>
    </Centre>
  )
}

function Closed() {
  return (
    <Centre>
      <Brand />
      <Panel>
        <Stack gap={3}>
          <Text as="h1" size={20} weight={600}>
            Accounts are made by an admin here
          </Text>
          <Text as="p" tone="muted">
            Ask an admin of your organization to add you under Settings, Members.
          </Text>
          <Link to="/login">Go to the sign-in</Link>
        </Stack>
      </Panel>
    </Centre>
  )
}

/** Sends the form and, once inside, goes where the person wanted to go. */
function useEnter<Body>(send: (body: Body) => Promise<Me>, next?: string) {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: send,
    onSuccess: (me) => {
      client.clear()
      client.setQueryData(meQuery.queryKey, me)
      return next?.startsWith('/w/') ? navigate({ href: next, replace: true }) : navigate({ to: '/', replace: true })
    },
  })
}

function fieldError(error: Error | null, name: string): string | undefined {
  return error instanceof ProblemError ? error.field(name) : undefined
}
