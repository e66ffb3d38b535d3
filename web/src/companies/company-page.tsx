import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { ArrowLeft, Trash2 } from 'lucide-react'
import { companyQuery } from '../api/queries'
import type { Company } from '../api/types'
import { useRemove } from '../record/remove'
import { Timeline } from '../record/timeline'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { Avatar } from '../ui/badge'
import { Button, IconButton } from '../ui/button'
import { Page, RecordLayout, Text } from '../ui/layout'
import { ErrorState, SkeletonLines } from '../ui/state'
import { CompanyPeople } from './company-people'
import { CompanyProperties } from './company-properties'

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
