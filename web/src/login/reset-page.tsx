import { getRouteApi, Link } from '@tanstack/react-router'
import { read, server } from '../api/client'
import { Button } from '../ui/button'
import { Form, PasswordField, secretEntry } from '../ui/form'
import { Text } from '../ui/layout'
import { Banner } from '../ui/state'
import { DeadLink, Entrance, fieldError, generalError, isDead, passwordHelp, useEnter } from './entrance'

const route = getRouteApi('/reset/$token')

/** Chooses a new password with the link that came by mail. */
export function ResetPage() {
  const { token } = route.useParams()
  const reset = useEnter((password: string) => read(server.POST('/v1/auth/password/reset', { body: { token, password } })))
  if (isDead(reset.error))
    return (
      <DeadLink error={reset.error}>
        <Text as="p">
          <Link to="/forgot">Send me a new link</Link>
        </Text>
      </DeadLink>
    )
  const general = generalError(reset.error)
  return (
    <Entrance title="Choose a new password" below={<Link to="/login">Go to the sign-in</Link>}>
      {general && <Banner tone="bad">{general}</Banner>}
      <Form label="Choose a new password" onSubmit={(data) => reset.mutate(secretEntry(data, 'password'))}>
        <PasswordField label="New password" name="password" autoComplete="new-password" autoFocus required help={passwordHelp} error={fieldError(reset.error, 'password')} />
        <Button type="submit" variant="primary" wide busy={reset.isPending}>
          Save and sign in
        </Button>
      </Form>
      <Text as="p" size={13} tone="muted">
        You will be signed out everywhere else. API keys stay.
      </Text>
    </Entrance>
  )
}
