import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { read, server } from '../api/client'
import { meQuery } from '../api/queries'
import { Button } from '../ui/button'
import { Text } from '../ui/layout'
import { Banner } from '../ui/state'
import { DeadLink, Entrance, isDead } from './entrance'

const route = getRouteApi('/verify/$token')

/** Confirms an address. It takes a press: programs that only look at links must not follow this one. */
export function VerifyPage() {
  const { token } = route.useParams()
  const client = useQueryClient()
  const verify = useMutation({
    mutationFn: () => read(server.POST('/v1/auth/verify', { body: { token } })),
    onSuccess: () => client.invalidateQueries(meQuery),
  })
  if (isDead(verify.error))
    return (
      <DeadLink error={verify.error}>
        <Text as="p" tone="muted">
          Signed in, you find a new link under Settings, Profile.
        </Text>
      </DeadLink>
    )
  if (verify.data)
    return (
      <Entrance title="Thank you" below={<Link to="/">Go on to Rapport</Link>}>
        <Banner tone="good">{verify.data.email} is confirmed.</Banner>
      </Entrance>
    )
  return (
    <Entrance title="Confirm your address">
      {verify.error && <Banner tone="bad">{verify.error.message}</Banner>}
      <Text as="p" tone="muted">
        One press, and this address belongs to your account.
      </Text>
      <Button variant="primary" wide autoFocus busy={verify.isPending} onClick={() => verify.mutate()}>
        Confirm the address
      </Button>
    </Entrance>
  )
}
