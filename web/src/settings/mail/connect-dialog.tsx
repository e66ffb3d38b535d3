import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useWorkspace } from '../../shell/session'
import { Dialog } from '../../ui/dialog'
import { Stack } from '../../ui/layout'
import { Choice, Choices } from '../../ui/rows'
import type { Mailbox } from '../../api/types'
import { PasswordForm } from './password-form'
import { ProviderStep } from './provider-step'
import { providersQuery } from './queries'

/** Connects an account: with its password, or through Google or Microsoft. */
export function ConnectDialog({ onClose }: { onClose: () => void }) {
  const workspace = useWorkspace()
  const [by, setBy] = useState<Mailbox['auth']>('password')
  const providers = useQuery(providersQuery(workspace))
  const ready = (name: string) => (providers.data && !providers.data.find((p) => p.provider === name)?.configured ? 'Not set up here yet' : undefined)
  return (
    <Dialog title="Add a mailbox" wide onClose={onClose}>
      <Stack gap={4}>
        <Choices label="How to connect">
          <Choice title="Address and password" chosen={by === 'password'} onChoose={() => setBy('password')}>
            Any IMAP server
          </Choice>
          <Choice title="Google" chosen={by === 'google'} onChoose={() => setBy('google')}>
            {ready('google') ?? 'Gmail and Workspace'}
          </Choice>
          <Choice title="Microsoft" chosen={by === 'microsoft'} onChoose={() => setBy('microsoft')}>
            {ready('microsoft') ?? 'Outlook and 365'}
          </Choice>
        </Choices>
        {by === 'password' ? <PasswordForm onClose={onClose} onProvider={setBy} /> : <ProviderStep key={by} provider={by} onClose={onClose} />}
      </Stack>
    </Dialog>
  )
}
