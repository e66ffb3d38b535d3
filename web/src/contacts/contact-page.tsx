import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { ArrowLeft, Trash2 } from 'lucide-react'
import { contactQuery } from '../api/queries'
import type { Contact } from '../api/types'
import { CustomFields } from '../record/custom-fields'
import { OwnerProperty } from '../record/owner'
import { useRemove } from '../record/remove'
import { useSave } from '../record/save'
import { Tags } from '../record/tags'
import { Timeline } from '../record/timeline'
import { statuses } from '../record/words'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { Avatar } from '../ui/badge'
import { Button, IconButton } from '../ui/button'
import { EditableProperty, Properties, Property } from '../ui/inline-edit'
import { Divider, Page, RecordLayout, Row, Stack, Text } from '../ui/layout'
import { ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { Addresses } from './addresses'
import { Status } from './contacts-page'
import { CompanyProperty } from './company-property'
import { ScorePanel } from './score-panel'

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
          <Button variant="danger" icon={Trash2} busy={remove.isPending} onClick={() => remove.mutate(contact)}>
            Delete
          </Button>
        )
      }
    >
      <RecordLayout left={<ContactProperties contact={contact} />} centre={<Timeline noun="contacts" id={contact.id} />} right={<ScorePanel id={contact.id} />} />
    </Page>
  )
}

/** What is known of a contact, each value editable in its place. */
export function ContactProperties({ contact }: { contact: Contact }) {
  const { canWrite } = useSession()
  const { save, dialog } = useSave('contacts', contact)
  const text = (label: string, field: 'name' | 'title' | 'phone', type: 'text' | 'tel' = 'text') => (
    <EditableProperty label={label} value={contact[field] ?? ''} type={type} disabled={!canWrite} onSave={(value) => save({ [field]: value || null })} />
  )
  return (
    <Stack gap={4}>
      <Properties>
        {text('Name', 'name')}
        {text('Title', 'title')}
        <CompanyProperty contact={contact} onSave={save} />
        <EditableProperty
          label="Status"
          value={contact.status}
          shown={statuses.find((s) => s.value === contact.status)?.label}
          options={statuses}
          disabled={!canWrite}
          onSave={(status) => save({ status })}
        />
        <OwnerProperty id={contact.owner_id} onSave={save} />
        {text('Phone', 'phone', 'tel')}
      </Properties>
      <Divider />
      <Addresses contact={contact} />
      <Divider />
      <Stack gap={2}>
        <Text as="h2" size={13} weight={600}>
          Tags
        </Text>
        <Tags noun="contacts" id={contact.id} tags={contact.tags ?? []} />
      </Stack>
      <Divider />
      <Properties>
        <CustomFields entity="contact" values={contact.fields} onSave={save} />
        <Property label="Last touch">
          <When at={contact.last_interaction_at} />
        </Property>
        <Property label="Added">
          <Row gap={1} wrap>
            <When at={contact.created_at} />
            <Text tone="muted">{contact.source === 'manual' ? 'by hand' : `from ${contact.source}`}</Text>
          </Row>
        </Property>
      </Properties>
      {dialog}
    </Stack>
  )
}
