import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { ArrowLeft, Trash2 } from 'lucide-react'
import { companyQuery } from '../api/queries'
import type { Company } from '../api/types'
import { CustomFields } from '../record/custom-fields'
import { OwnerProperty } from '../record/owner'
import { useRemove } from '../record/remove'
import { useSave } from '../record/save'
import { Tags } from '../record/tags'
import { Timeline } from '../record/timeline'
import { sizes } from '../record/words'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { Avatar } from '../ui/badge'
import { Button, IconButton } from '../ui/button'
import { EditableProperty, Properties, Property } from '../ui/inline-edit'
import { Divider, Page, RecordLayout, Stack, Text } from '../ui/layout'
import { ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { CompanyPeople } from './company-people'

const route = getRouteApi('/w/$workspace/companies/$id')

export function CompanyPage() {
  const { id } = route.useParams()
  const workspace = useWorkspace()
  const company = useQuery(companyQuery(workspace, id))
  const back = useBack()
  if (company.isPending)
    return (
      <Page title="Company" back={back}>
        <SkeletonLines count={10} />
      </Page>
    )
  if (company.isError)
    return (
      <Page title="Company" back={back}>
        <ErrorState title="This company could not be read" error={company.error} onRetry={() => void company.refetch()} />
      </Page>
    )
  return <CompanyView key={id} company={company.data} />
}

function useBack() {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  return <IconButton icon={ArrowLeft} label="All companies" onClick={() => void navigate({ to: '/w/$workspace/companies', params: { workspace } })} />
}

function CompanyView({ company }: { company: Company }) {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const { canWrite } = useSession()
  const toList = () => navigate({ to: '/w/$workspace/companies', params: { workspace } })
  const remove = useRemove('companies', toList)
  const back = useBack()
  useKeys([{ keys: 'escape', label: 'Back to the companies', group: 'This company', run: () => void toList() }])
  return (
    <Page
      title={
        <>
          <Avatar name={company.name} id={company.id} size={28} square />
          <Text truncate dir="auto">
            {company.name}
          </Text>
        </>
      }
      back={back}
      actions={
        canWrite && (
          <Button variant="danger" icon={Trash2} busy={remove.isPending} onClick={() => remove.mutate(company)}>
            Delete
          </Button>
        )
      }
    >
      <RecordLayout left={<CompanyProperties company={company} />} centre={<Timeline noun="companies" id={company.id} />} right={<CompanyPeople id={company.id} count={company.contact_count} />} />
    </Page>
  )
}

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
