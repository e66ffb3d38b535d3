import { useQuery } from '@tanstack/react-query'
import { companyQuery } from '../api/queries'
import { Timeline } from '../record/timeline'
import { useWorkspace } from '../shell/session'
import { Avatar } from '../ui/badge'
import { Divider, Row, Stack, Text } from '../ui/layout'
import { ErrorState, SkeletonLines } from '../ui/state'
import { CompanyPeople } from './company-people'
import { CompanyProperties } from './company-properties'

/** A company beside the list: what is known, who is there, what happened last. */
export function CompanyPeek({ id }: { id: string }) {
  const workspace = useWorkspace()
  const company = useQuery(companyQuery(workspace, id))
  if (company.isPending) return <SkeletonLines count={8} />
  if (company.isError) return <ErrorState title="This company could not be read" error={company.error} onRetry={() => void company.refetch()} />
  const c = company.data
  return (
    <Stack gap={4}>
      <Row gap={3}>
        <Avatar name={c.name} id={c.id} size={40} square />
        <Stack gap={0} grow>
          <Text as="h2" size={16} weight={600} truncate dir="auto">
            {c.name}
          </Text>
          <Text size={13} tone="muted" truncate>
            {[c.domain, c.industry].filter(Boolean).join(', ')}
          </Text>
        </Stack>
      </Row>
      <Divider />
      <CompanyProperties company={c} />
      <Divider />
      <CompanyPeople id={c.id} count={c.contact_count} />
      <Divider />
      <Timeline noun="companies" id={c.id} />
    </Stack>
  )
}
