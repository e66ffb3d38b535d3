import type { Company } from '../api/types'
import { CustomFields } from '../record/custom-fields'
import { OwnerProperty } from '../record/owner'
import { useSave } from '../record/save'
import { Tags } from '../record/tags'
import { sizes } from '../record/words'
import { useSession } from '../shell/session'
import { EditableProperty, Properties, Property } from '../ui/inline-edit'
import { Divider, Stack, Text } from '../ui/layout'
import { When } from '../ui/when'

/** What is known of a company, each value editable in its place. */
export function CompanyProperties({ company }: { company: Company }) {
  const { canWrite } = useSession()
  const { save, dialog } = useSave('companies', company)
  const text = (label: string, field: 'name' | 'domain' | 'industry') => (
    <EditableProperty label={label} value={company[field] ?? ''} disabled={!canWrite} onSave={(value) => save({ [field]: value || null })} />
  )
  return (
    <Stack gap={4}>
      <Properties>
        {text('Name', 'name')}
        {text('Domain', 'domain')}
        {text('Industry', 'industry')}
        <EditableProperty
          label="Size"
          value={company.size ?? ''}
          options={[{ value: '', label: '–' }, ...sizes]}
          disabled={!canWrite}
          onSave={(size) => save({ size: size || null })}
        />
        <OwnerProperty id={company.owner_id} onSave={save} />
      </Properties>
      <Divider />
      <Stack gap={2}>
        <Text as="h2" size={13} weight={600}>
          Tags
        </Text>
        <Tags noun="companies" id={company.id} tags={company.tags ?? []} />
      </Stack>
      <Divider />
      <Properties>
        <CustomFields entity="company" values={company.fields} onSave={save} />
        <Property label="Last touch">
          <When at={company.last_interaction_at} />
        </Property>
        <Property label="Added">
          <When at={company.created_at} />
        </Property>
      </Properties>
      {dialog}
    </Stack>
  )
}
