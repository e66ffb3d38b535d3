import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { server } from '../api/client'
import { doorQuery } from '../api/queries'
import { Button } from '../ui/button'
import { entry, Form, TextField } from '../ui/form'
import { Text } from '../ui/layout'
import { Banner } from '../ui/state'
import { Checking, Entrance, fieldError, generalError } from './entrance'

/** Asks for a link that resets the password. What it says is the same for every address. */
export function ForgotPage() {
  const door = useQuery(doorQuery)
  const ask = useMutation({ mutationFn: (email: string) => server.POST('/v1/auth/password/forgot', { body: { email } }) })
  const back = <Link to="/login">Back to the sign-in</Link>
  if (door.isPending) return <Checking />
  if (door.data?.letters === false)
    return (
      <Entrance title="Forgot your password?" below={back}>
        <Text as="p" tone="muted">
          This installation sends no mail, so it cannot send you a link. Whoever runs it can set a new password for you, on the machine itself:
        </Text>
        <Text as="p" mono size={13}>
          rapport user password you@example.com
        </Text>
      </Entrance>
    )
  if (ask.isSuccess)
    return (
      <Entrance title="Look at your mail" below={back}>
        <Text as="p">If there is an account with {ask.variables}, a link is on its way to it. It works once, within an hour.</Text>
        <Text as="p" size={13} tone="muted">
          Nothing there? Look among the spam, and whether the address is the one that you sign in with.
        </Text>
        <Button wide onClick={() => ask.reset()}>
          Try another address
        </Button>
      </Entrance>
    )
  const general = generalError(ask.error)
  return (
    <Entrance title="Forgot your password?" below={back}>
      {general && <Banner tone="bad">{general}</Banner>}
      <Form label="Forgot your password?" onSubmit={(data) => entry(data, 'email') && ask.mutate(entry(data, 'email'))}>
        <TextField label="Email" name="email" type="email" autoComplete="username" autoFocus required help="We send a link to choose a new password." error={fieldError(ask.error, 'email')} />
        <Button type="submit" variant="primary" wide busy={ask.isPending}>
          Send the link
        </Button>
      </Form>
    </Entrance>
  )
}
