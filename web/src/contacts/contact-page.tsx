import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { ArrowLeft, PenLine, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { contactQuery } from '../api/queries'
import type { Contact } from '../api/types'
import { WaitsForApproval } from '../approvals/waiting'
import { Generate } from '../content/generate'
import { Writing } from '../content/progress'
import { useRemove } from '../record/remove'
import { Timeline } from '../record/timeline'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { Avatar } from '../ui/badge'
import { Button, IconButton } from '../ui/button'
import { Page, RecordLayout, Stack, Text } from '../ui/layout'
import { ErrorState, SkeletonLines } from '../ui/state'
import { AssessmentPanel } from './assessment-panel'
import { Brief } from './brief-panel'
import { Status } from './status'
import { ScorePanel } from './score-panel'
import { ContactProperties } from './contact-properties'

const route = getRouteApi('/w/$workspace/contacts/$id')

export function ContactPage() {
  const { id } = route.useParams()
  const workspace = useWorkspace()
  const contact = useQuery(contactQuery(workspace, id))
  const back = useBack()
  if (contact.isPending)
    return (
      <Page title="Contact" back={back}>
        <SkeletonLines count={10} />
      </Page>
    )
  if (contact.isError)
    return (
      <Page title="Contact" back={back}>
        <ErrorState title="This contact could not be read" error={contact.error} onRetry={() => void contact.refetch()} />
      </Page>
    )
  return <ContactView key={id} contact={contact.data} />
}

function useBack() {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  return <IconButton icon={ArrowLeft} label="All contacts" onClick={() => void navigate({ to: '/w/$workspace/contacts', params: { workspace } })} />
}

function ContactView({ contact }: { contact: Contact }) {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const { canWrite } = useSession()
  const toList = () => navigate({ to: '/w/$workspace/contacts', params: { workspace } })
  const remove = useRemove('contacts', toList)
  const back = useBack()
  const [writing, setWriting] = useState<{ run?: string }>()
  useKeys([{ keys: 'escape', label: 'Back to the contacts', group: 'This contact', run: () => void toList() }])
  return (
    <Page
      title={
        <>
          <Avatar name={contact.name} id={contact.id} size={28} />
          <Text truncate dir="auto">
            {contact.name}
          </Text>
          <Status status={contact.status} />
        </>
      }
      back={back}
      actions={
        canWrite && (
          <>
            <Button icon={PenLine} onClick={() => setWriting({})}>
              Write follow-up
            </Button>
            <Button variant="danger" icon={Trash2} busy={remove.isPending} onClick={() => remove.mutate(contact)}>
              Delete
            </Button>
          </>
        )
      }
    >
      <RecordLayout
        left={<ContactProperties contact={contact} />}
        lead={{ label: 'Brief', content: <Brief id={contact.id} /> }}
        centre={<Timeline noun="contacts" id={contact.id} />}
        right={
          <Stack gap={5}>
            <WaitsForApproval subject={contact.id} />
            <AssessmentPanel id={contact.id} />
            <ScorePanel id={contact.id} />
          </Stack>
        }
      />
      {writing && !writing.run && <Generate contact={contact.id} onClose={() => setWriting(undefined)} onStarted={(run) => setWriting({ run })} />}
      {writing?.run && <Writing run={writing.run} onDone={() => setWriting(undefined)} />}
    </Page>
  )
}
