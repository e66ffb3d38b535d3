import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { read, server } from '../api/client'
import { doorQuery } from '../api/queries'
import type { Credentials, Registration } from '../api/types'
import { Button } from '../ui/button'
import { entry, Form, PasswordField, secretEntry, TextField } from '../ui/form'
import { Row, Text } from '../ui/layout'
import { Banner } from '../ui/state'
import { Entrance, fieldError, generalError, passwordHelp, useEnter } from './entrance'

const route = getRouteApi('/login')

export function LoginPage() {
  const { next } = route.useSearch()
  const signIn = useEnter((body: Credentials) => read(server.POST('/v1/auth/login', { body })), next)
  const error = signIn.error
  const door = useQuery(doorQuery).data
  const below = door?.open && (
    <>
      First time here? <Link to="/register">{door.first ? 'Create the first account' : 'Create an account'}</Link>
    </>
  )
  return (
    <Entrance title="Sign in" below={below}>
      {error && <Banner tone="bad">{error.message}</Banner>}
      <Form label="Sign in" onSubmit={(data) => signIn.mutate({ email: entry(data, 'email'), password: secretEntry(data, 'password') })}>
        <TextField label="Email" name="email" type="email" autoComplete="username" autoFocus required error={fieldError(error, 'email')} />
        <PasswordField label="Password" name="password" autoComplete="current-password" required error={fieldError(error, 'password')} />
        <Button type="submit" variant="primary" wide busy={signIn.isPending}>
          Sign in
        </Button>
        <Row justify="end">
          <Text size={13}>
            <Link to="/forgot">Forgot your password?</Link>
          </Text>
        </Row>
      </Form>
    </Entrance>
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
      password: secretEntry(data, 'password'),
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    })
  if (door?.open === false) return <Closed />
  const general = generalError(error)
  const below = (
    <>
      You have an account? <Link to="/login">Sign in</Link>
    </>
  )
  return (
    <Entrance title="Create an account" below={below}>
      {general && <Banner tone="bad">{general}</Banner>}
      <Form label="Create an account" onSubmit={submit}>
        <TextField label="Your name" name="name" autoComplete="name" autoFocus required error={fieldError(error, 'name')} />
        <TextField label="Organization" name="organization" autoComplete="organization" required help="The first workspace takes its name." error={fieldError(error, 'organization')} />
        <TextField label="Email" name="email" type="email" autoComplete="username" required help={door?.letters ? 'We send a link to it to confirm that it is yours.' : undefined} error={fieldError(error, 'email')} />
        <PasswordField label="Password" name="password" autoComplete="new-password" required help={passwordHelp} error={fieldError(error, 'password')} />
        <Button type="submit" variant="primary" wide busy={register.isPending}>
          Create account
        </Button>
      </Form>
    </Entrance>
  )
}

function Closed() {
  return (
    <Entrance title="You come in by invitation here" below={<Link to="/login">Go to the sign-in</Link>}>
      <Text as="p" tone="muted">
        Ask an admin of your organization to invite you under Settings, Members.
      </Text>
    </Entrance>
  )
}
