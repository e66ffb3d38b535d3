import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ArrowLeft, Download, Inbox } from 'lucide-react'
import { useCallback } from 'react'
import { server } from '../api/client'
import { root } from '../api/queries'
import type { Import, ImportItem, Outcome } from '../api/types'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { useWhenShown } from '../shell/when-shown'
import { Badge, type Tone } from '../ui/badge'
import { Button, IconButton } from '../ui/button'
import { Clamped, Table } from '../ui/code'
import { DownloadLink } from '../ui/download'
import { Count, Page, Panel, Row, Scroll, Stack, TabLinks, Text, Tile, Tiles } from '../ui/layout'
import { Progress } from '../ui/progress'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { duration, fileSize } from '../ui/time'
import { importQuery, isRunning, itemsQuery } from './queries'
import { pace, stateTone, stateWords } from './words'

const route = getRouteApi('/w/$workspace/imports/$id')

export function ImportPage() {
  const { id } = route.useParams()
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const one = useQuery(importQuery(workspace, id))
  const touched = useTouched()
  useWhenShown(`${id} ${one.data?.state}`, () => void touched('imports', 'threads', 'contacts', 'companies', 'changes', 'search'))
  const back = <IconButton icon={ArrowLeft} label="All imports" onClick={() => void navigate({ to: '/w/$workspace/imports', params: { workspace } })} />
  return (
    <Page title={<Title entry={one.data} />} back={back} actions={one.data && <Actions entry={one.data} />}>
      <Scroll width="normal">
        {one.isPending && <SkeletonLines count={8} />}
        {one.isError && <ErrorState title="This import could not be read" error={one.error} onRetry={() => void one.refetch()} />}
        {one.data && (
          <Stack gap={5}>
            <Overview entry={one.data} />
            <Items entry={one.data} />
          </Stack>
        )}
      </Scroll>
    </Page>
  )
}

function Title({ entry }: { entry: Import | undefined }) {
  if (!entry) return 'Import'
  return (
    <>
      <Text truncate>{entry.filename || 'unnamed'}</Text>
      <Badge tone={stateTone[entry.state]}>{stateWords[entry.state]}</Badge>
    </>
  )
}

function Actions({ entry }: { entry: Import }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const path = `${root(workspace)}/imports/${entry.id}`
  const cancel = useMutation({
    mutationFn: () => server.POST('/v1/workspaces/{workspace}/imports/{id}/cancel', { params: { path: { workspace, id: entry.id } } }),
    onSuccess: () => {
      toast({ title: 'Import cancelled', detail: 'What was read so far stays.' })
      return touched('imports')
    },
    onError: (error) => toast({ title: 'Not cancelled', detail: error.message, tone: 'bad' }),
  })
  if (isRunning(entry.state))
    return (
      <Button variant="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>
        Cancel import
      </Button>
    )
  return (
    <>
      <DownloadLink icon={Download} href={`${path}/report?format=csv`}>
        CSV
      </DownloadLink>
      <DownloadLink icon={Download} href={`${path}/report?format=json`}>
        JSON
      </DownloadLink>
    </>
  )
}

