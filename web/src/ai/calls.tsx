import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ChevronDown, ChevronRight, Waypoints } from 'lucide-react'
import { useId, useState } from 'react'
import type { AiCall, AiOutcome } from '../api/types'
import { useMembers, useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { Button, IconButton } from '../ui/button'
import { Table } from '../ui/code'
import { Select } from '../ui/form'
import { Padded, Panel, Row, Stack, Text } from '../ui/layout'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { Trail } from '../ui/trail'
import { When } from '../ui/when'
import { callQuery, callsQuery, type CallFilter } from './queries'
import { money, outcomeWords, provenance, providerName, providerOrder, span, stepOf } from './words'

const outcomes: AiOutcome[] = ['answered', 'cached', 'degraded', 'deferred', 'failed', 'cancelled']

/** Every call of the workspace, newest first. */
export function CallsTab() {
  const [filter, setFilter] = useState<CallFilter>({})
  return (
    <Panel
      title="Calls"
      flush
      actions={
        <Row gap={2} wrap>
          <Select
            label="Outcome"
            value={filter.outcome ?? ''}
            onChange={(e) => setFilter({ ...filter, outcome: outcomes.find((o) => o === e.target.value) })}
            options={[{ value: '', label: 'Every outcome' }, ...outcomes.map((o) => ({ value: o, label: outcomeWords(o).words }))]}
          />
          <Select
            label="Provider"
            value={filter.provider ?? ''}
            onChange={(e) => setFilter({ ...filter, provider: e.target.value || undefined })}
            options={[{ value: '', label: 'Every provider' }, ...[...providerOrder, 'rules'].map((p) => ({ value: p, label: providerName(p) }))]}
          />
        </Row>
      }
    >
      <CallRows filter={filter} limit={50} more />
    </Panel>
  )
}

type RowsProps = { filter: CallFilter; limit: number; more?: boolean }

export function CallRows({ filter, limit, more }: RowsProps) {
  const workspace = useWorkspace()
  const calls = useInfiniteQuery(callsQuery(workspace, filter, limit))
  const rows = calls.data?.pages.flatMap((p) => p.data) ?? []
  if (calls.isPending) return <SkeletonLines count={5} />
  if (calls.isError) return <ErrorState title="The calls could not be read" error={calls.error} onRetry={() => void calls.refetch()} />
  if (rows.length === 0)
    return (
      <EmptyState icon={Waypoints} title="No calls">
        {filter.outcome || filter.provider ? 'No call fits these choices.' : 'Each question to a model or to rules stands here, with who was asked, what failed, how long it waited and what it cost.'}
      </EmptyState>
    )
  return (
    <>
      <Table folds label="Calls" head={['Task', 'When', 'Answered by', 'Outcome', 'Took', 'Cost', '']} numbers={['Took', 'Cost']}>
        {rows.map((c) => (
          <CallRow key={c.id} call={c} />
        ))}
      </Table>
      {more && calls.hasNextPage && (
        <Padded>
          <Button busy={calls.isFetchingNextPage} onClick={() => void calls.fetchNextPage()}>
            Show older calls
          </Button>
        </Padded>
      )}
    </>
  )
}

function CallRow({ call: c }: { call: AiCall }) {
  const [open, setOpen] = useState(false)
  const id = useId()
  const outcome = outcomeWords(c.outcome)
  const person = useMembers().find((m) => m.user_id === c.user_id)?.name
  return (
    <>
      <tr>
        <td>
          <Stack gap={0}>
            <Text weight={500}>{c.task}</Text>
            <Text size={12} tone="muted">
              {[c.class, c.agent || person, c.interactive ? 'somebody waited' : ''].filter(Boolean).join(', ')}
            </Text>
          </Stack>
        </td>
        <td data-label="When">
          <When at={c.started_at} />
        </td>
        <td data-label="Answered by">
          <Text>{[c.engine && providerName(c.engine), c.model].filter(Boolean).join(', ') || '–'}</Text>
        </td>
        <td data-label="Outcome">
          <Badge tone={outcome.tone}>{outcome.words}</Badge>
          {c.attempts > 1 && (
            <Text size={12} tone="muted">
              {' '}
              {c.attempts} steps
            </Text>
          )}
        </td>
        <td data-label="Took" data-number>
          <Text number>{span(c.duration_ms)}</Text>
        </td>
        <td data-label="Cost" data-number>
          <Text number>
            {c.estimated && '≈ '}
            {money(c.cost_nano)}
          </Text>
        </td>
        <td>
          <IconButton icon={open ? ChevronDown : ChevronRight} size="small" label={`How ${c.task} was answered`} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)} />
        </td>
      </tr>
      {open && (
        <tr id={id}>
          <td colSpan={7} data-wide>
            <CallTrail id={c.id} />
          </td>
        </tr>
      )}
    </>
  )
}

/** Who was asked in turn, read from the record of a call. */
export function CallTrail({ id }: { id: string }) {
  const workspace = useWorkspace()
  const call = useQuery(callQuery(workspace, id))
  if (call.isPending) return <SkeletonLines count={2} />
  if (call.isError) return <Text size={13} tone="muted">{call.error.message}</Text>
  const { trail, simulated, error } = call.data
  return (
    <Stack gap={2}>
      <Text as="p" size={13}>
        {provenance(call.data, trail, simulated)}
      </Text>
      {trail.length > 0 ? <Trail label="Who was asked" steps={trail.map(stepOf)} /> : <Text size={13} tone="muted">Nobody had to be asked.</Text>}
      {error && (
        <Text as="p" size={12} tone="bad">
          {error}
        </Text>
      )}
    </Stack>
  )
}
