import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Mailbox as MailboxIcon, Plus } from 'lucide-react'
import { useState } from 'react'
import { useSession, useWorkspace } from '../../shell/session'
import { Button } from '../../ui/button'
import { Panel, Stack } from '../../ui/layout'
import { Rows } from '../../ui/rows'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../../ui/state'
import { ConnectDialog } from './connect-dialog'
import { GrantedDialog } from './granted-dialog'
import { MailboxEntry } from './mailbox-entry'
import { mailboxesQuery } from './queries'
import { problemWords } from './words'

const route = getRouteApi('/w/$workspace/settings/$tab')

/** The accounts whose mail comes in by itself, and how each is. */
export function MailboxesTab() {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const mailboxes = useQuery(mailboxesQuery(workspace))
  const [adding, setAdding] = useState(false)
  const { grant, mailbox, problem, reason } = route.useSearch()
  const navigate = route.useNavigate()
  const settle = () => navigate({ search: {}, replace: true })
  const add = (
    <Button variant="primary" size="small" icon={Plus} onClick={() => setAdding(true)}>
      Add mailbox
    </Button>
  )
  return (
    <Stack gap={4}>
      {problem && (
        <Banner
          tone="bad"
          actions={
            <Button size="small" onClick={() => void settle()}>
              Dismiss
            </Button>
          }
        >
          {problemWords(problem, reason)}
        </Banner>
      )}
      <Panel title="Mailboxes" actions={isAdmin && mailboxes.data && mailboxes.data.length > 0 && add} flush>
        {mailboxes.isPending && <SkeletonLines count={4} />}
        {mailboxes.isError && <ErrorState title="The mailboxes could not be read" error={mailboxes.error} onRetry={() => void mailboxes.refetch()} />}
        {mailboxes.data?.length === 0 && (
          <EmptyState icon={MailboxIcon} title="No mailbox yet" actions={isAdmin && add}>
            {isAdmin
              ? 'Connect an account and its mail appears in the inbox, newest first. Nothing on the mail server is changed.'
              : 'An admin can connect accounts here; their mail then appears in the inbox.'}
          </EmptyState>
        )}
        {mailboxes.data && mailboxes.data.length > 0 && (
          <Rows label="Mailboxes">
            {mailboxes.data.map((m) => (
              <MailboxEntry key={m.id} mailbox={m} />
            ))}
          </Rows>
        )}
      </Panel>
      {adding && <ConnectDialog onClose={() => setAdding(false)} />}
      {grant && mailboxes.data && <GrantedDialog grant={grant} again={mailboxes.data.find((m) => m.id === mailbox)} onClose={() => void settle()} />}
    </Stack>
  )
}
