import { useQuery } from '@tanstack/react-query'
import { ArrowLeft, Waypoints } from 'lucide-react'
import { useState } from 'react'
import type { TraceDetail, TraceSpan, TraceSummary } from '../api/types'
import { useDebounced } from '../shell/debounced'
import { useKeys } from '../shell/keys-provider'
import { Badge, type Tone } from '../ui/badge'
import { Button } from '../ui/button'
import { CopyText, Table } from '../ui/code'
import { Checkbox, SearchField, Select } from '../ui/form'
import { Beside, Padded, Panel, Row, Stack, Text } from '../ui/layout'
import { Fact, Facts } from '../ui/rows'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { Waterfall } from '../ui/waterfall'
import { When } from '../ui/when'
import { OpsLink } from './ops-link'
import { traceQuery, tracesQuery } from './queries'
import { useOpsSearch } from './use-search'
import { millis } from './words'

const whys: Record<TraceSummary['why'], { words: string; tone: Tone }> = {
  sampled: { words: 'Chosen by chance', tone: 'neutral' },
  failed: { words: 'Failed', tone: 'bad' },
  slow: { words: 'Slow', tone: 'warn' },
}

const times = [
  { value: '', label: 'Any time' },
  { value: '50', label: '50 ms and more' },
  { value: '100', label: '100 ms and more' },
  { value: '500', label: '500 ms and more' },
  { value: '1000', label: '1 s and more' },
  { value: '5000', label: '5 s and more' },
]

/** What requests and jobs went through. */
export function TracesTab() {
  const { search } = useOpsSearch()
  return search.id ? <OneTrace key={search.id} id={search.id} /> : <TraceList />
}

function TraceList() {
  const { search, change } = useOpsSearch()
  const [typed, setTyped] = useState(search.operation ?? '')
  const settled = useDebounced(typed.trim(), 300)
  const traces = useQuery(tracesQuery({ ...search, operation: settled || undefined }))
  const filtered = settled !== '' || search.min !== undefined || search.failed
  const type = (text: string) => {
    setTyped(text)
    change({ operation: text.trim() || undefined })
  }
  return (
    <Panel title="Traces" flush>
      <Stack gap={0}>
        <Filters typed={typed} onType={type} min={search.min} failed={search.failed} onChange={change} />
        {traces.isPending && <SkeletonLines count={8} />}
        {traces.isError && <ErrorState title="The traces could not be read" error={traces.error} onRetry={() => void traces.refetch()} />}
        {traces.data?.data.length === 0 && (
          <EmptyState icon={Waypoints} title={filtered ? 'No trace is like this' : 'No traces yet'}>
            {filtered ? 'Ask for another operation or a shorter time. Operations have names such as contact.list.' : 'Requests and jobs that failed, were slow or were chosen by chance are kept here, the last 2,000 of each process.'}
          </EmptyState>
        )}
        {traces.data && traces.data.data.length > 0 && (
          <Table folds label="Traces" head={['What', 'Why kept', 'When', 'Spans', 'Took']} numbers={['Spans', 'Took']}>
            {traces.data.data.map((t) => (
              <TraceRow key={`${t.id} ${t.span_id}`} trace={t} />
            ))}
          </Table>
        )}
      </Stack>
    </Panel>
  )
}

type FilterProps = { typed: string; onType: (text: string) => void; min?: number; failed?: boolean; onChange: (part: { min?: number; failed?: boolean }) => void }

function Filters({ typed, onType, min, failed, onChange }: FilterProps) {
  return (
    <Padded>
      <Row gap={3} wrap>
        <SearchField wide label="Operation or job" value={typed} onChange={onType} />
        <Select label="Time taken" value={min ? String(min) : ''} onChange={(e) => onChange({ min: Number(e.target.value) || undefined })} options={min && !times.some((t) => t.value === String(min)) ? [...times, { value: String(min), label: `${millis(min)} and more` }] : times} />
        <Checkbox label="Failed only" checked={failed ?? false} onChange={(on) => onChange({ failed: on || undefined })} />
      </Row>
    </Padded>
  )
}

