import { infiniteQueryOptions, useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { Brain, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import { next } from '../api/queries'
import type { Memory } from '../api/types'
import { useSession, useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Badge } from '../ui/badge'
import { Button, IconButton } from '../ui/button'
import { Table } from '../ui/code'
import { Confirm, Dialog } from '../ui/dialog'
import { entry, Form, FormActions, Select, SelectField, TextAreaField } from '../ui/form'
import { Padded, Panel, Row, Stack, Text } from '../ui/layout'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'

type Kind = Memory['kind']

const kinds: { value: Kind; label: string }[] = [
  { value: 'fact', label: 'Fact' },
  { value: 'preference', label: 'Preference' },
  { value: 'decision', label: 'Decision' },
  { value: 'outcome', label: 'Outcome' },
  { value: 'lesson', label: 'Lesson' },
]

const sources: Record<Memory['source'], string> = { person: 'said by', agent: 'noted by', approval: 'learned from' }

const memoriesQuery = (workspace: string, kind: Kind | '') =>
  infiniteQueryOptions({
    queryKey: [workspace, 'memories', 'list', kind],
    queryFn: ({ pageParam, signal }) =>
      read(server.GET('/v1/workspaces/{workspace}/memories', { params: { path: { workspace }, query: { kind: kind || undefined, cursor: pageParam || undefined } }, signal })),
    initialPageParam: '',
    getNextPageParam: next,
  })

/** What agents know between runs. */
export function MemoryTab() {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const [kind, setKind] = useState<Kind | ''>('')
  const memories = useInfiniteQuery(memoriesQuery(workspace, kind))
  const [adding, setAdding] = useState(false)
  const rows = memories.data?.pages.flatMap((p) => p.data)
  const add = canWrite && (
    <Button size="small" icon={Plus} onClick={() => setAdding(true)}>
      Teach them something
    </Button>
  )
  return (
    <Panel title="Memory" actions={add} flush>
      <Padded>
        <Select label="Kind" value={kind} onChange={(e) => setKind(kinds.find((k) => k.value === e.target.value)?.value ?? '')} options={[{ value: '', label: 'All kinds' }, ...kinds]} />
      </Padded>
      {memories.isPending && <SkeletonLines count={4} />}
      {memories.isError && <ErrorState title="The memory could not be read" error={memories.error} onRetry={() => void memories.refetch()} />}
      {rows?.length === 0 && (
        <EmptyState icon={Brain} title="Nothing is remembered yet">
          Lessons come here when somebody rejects what an agent proposed, with the reason. Facts and preferences can be taught.
        </EmptyState>
      )}
      {rows && rows.length > 0 && (
        <Table folds label="Memory" head={['What', 'About', 'Weight', '']}>
          {rows.map((m) => (
            <MemoryRow key={m.id} memory={m} />
          ))}
        </Table>
      )}
      {memories.hasNextPage && (
        <Padded>
          <Button busy={memories.isFetchingNextPage} onClick={() => void memories.fetchNextPage()}>
            Show more
          </Button>
        </Padded>
      )}
      {adding && <Teach onClose={() => setAdding(false)} />}
    </Panel>
  )
}

function MemoryRow({ memory: m }: { memory: Memory }) {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const touched = useTouched()
  const toast = useToast()
  const [leaving, setLeaving] = useState(false)
  const remove = useMutation({
    mutationFn: () => server.DELETE('/v1/workspaces/{workspace}/memories/{id}', { params: { path: { workspace, id: m.id } } }),
    onSuccess: () => {
      setLeaving(false)
      return touched('memories')
    },
    onError: (error) => toast({ title: 'Not forgotten', detail: error.message, tone: 'bad' }),
  })
  return (
    <tr>
      <td>
        <Stack gap={1}>
          <Row gap={2}>
            <Badge>{kinds.find((k) => k.value === m.kind)?.label ?? m.kind}</Badge>
            <Text dir="auto">{m.body}</Text>
          </Row>
          <Text size={12} tone="muted">
            {sources[m.source]} {m.author_name || 'Rapport'}, <When at={m.created_at} />
          </Text>
        </Stack>
      </td>
      <td data-label="About">
        <Text tone="muted" dir="auto">
          {m.entity_name ?? 'Everything'}
        </Text>
      </td>
      <td data-label="Weight">
        <Text tone="muted">{Math.round(m.weight * 100)} %</Text>
      </td>
      <td>
        <Row justify="end">{isAdmin && <IconButton icon={Trash2} size="small" label={`Forget: ${m.body}`} onClick={() => setLeaving(true)} />}</Row>
        {leaving && (
          <Confirm title="Forget this?" action="Forget it" busy={remove.isPending} onConfirm={() => remove.mutate()} onClose={() => setLeaving(false)}>
            It is gone for good, and no agent hears of it again.
          </Confirm>
        )}
      </td>
    </tr>
  )
}

function Teach({ onClose }: { onClose: () => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const save = useMutation({
    mutationFn: (data: FormData) =>
      read(
        server.POST('/v1/workspaces/{workspace}/memories', {
          params: { path: { workspace } },
          body: { kind: kinds.find((k) => k.value === entry(data, 'kind'))?.value ?? 'fact', body: entry(data, 'body'), importance: 0.8 },
        }),
      ),
    onSuccess: () => {
      onClose()
      toast({ title: 'They will remember' })
      return touched('memories')
    },
  })
  const problem = save.error instanceof ProblemError ? save.error : undefined
  return (
    <Dialog title="Teach the agents something" onClose={onClose}>
      <Form label="Teach the agents something" onSubmit={(data) => save.mutate(data)}>
        {save.error && !problem?.errors.length && <Banner tone="bad">{save.error.message}</Banner>}
        <SelectField label="Kind" name="kind" defaultValue="preference" options={kinds} />
        <TextAreaField label="What" name="body" rows={3} maxLength={1000} required autoFocus help="Whole sentences. Secrets are left out." error={problem?.field('body')} />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.isPending}>
            Keep it
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}
