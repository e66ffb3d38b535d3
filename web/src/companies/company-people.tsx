import { Link } from '@tanstack/react-router'
import { useRecords } from '../record/list'
import { counted } from '../record/words'
import { useWorkspace } from '../shell/session'
import { Avatar } from '../ui/badge'
import { Button } from '../ui/button'
import { Row, Stack, Text } from '../ui/layout'
import { Score } from '../ui/score'
import { ErrorState, SkeletonLines } from '../ui/state'

/** Who works there, the most promising first. */
export function CompanyPeople({ id, count }: { id: string; count: number }) {
  const workspace = useWorkspace()
  const filter = JSON.stringify({ and: [{ field: 'company_id', op: 'eq', value: id }] })
  const { list, rows, onMore } = useRecords('contacts', { filter, sort: '-score' })
  return (
    <Stack gap={3}>
      <Row justify="between">
        <Text as="h2" weight={600}>
          People
        </Text>
        <Text size={12} tone="muted">
          {counted(count, 'contact')}
        </Text>
      </Row>
      {list.isPending && <SkeletonLines count={4} avatar />}
      {list.isError && <ErrorState title="People could not be read" error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && rows.length === 0 && (
        <Text size={13} tone="muted">
          Nobody yet.
        </Text>
      )}
      {rows.map((c) => (
        <Row key={c.id} gap={3}>
          <Avatar name={c.name} id={c.id} size={28} />
          <Stack gap={0} grow>
            <Link to="/w/$workspace/contacts/$id" params={{ workspace, id: c.id }} dir="auto">
              {c.name}
            </Link>
            <Text size={12} tone="muted" truncate>
              {c.title ?? c.email}
            </Text>
          </Stack>
          <Score score={c.score} />
        </Row>
      ))}
      {list.hasNextPage && <Button onClick={onMore}>Show more</Button>}
    </Stack>
  )
}
