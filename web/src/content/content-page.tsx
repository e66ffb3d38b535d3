import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { CircleAlert, PenLine } from 'lucide-react'
import { useState } from 'react'
import type { ContentSummary } from '../api/types'
import { nothing, toggled } from '../record/selection'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { EngineMark } from '../ui/engine'
import { Checkbox, Select } from '../ui/form'
import { Hidden, Page, Row, Scroll, Stack, TabLinks, Text } from '../ui/layout'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { Chosen } from './chosen'
import { Generate } from './generate'
import { Writing } from './progress'
import { contentQuery, metricsQuery, useKinds } from './queries'
import type { ContentSearch } from './search'
import { Voice } from './voice'
import { ContentStatus, statusOptions } from './words'

const route = getRouteApi('/w/$workspace/content')

/** What was written for others, and how the workspace sounds. */
export function ContentPage() {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const search = route.useSearch()
  const [asking, setAsking] = useState(false)
  const [run, setRun] = useState<string>()
  useKeys([{ keys: 'c', label: 'Have something written', group: 'Content', run: () => canWrite && setAsking(true) }])
  const tab = (view: ContentSearch['view'], label: string) => (
    <Link to="/w/$workspace/content" params={{ workspace }} search={{ view }} activeOptions={{ exact: true }} activeProps={{}} aria-current={search.view === view ? 'page' : undefined} data-status={undefined}>
      {label}
    </Link>
  )
  const tabs = (
    <TabLinks label="Content">
      {tab(undefined, 'Drafts')}
      {tab('results', 'Results')}
      {tab('voice', 'Brand voice')}
    </TabLinks>
  )
  const write = canWrite && (
    <Button variant="primary" icon={PenLine} onClick={() => setAsking(true)}>
      Write
    </Button>
  )
  return (
    <Page title="Content" tabs={tabs} actions={search.view === undefined && write}>
      <Scroll width={search.view === 'voice' ? 'normal' : 'wide'}>
        <Stack gap={4}>
          {run && <Writing run={run} onDone={() => setRun(undefined)} />}
          {search.view === 'voice' && <Voice />}
          {search.view === 'results' && <Results />}
          {search.view === undefined && <Drafts search={search} write={write} />}
        </Stack>
      </Scroll>
      {asking && (
        <Generate
          contact={search.contact}
          onClose={() => setAsking(false)}
          onStarted={(id) => {
            setAsking(false)
            setRun(id)
          }}
        />
      )}
    </Page>
  )
}

function Drafts({ search, write }: { search: ContentSearch; write: React.ReactNode }) {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const kinds = useKinds()
  const list = useInfiniteQuery(contentQuery(workspace, search))
  const rows = list.data?.pages.flatMap((p) => p.data) ?? []
  const { canWrite } = useSession()
  const [selection, setSelection] = useState(nothing)
  const chosen = rows.filter((c) => selection.ids.has(c.id))
  const go = (change: Partial<ContentSearch>) => void navigate({ to: '/w/$workspace/content', params: { workspace }, search: { ...search, ...change }, replace: true })
  const filtered = search.kind !== undefined || search.status !== undefined || search.contact !== undefined
  return (
    <Stack gap={3}>
      <Row gap={2} wrap>
        <Select label="Kind" value={search.kind ?? ''} onChange={(e) => go({ kind: e.target.value || undefined })} options={[{ value: '', label: 'All kinds' }, ...kinds.map((k) => ({ value: k.name, label: k.title }))]} />
        <Select label="Status" value={search.status ?? ''} onChange={(e) => go({ status: isStatus(e.target.value) ? e.target.value : undefined })} options={[{ value: '', label: 'Any status' }, ...statusOptions]} />
        {search.contact && (
          <Button size="small" variant="quiet" onClick={() => go({ contact: undefined })}>
            All contacts
          </Button>
        )}
      </Row>
      {list.isPending && <SkeletonLines count={6} />}
      {list.isError && <ErrorState title="Content could not be read" error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && rows.length === 0 && (
        <EmptyState icon={PenLine} title={filtered ? 'Nothing like this' : 'Nothing written yet'} actions={write}>
          {filtered ? 'Choose another kind or status.' : 'Follow-ups, proposals, pages, posts and plans are drafted here, checked against your facts, and sent only when somebody says so.'}
        </EmptyState>
      )}
      {chosen.length > 0 && <Chosen rows={chosen} onDone={() => setSelection(nothing)} />}
      {rows.length > 0 && (
        <Table folds label="Content" head={['Title', 'Kind', 'Status', 'Checks', 'Changed']}>
          {rows.map((c) => (
            <ContentRow key={c.id} content={c} chosen={selection.ids.has(c.id)} onChoose={canWrite ? () => setSelection(toggled(selection, c.id)) : undefined} kind={kinds.find((k) => k.name === c.kind)?.title ?? c.kind} />
          ))}
        </Table>
      )}
      {list.hasNextPage && (
        <Row>
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show more
          </Button>
        </Row>
      )}
    </Stack>
  )
}

