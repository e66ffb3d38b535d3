import { Link } from '@tanstack/react-router'
import { RecordLink } from '../approvals/record-link'
import { useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { Row, Stack, Text } from '../ui/layout'
import { When } from '../ui/when'
import type { UsedMemory } from './words'

const by: Record<string, string> = { person: 'said by', agent: 'noted by', approval: 'learned from' }

/** The memories that a step was told, with whom they are about and where they come from. */
export function UsedMemories({ memories }: { memories: UsedMemory[] }) {
  const workspace = useWorkspace()
  if (memories.length === 0) return null
  return (
    <Stack gap={1}>
      <Text size={13} weight={500}>
        <Link to="/w/$workspace/agents" params={{ workspace }}>
          Memories used
        </Link>
      </Text>
      {memories.map((m) => (
        <Row key={m.id} gap={2} wrap>
          <Badge>{m.kind}</Badge>
          <Text size={13} dir="auto">
            {m.body}
          </Text>
          <Text size={12} tone="muted">
            {m.entity && m.entity_id ? (
              <RecordLink entity={m.entity} id={m.entity_id}>
                {m.about || m.entity}
              </RecordLink>
            ) : (
              'Everything'
            )}
            {` · ${by[m.source] ?? ''} ${m.author || 'Rapport'}, `}
            <When at={m.day} />
          </Text>
        </Row>
      ))}
    </Stack>
  )
}
