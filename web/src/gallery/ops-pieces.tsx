import { useState } from 'react'
import { Card, Cards } from '../ui/cards'
import { Panel, Stack, Text } from '../ui/layout'
import { LineChart } from '../ui/line-chart'
import { ChartGrid } from '../ui/line-chart-grid'
import { Moments } from '../ui/moments'
import type { ChartLine } from '../ui/scale'
import { Waterfall } from '../ui/waterfall'

const begin = Date.UTC(2026, 10, 2, 9, 0) / 1000
const line = (label: string, size: number, gap = false): ChartLine => ({
  id: label,
  label,
  points: Array.from({ length: 60 }, (_, i) => [begin + i * 60, gap && i > 20 && i < 27 ? null : size * (1 + 0.4 * Math.sin(i / 6 + size))] as const),
})
const lines = [line('p50', 12, true), line('p95', 48), line('p99', 90), line('p99.9', 130), line('others', 160)]
const words = (v: number) => `${Math.round(v)} ms`

const bars = [
  { id: 'a', name: 'POST /imports', kind: 'server', offset_ms: 0, duration_ms: 40 },
  { id: 'b', parent_id: 'a', name: 'db transaction', kind: 'client', offset_ms: 4, duration_ms: 30 },
  { id: 'c', parent_id: 'b', name: 'insert imports', kind: 'client', offset_ms: 6, duration_ms: 8 },
  { id: 'd', parent_id: 'a', name: 'job import.read', kind: 'consumer', offset_ms: 50, duration_ms: 90 },
  { id: 'e', parent_id: 'd', name: 'model attempt', kind: 'client', offset_ms: 60, duration_ms: 30, error: 'rate_limited' },
  { id: 'f', parent_id: 'd', name: 'a part with a very long name that has to be cut where there is no more room for it', kind: 'internal', offset_ms: 100, duration_ms: 30, unfinished: true },
]

const at = (minutes: number) => new Date((begin + minutes * 60) * 1000).toISOString()

/** What operators look at: charts, a trace, promises, an incident. */
export function OpsPieces() {
  const [chosen, setChosen] = useState('c')
  return (
    <Panel title="Operations">
      <Stack gap={5}>
        <ChartGrid>
          <LineChart label="Lines in the gallery" lines={lines} words={words} marks={[{ at: begin + 900, label: 'Deploy of 1.2', tone: 'neutral' }, { at: begin + 2400, label: 'P1 Errors', tone: 'bad' }]} />
          <LineChart label="Lines as a table" lines={lines.slice(0, 2)} words={words} asTable />
          <LineChart label="Nothing measured" lines={[{ id: 'n', label: 'Requests', points: [[begin, null], [begin + 60, null]] }]} words={words} />
          <LineChart label="Not there yet" lines={[]} words={words} waiting />
        </ChartGrid>
        <Waterfall label="A trace in the gallery" bars={bars} total={140} words={words} chosen={chosen} onChoose={setChosen} />
        <Cards>
          <Card title="99.9 % of requests succeed">
            <Text size={20} weight={600} number>
              99.95 %
            </Text>
          </Card>
          <Card title="95 % of answers come within 80 ms">
            <Text size={20} weight={600} number>
              94.1 %
            </Text>
          </Card>
        </Cards>
        <Moments
          label="An incident in the gallery"
          moments={[
            { at: at(0), title: 'First sign', bad: true },
            { at: at(1), title: 'Fired', note: 'More than 1 % of requests fail', bad: true },
            { at: at(4), title: 'Somebody looks after it', note: 'Ana Duarte' },
            { at: at(17), title: 'Resolved', good: true },
          ]}
        />
      </Stack>
    </Panel>
  )
}