function isStatus(s: string): s is ContentSummary['status'] {
  return statusOptions.some((o) => o.value === s)
}

type RowProps = { content: ContentSummary; kind: string; chosen: boolean; onChoose?: () => void }

function ContentRow({ content: c, kind, chosen, onChoose }: RowProps) {
  const workspace = useWorkspace()
  return (
    <tr>
      <td>
        <Row gap={2}>
          {onChoose && <Checkbox label={<Hidden>Choose {c.title}</Hidden>} checked={chosen} onChange={onChoose} />}
          <Link to="/w/$workspace/content/$id" params={{ workspace, id: c.id }} dir="auto">
            {c.title}
          </Link>
          {c.engine && <EngineMark engine={c.engine} version={null} degraded={c.degraded} />}
        </Row>
      </td>
      <td data-label="Kind">{kind}</td>
      <td data-label="Status">
        <ContentStatus status={c.status} />
      </td>
      <td data-label="Checks">
        {c.errors > 0 ? (
          <Badge tone="bad" icon={CircleAlert}>
            {c.errors} to mend
          </Badge>
        ) : (
          <Text tone="muted">Passed</Text>
        )}
      </td>
      <td data-label="Changed">
        <Text tone="muted">
          <When at={c.updated_at} />
        </Text>
      </td>
    </tr>
  )
}

/** What became of it, from what happened alone. */
function Results() {
  const kinds = useKinds()
  const metrics = useQuery(metricsQuery(useWorkspace()))
  if (metrics.isPending) return <SkeletonLines count={5} />
  if (metrics.isError) return <ErrorState title="The results could not be read" error={metrics.error} onRetry={() => void metrics.refetch()} />
  if (metrics.data.length === 0)
    return (
      <EmptyState icon={PenLine} title="No results yet">
        Once letters are sent, this page counts how many were answered, by kind and tone.
      </EmptyState>
    )
  return (
    <Table folds label="Results" head={['Kind', 'Tone', 'Written', 'Sent', 'Answered', 'How personal']} numbers={['Written', 'Sent', 'Answered', 'How personal']}>
      {metrics.data.map((m) => (
        <tr key={`${m.kind} ${m.tone}`}>
          <td>{kinds.find((k) => k.name === m.kind)?.title ?? m.kind}</td>
          <td data-label="Tone">{m.tone || '–'}</td>
          <td data-label="Written" data-number>{m.count.toLocaleString()}</td>
          <td data-label="Sent" data-number>{m.sent.toLocaleString()}</td>
          <td data-label="Answered" data-number>{m.answered.toLocaleString()}</td>
          <td data-label="How personal" data-number>{m.mean_score === null ? '–' : Math.round(m.mean_score)}</td>
        </tr>
      ))}
    </Table>
  )
}
