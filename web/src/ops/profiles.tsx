import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Database, Gauge } from 'lucide-react'
import { useState } from 'react'
import type { Profile } from '../api/types'
import { useToast } from '../shell/toasts'
import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { Select } from '../ui/form'
import { Padded, Panel, Row, Stack, Text } from '../ui/layout'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { fileSize } from '../ui/time'
import { When } from '../ui/when'
import { takeProfile } from './acts'
import { opsTouched, profilesQuery, statementsQuery } from './queries'
import { millis, percent } from './words'

const kinds: { value: Profile['kind']; label: string }[] = [
  { value: 'cpu', label: 'Processor time' },
  { value: 'heap', label: 'Memory' },
  { value: 'goroutine', label: 'Goroutines' },
  { value: 'block', label: 'Waiting' },
  { value: 'mutex', label: 'Locks' },
]

/** Where time and memory go: in the process, and in the database. */
export function ProfilesTab() {
  return (
    <>
      <Profiles />
      <Statements />
    </>
  )
}

function Profiles() {
  const profiles = useQuery(profilesQuery)
  return (
    <Panel title="Profiles" actions={<Take />} flush>
      {profiles.isPending && <SkeletonLines count={3} />}
      {profiles.isError && <ErrorState title="The profiles could not be read" error={profiles.error} onRetry={() => void profiles.refetch()} />}
      {profiles.data?.length === 0 && (
        <EmptyState icon={Gauge} title="No profiles yet">
          A profile shows where the process spends its time or memory. The latest 20 are kept until it ends.
        </EmptyState>
      )}
      {profiles.data && profiles.data.length > 0 && (
        <Table folds label="Profiles" head={['Profile', 'Taken', 'Size', '']} numbers={['Size']}>
          {profiles.data.map((p) => (
            <tr key={p.id}>
              <td>
                <Stack gap={0}>
                  <Text weight={500}>{kinds.find((k) => k.value === p.kind)?.label ?? p.kind}</Text>
                  <Text size={12} tone="muted">
                    {[p.seconds > 0 ? `${Math.round(p.seconds)} s` : 'of that moment', p.release].filter(Boolean).join(' · ')}
                  </Text>
                </Stack>
              </td>
              <td data-label="Taken">
                <Text tone="muted">
                  <When at={p.started_at} />
                </Text>
              </td>
              <td data-label="Size" data-number>
                {fileSize(p.bytes)}
              </td>
              <td>
                <a href={`/v1/ops/profiles/${encodeURIComponent(p.id)}`} download>
                  Download
                </a>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Padded>
        <Text size={12} tone="muted">
          Read a profile with <code>go tool pprof</code>. It holds names of functions, and nothing that people wrote.
        </Text>
      </Padded>
    </Panel>
  )
}

function Take() {
  const client = useQueryClient()
  const toast = useToast()
  const [kind, setKind] = useState<Profile['kind']>('cpu')
  const take = useMutation({
    mutationFn: () => takeProfile(kind, 5),
    onSuccess: () => toast({ title: 'The profile is there' }),
    onError: (error) => toast({ title: 'No profile was taken', detail: error.message, tone: 'bad' }),
    onSettled: () => opsTouched(client, 'profiles'),
  })
  return (
    <Row gap={2}>
      <Select label="What to profile" value={kind} onChange={(e) => setKind(kinds.find((k) => k.value === e.target.value)?.value ?? 'cpu')} options={kinds} />
      <Button size="small" icon={Gauge} busy={take.isPending} onClick={() => take.mutate()}>
        Take 5 s
      </Button>
    </Row>
  )
}

function Statements() {
  const statements = useQuery(statementsQuery)
  return (
    <Panel title="Statements that take the most time" flush>
      {statements.isPending && <SkeletonLines count={5} />}
      {statements.isError && <ErrorState title="The statements could not be read" error={statements.error} onRetry={() => void statements.refetch()} />}
      {statements.data && !statements.data.available && (
        <EmptyState icon={Database} title="The database does not count statements">
          {statements.data.how}
        </EmptyState>
      )}
      {statements.data?.available && statements.data.data.length === 0 && (
        <EmptyState icon={Database} title="No statements yet">
          Once the database has worked, they are listed here by the time they took.
        </EmptyState>
      )}
      {statements.data && statements.data.data.length > 0 && (
        <Table folds label="Statements" head={['Statement', 'Calls', 'Rows', 'Mean', 'Most', 'Part']} numbers={['Calls', 'Rows', 'Mean', 'Most', 'Part']}>
          {statements.data.data.map((s) => (
            <tr key={s.id}>
              <td>
                <Text size={12} mono>
                  {s.statement}
                </Text>
              </td>
              <td data-label="Calls" data-number>
                {s.calls.toLocaleString()}
              </td>
              <td data-label="Rows" data-number>
                {s.rows.toLocaleString()}
              </td>
              <td data-label="Mean" data-number>
                {millis(s.mean_ms)}
              </td>
              <td data-label="Most" data-number>
                {millis(s.max_ms)}
              </td>
              <td data-label="Part" data-number>
                {percent(s.share)}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}
