import { useQuery } from '@tanstack/react-query'
import { contactQuery } from '../api/queries'
import { Timeline } from '../record/timeline'
import { useWorkspace } from '../shell/session'
import { Avatar } from '../ui/badge'
import { Divider, Row, Stack, Text } from '../ui/layout'
import { Score } from '../ui/score'
import { ErrorState, SkeletonLines } from '../ui/state'
import { ContactProperties } from './contact-properties'
import { Status } from './status'

/** A contact beside the list: who it is, what is known, what happened last. */
export function ContactPeek({ id }: { id: string }) {
  const workspace = useWorkspace()
  const contact = useQuery(contactQuery(workspace, id))
  if (contact.isPending) return <SkeletonLines count={8} />
  if (contact.isError) return <ErrorState title="This contact could not be read" error={contact.error} onRetry={() => void contact.refetch()} />
  const c = contact.data
  return (
    <Stack gap={4}>
      <Row gap={3}>
        <Avatar name={c.name} id={c.id} size={40} />
        <Stack gap={0} grow>
          <Text as="h2" size={16} weight={600} truncate dir="auto">
            {c.name}
          </Text>
          <Text size={13} tone="muted" truncate>
            {[c.title, c.company_name].filter(Boolean).join(', ') || c.email}
          </Text>
        </Stack>
      </Row>
      <Row gap={3}>
        <Status status={c.status} />
        <Score score={c.score} />
      </Row>
      <Divider />
      <ContactProperties contact={c} />
      <Divider />
      <Timeline noun="contacts" id={c.id} />
    </Stack>
  )
}