function Overview({ entry: i }: { entry: Import }) {
  const workspace = useWorkspace()
  const running = isRunning(i.state)
  const seen = i.imported + i.duplicates + i.refused
  const understanding = i.state === 'understanding'
  const took = i.started_at && i.finished_at ? duration((Date.parse(i.finished_at) - Date.parse(i.started_at)) / 1000) : undefined
  return (
    <Stack gap={4}>
      {i.error && <Banner tone="bad">{i.error}</Banner>}
      {running && !understanding && <Progress label={`${stateWords[i.state]}: ${fileSize(i.bytes_done)} of ${fileSize(i.bytes_total)}`} value={i.bytes_done} max={i.bytes_total || null} note={pace(i)} />}
      {understanding && <Progress label={`Understanding: ${i.triaged.toLocaleString()} of ${i.imported.toLocaleString()} messages`} value={i.triaged} max={i.imported || null} note={pace(i)} />}
      {running && (
        <Text as="p" size={13} tone="muted">
          You can leave this page; the work goes on.
        </Text>
      )}
      {i.state === 'done' && (
        <Banner
          tone="good"
          actions={
            <Link to="/w/$workspace/inbox" params={{ workspace }}>
              <Row gap={1}>
                <Inbox size={16} strokeWidth={1.5} aria-hidden />
                Open the inbox
              </Row>
            </Link>
          }
        >
          Every one of {seen.toLocaleString()} messages is accounted for{took ? `, in ${took}` : ''}.
        </Banner>
      )}
      <Panel title="Messages">
        <Tiles>
          <Tile label="Imported">{i.imported.toLocaleString()}</Tile>
          <Tile label="Duplicates">{i.duplicates.toLocaleString()}</Tile>
          <Tile label="Refused">{i.refused.toLocaleString()}</Tile>
        </Tiles>
      </Panel>
      <Panel title="What they are">
        <Tiles>
          <Tile label="Personal">{i.personal.toLocaleString()}</Tile>
          <Tile label="Bulk">{i.bulk.toLocaleString()}</Tile>
          <Tile label="Automatic">{i.automatic.toLocaleString()}</Tile>
          <Tile label="Your own">{i.own.toLocaleString()}</Tile>
          <Tile label="Read closely">{i.analyzed.toLocaleString()}</Tile>
          <Tile label="Not read further">{i.analysis_skipped.toLocaleString()}</Tile>
        </Tiles>
      </Panel>
    </Stack>
  )
}

const outcomes: { id: Outcome | undefined; label: string; count: (i: Import) => number }[] = [
  { id: undefined, label: 'All', count: (i) => i.imported + i.duplicates + i.refused },
  { id: 'imported', label: 'Imported', count: (i) => i.imported },
  { id: 'duplicate', label: 'Duplicates', count: (i) => i.duplicates },
  { id: 'refused', label: 'Refused', count: (i) => i.refused },
]

function Items({ entry }: { entry: Import }) {
  const workspace = useWorkspace()
  const { outcome } = route.useSearch()
  const items = useInfiniteQuery(itemsQuery(workspace, entry.id, outcome, isRunning(entry.state)))
  const rows = items.data?.pages.flatMap((p) => p.data) ?? []
  const { fetchNextPage } = items
  const count = outcomes.find((o) => o.id === outcome)?.count(entry) ?? 0
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage])
  return (
    <Panel
      title={
        <TabLinks label="Outcome">
          {outcomes.map((o) => (
            <Link key={o.label} to="/w/$workspace/imports/$id" params={{ workspace, id: entry.id }} search={{ outcome: o.id }} activeOptions={{ explicitUndefined: true }} aria-current={o.id === outcome ? 'page' : undefined} replace>
              {o.label} <Count value={o.count(entry)} />
            </Link>
          ))}
        </TabLinks>
      }
      flush
    >
      {(items.isPending || (rows.length === 0 && count > 0)) && <SkeletonLines count={6} />}
      {items.isError && <ErrorState title="The messages could not be read" error={items.error} onRetry={() => void items.refetch()} />}
      {items.isSuccess && rows.length === 0 && count === 0 && <EmptyState title="No message here" />}
      {rows.length > 0 && (
        <Table label="Messages of this import" head={['#', 'Outcome', 'Subject', 'From', 'Kind or reason']}>
          {rows.map((row) => (
            <ItemRow key={row.ordinal} item={row} />
          ))}
        </Table>
      )}
      {items.hasNextPage && (
        <Button variant="quiet" wide busy={items.isFetchingNextPage} onClick={more}>
          Show more
        </Button>
      )}
    </Panel>
  )
}

const tones: Record<Outcome, Tone> = { imported: 'good', duplicate: 'neutral', refused: 'warn' }

function ItemRow({ item }: { item: ImportItem }) {
  return (
    <tr>
      <td>
        <Text tone="muted" number>
          {item.ordinal.toLocaleString()}
        </Text>
      </td>
      <td>
        <Badge tone={tones[item.outcome]}>{item.outcome}</Badge>
      </td>
      <td>
        <Clamped text={item.subject} empty="No subject" />
      </td>
      <td>
        <Text tone="muted">
          <Clamped text={item.from} />
        </Text>
      </td>
      <td>
        <Text tone="muted">
          <Clamped text={item.reason || [item.category, item.category_reason].filter(Boolean).join(': ')} />
        </Text>
      </td>
    </tr>
  )
}
