import type { Contact } from '../api/types'
import { CustomFields } from '../record/custom-fields'
import { OwnerProperty } from '../record/owner'
import { useSave } from '../record/save'
import { Tags } from '../record/tags'
import { statuses } from '../record/words'
import { useSession } from '../shell/session'
import { EditableProperty, Properties, Property } from '../ui/inline-edit'
import { Divider, Row, Stack, Text } from '../ui/layout'
import { When } from '../ui/when'
import { Addresses } from './addresses'
import { CompanyProperty } from './company-property'

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
