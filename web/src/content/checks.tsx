import { CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react'
import type { Finding } from '../api/types'
import { Badge } from '../ui/badge'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { fieldName } from './shape'

function placeOf(path: string): string {
  const parts = path.split('/').filter(Boolean)
  return parts.map((p) => (/^\d+$/.test(p) ? String(Number(p) + 1) : fieldName(p))).join(' ')
}

/** What the checks found: what stands in the way first. */
export function Checks({ findings }: { findings: Finding[] }) {
  const errors = findings.filter((f) => f.level === 'error').length
  const badge =
    errors > 0 ? (
      <Badge tone="bad" icon={CircleAlert}>
        {errors} to mend
      </Badge>
    ) : (
      <Badge tone="good" icon={CircleCheck}>
        Passed
      </Badge>
    )
  return (
    <Panel title="Checks" actions={badge}>
      {findings.length === 0 ? (
        <Text tone="muted">Every claim, link and name in it was supplied.</Text>
      ) : (
        <Stack gap={3}>
          {findings.map((f) => (
            <Row key={`${f.code} ${f.path} ${f.quote}`} align="top" gap={2}>
              <Text tone={f.level === 'error' ? 'bad' : 'warn'}>{f.level === 'error' ? <CircleAlert size={16} strokeWidth={1.5} aria-label="Error" /> : <TriangleAlert size={16} strokeWidth={1.5} aria-label="Note" />}</Text>
              <Stack gap={0}>
                <Text size={13}>{f.text}</Text>
                <Text size={12} tone="muted" dir="auto">
                  {[placeOf(f.path), f.quote && `“${f.quote}”`].filter(Boolean).join(': ')}
                </Text>
              </Stack>
            </Row>
          ))}
        </Stack>
      )}
    </Panel>
  )
}
