import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { csrfToken, read, server } from '../api/client'
import { meQuery } from '../api/queries'
import type { Me, Offer } from '../api/types'
import { Button } from '../ui/button'
import { entry, Form, PasswordField, secretEntry, TextField } from '../ui/form'
import { Text } from '../ui/layout'
import { Banner } from '../ui/state'
import { When } from '../ui/when'
import { Checking, DeadLink, Entrance, fieldError, generalError, isDead, passwordHelp, useEnter } from './entrance'

const route = getRouteApi('/accept/$token')

const offerQuery = (token: string) =>
  queryOptions({ queryKey: ['invitation', token], queryFn: ({ signal }) => read(server.GET('/v1/invitations/{token}', { params: { path: { token } }, signal })), retry: false })

/** Becomes a member: signed in with the invited address by a press, else with its password, else with a new account. */
export function AcceptPage() {
  const { token } = route.useParams()
  const offer = useQuery(offerQuery(token))
  // Without this cookie nobody is signed in, so the server need not be asked.
  const me = useQuery({ ...meQuery, enabled: csrfToken() !== '', retry: false })
  if (offer.isPending || me.isLoading) return <Checking />
  if (offer.error)
    return (
      <DeadLink error={offer.error}>
        <Text as="p" tone="muted">
          Ask whoever invited you to send the invitation again. If you have accepted it before, just sign in.
        </Text>
      </DeadLink>
    )
  const signedIn = me.data?.user
  if (signedIn?.email.toLowerCase() === offer.data.email.toLowerCase()) return <Join token={token} offer={offer.data} />
  return <Come token={token} offer={offer.data} other={signedIn?.email} />
}

type Props = { token: string; offer: Offer }

function Join({ token, offer }: Props) {
  const join = useEnter<void>(() => read(server.POST('/v1/me/invitations', { body: { token } })))
  return (
    <Entrance title={`Join ${offer.organization}`}>
      {join.error && <Banner tone="bad">{join.error.message}</Banner>}
      <Inviting offer={offer} />
      <Button variant="primary" wide autoFocus busy={join.isPending} onClick={() => join.mutate()}>
        Join as {offer.email}
      </Button>
    </Entrance>
  )
}

function Come({ token, offer, other }: Props & { other?: string }) {
  const client = useQueryClient()
  const accept = useEnter<{ name?: string; password: string }>((body): Promise<Me> => read(server.POST('/v1/invitations/{token}/accept', { params: { path: { token } }, body })))
  if (isDead(accept.error)) return <DeadLink error={accept.error}>{null}</DeadLink>
  const error = accept.error
  const general = generalError(error)
  const submit = (data: FormData) =>
    accept.mutate(
      { name: offer.account_exists ? undefined : entry(data, 'name'), password: secretEntry(data, 'password') },
      { onError: () => void client.invalidateQueries(offerQuery(token)) },
    )
  return (
    <Entrance title={`Join ${offer.organization}`}>
      {other && <Banner>You are signed in as {other}. Going on signs you in as {offer.email} instead.</Banner>}
      {general && <Banner tone="bad">{general}</Banner>}
      <Inviting offer={offer} />
      <Form label={`Join ${offer.organization}`} onSubmit={submit}>
        <TextField label="Email" name="email" type="email" autoComplete="username" value={offer.email} readOnly />
        {!offer.account_exists && <TextField label="Your name" name="name" autoComplete="name" autoFocus required error={fieldError(error, 'name')} />}
        {offer.account_exists ? (
          <PasswordField label="Password" name="password" autoComplete="current-password" autoFocus required help="This address has an account: use its password." error={fieldError(error, 'password')} />
        ) : (
          <PasswordField label="Choose a password" name="password" autoComplete="new-password" required help={passwordHelp} error={fieldError(error, 'password')} />
        )}
        <Button type="submit" variant="primary" wide busy={accept.isPending}>
          {offer.account_exists ? 'Sign in and join' : 'Create account and join'}
        </Button>
      </Form>
    </Entrance>
  )
}

const roleWords = { viewer: 'a viewer, who reads', member: 'a member, who reads and writes', admin: 'an admin, who also manages people', owner: 'an owner, who may do everything' }

function Inviting({ offer }: { offer: Offer }) {
  return (
    <Text as="p" tone="muted">
      {offer.invited_by || 'An admin'} invites you as {roleWords[offer.role]}. The invitation ends <When at={offer.expires_at} />.
    </Text>
  )
}