function TraceRow({ trace: t }: { trace: TraceSummary }) {
  return (
    <tr>
      <td>
        <Stack gap={0}>
          <OpsLink tab="traces" search={{ id: t.id }}>
            <Text weight={500}>{t.operation || t.name}</Text>
          </OpsLink>
          <Text size={12} tone={t.error ? 'bad' : 'muted'}>
            {t.error ? `${t.name} · ${t.error}` : t.name}
          </Text>
        </Stack>
      </td>
      <td data-label="Why kept">
        <Badge tone={whys[t.why].tone}>{whys[t.why].words}</Badge>
      </td>
      <td data-label="When">
        <Text tone="muted">
          <When at={t.started_at} />
        </Text>
      </td>
      <td data-label="Spans" data-number>
        {t.spans.toLocaleString()}
      </td>
      <td data-label="Took" data-number>
        {millis(t.duration_ms)}
      </td>
    </tr>
  )
}

function OneTrace({ id }: { id: string }) {
  const { change } = useOpsSearch()
  const trace = useQuery(traceQuery(id))
  const back = () => change({ id: undefined })
  useKeys([{ keys: 'escape', label: 'Back to the traces', group: 'Operations', run: back }])
  return (
    <Stack gap={3}>
      <Row>
        <Button size="small" variant="quiet" icon={ArrowLeft} onClick={back}>
          All traces
        </Button>
      </Row>
      {trace.isPending && (
        <Panel title="Trace">
          <SkeletonLines count={8} />
        </Panel>
      )}
      {trace.isError && <ErrorState title="This trace could not be read" error={trace.error} onRetry={() => void trace.refetch()} />}
      {trace.data && <Viewer trace={trace.data} />}
    </Stack>
  )
}

function Viewer({ trace }: { trace: TraceDetail }) {
  const [chosen, setChosen] = useState(trace.spans[0]?.id)
  const span = trace.spans.find((s) => s.id === chosen) ?? trace.spans[0]
  return (
    <Beside label="The chosen span" aside={span && <SpanPanel span={span} />}>
      <Panel title={trace.operation || trace.name} actions={<Badge tone={trace.status === 'error' ? 'bad' : 'good'}>{trace.status === 'error' ? 'Failed' : 'Succeeded'}</Badge>} flush>
        <Head trace={trace} />
        <Waterfall label="Spans of the trace" bars={trace.spans} total={trace.duration_ms} words={millis} chosen={span?.id} onChoose={setChosen} />
      </Panel>
    </Beside>
  )
}

function Head({ trace: t }: { trace: TraceDetail }) {
  return (
    <Padded>
      <Stack gap={2}>
        <Facts>
          <Fact label="Took">{millis(t.duration_ms)}</Fact>
          <Fact label="Began">
            <When at={t.started_at} />
          </Fact>
          <Fact label="Kept">{whys[t.why].words}</Fact>
          <Fact label="Spans">{t.spans.length.toLocaleString()}</Fact>
          {t.dropped_spans > 0 && <Fact label="Left out">{t.dropped_spans.toLocaleString()}</Fact>}
          {t.error && <Fact label="Error">{t.error}</Fact>}
        </Facts>
        <CopyText text={t.id} label="Copy the trace id" />
      </Stack>
    </Padded>
  )
}

function SpanPanel({ span }: { span: TraceSpan }) {
  const attributes = Object.entries(span.attributes).sort(([a], [b]) => a.localeCompare(b))
  return (
    <Panel title={span.name}>
      <Stack gap={4}>
        <Facts>
          <Fact label="Took">{span.unfinished ? 'Went on when the trace was over' : millis(span.duration_ms)}</Fact>
          <Fact label="After">{millis(span.offset_ms)}</Fact>
          <Fact label="Kind">{span.kind}</Fact>
        </Facts>
        {span.error && (
          <Row>
            <Badge tone="bad">{span.error}</Badge>
          </Row>
        )}
        {attributes.length > 0 ? (
          <Stack gap={2}>
            {attributes.map(([name, value]) => (
              <Stack key={name} gap={0}>
                <Text size={12} tone="muted">
                  {name}
                </Text>
                <Text size={12} mono>
                  {value}
                </Text>
              </Stack>
            ))}
          </Stack>
        ) : (
          <Text size={13} tone="muted">
            Nothing else is known of it.
          </Text>
        )}
        {span.links.length > 0 && (
          <Stack gap={1}>
            <Text size={12} tone="muted">
              Follows from
            </Text>
            {span.links.map((l) => (
              <OpsLink key={`${l.trace_id} ${l.span_id}`} tab="traces" search={{ id: l.trace_id }}>
                <Text size={12} mono>
                  {l.trace_id}
                </Text>
              </OpsLink>
            ))}
          </Stack>
        )}
        <CopyText text={span.id} label="Copy the span id" />
      </Stack>
    </Panel>
  )
}
