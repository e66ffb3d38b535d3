import { useMutation, useQuery } from '@tanstack/react-query'
import { useWorkspace } from '../../shell/session'
import { Button } from '../../ui/button'
import { CopyText } from '../../ui/code'
import { FormActions } from '../../ui/form'
import { Stack, Text } from '../../ui/layout'
import { Banner, ErrorState, SkeletonLines } from '../../ui/state'
import type { MailProvider } from '../../api/types'
import { leaveFor, providersQuery } from './queries'

const consoles: Record<MailProvider, string> = {
  google: 'In the Google Cloud console, under APIs & Services, Credentials, make an OAuth client of the type “Web application”, enable the Gmail API, and register this redirect address:',
  microsoft: 'In the Microsoft Entra admin center, under App registrations, register an application, add the delegated permissions IMAP.AccessAsUser.All and SMTP.Send, and register this redirect address for the platform “Web”:',
}

/** The way to a provider, or what is missing for it. */
export function ProviderStep({ provider, onClose }: { provider: MailProvider; onClose: () => void }) {
  const workspace = useWorkspace()
  const providers = useQuery(providersQuery(workspace))
  const leave = useMutation({ mutationFn: () => leaveFor(workspace, provider) })
  const known = providers.data?.find((p) => p.provider === provider)
  if (providers.isPending) return <SkeletonLines count={3} />
  if (!known) return <ErrorState title="The providers could not be read" error={providers.error} onRetry={() => void providers.refetch()} />
  const elsewhere = new URL(known.redirect_url).origin !== location.origin
  if (!known.configured)
    return (
      <Stack gap={4}>
        <Banner tone="warn">{known.title} is not set up in this installation. Whoever runs it does this once:</Banner>
        <Stack gap={2}>
          <Text as="p">1. {consoles[provider]}</Text>
          <CopyText text={known.redirect_url} label="Copy the redirect address" />
        </Stack>
        {elsewhere && <Elsewhere redirect={known.redirect_url} />}
        <Stack gap={2}>
          <Text as="p">2. Start Rapport with what the console shows:</Text>
          {known.settings.map((name) => (
            <CopyText key={name} text={`${name}=`} label={`Copy ${name}`} />
          ))}
        </Stack>
        <Text as="p" size={13} tone="muted">
          Until then, connect with the address and an app password, where {known.title} allows it.
        </Text>
        <FormActions>
          <Button onClick={onClose}>Close</Button>
        </FormActions>
      </Stack>
    )
  return (
    <Stack gap={4}>
      {leave.error && <Banner tone="bad">{leave.error.message}</Banner>}
      {elsewhere && <Elsewhere redirect={known.redirect_url} />}
      <Text as="p">
        {known.title} asks you to sign in and to allow Rapport to read and send mail. You come back here, and choose what is read. Rapport never sees your password; you can take the access back at {known.title} at any time.
      </Text>
      <FormActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" busy={leave.isPending || leave.isSuccess} onClick={() => leave.mutate()}>
          Continue with {known.title}
        </Button>
      </FormActions>
    </Stack>
  )
}

/** The session belongs to the address that the browser shows, and would be missing at another. */
function Elsewhere({ redirect }: { redirect: string }) {
  return (
    <Banner tone="warn">
      You opened Rapport at {location.origin}, but the way back leads to {new URL(redirect).origin}, where you are not signed in. Open it there, or set RAPPORT_URL={location.origin} and register its redirect address.
    </Banner>
  )
}
