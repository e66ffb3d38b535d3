import { queryOptions, useQuery } from '@tanstack/react-query'
import { Gauge } from 'lucide-react'
import { read, server } from '../api/client'
import type { LimitLevel, WorkspaceUsage } from '../api/types'
import { useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { Meter } from '../ui/chart'
import { Table } from '../ui/code'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'

const usageQuery = (workspace: string) =>
  queryOptions({
    queryKey: ['workspace', workspace, 'usage'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/usage', { params: { path: { workspace } }, signal })),
    refetchInterval: 10_000,
  })

/** What the workspace may ask of Rapport, how much of it is used, and by what. */
export function UsageTab() {
  const usage = useQuery(usageQuery(useWorkspace()))
  if (usage.isPending)
    return (
      <Panel title="Usage">
        <SkeletonLines count={6} />
      </Panel>
    )
  if (usage.isError)
    return (
      <Panel title="Usage">
        <ErrorState title="Usage could not be read" error={usage.error} onRetry={() => void usage.refetch()} />
      </Panel>
    )
  return (
    <Stack gap={4}>
      <Windows usage={usage.data} />
      <Costs usage={usage.data} />
    </Stack>
  )
}

function Windows({ usage }: { usage: WorkspaceUsage }) {
  const { today } = usage
  return (
    <Panel title="Limits">
      <Stack gap={4}>
        <Row gap={2} wrap>
          <Badge>{tiers[usage.tier] ?? usage.tier}</Badge>
          {usage.shadow && <Badge tone="warn">Counted, not enforced</Badge>}
          <Text size={12} tone="muted">
            A read costs 1 token, a write 2, and what asks AI 10. Tokens come back bit by bit, all the time.
          </Text>
        </Row>
        {usage.windows.map((w) => (
          <Window key={w.window} level={w} />
        ))}
        <Meter label="Calls at a time" value={usage.running} max={usage.concurrent || null} words={usage.concurrent ? `${usage.running} of ${usage.concurrent}` : `${usage.running}`} />
        <Text size={12} tone="muted">
          Today (UTC): {count(today.calls, 'call')}, {count(today.tokens, 'token')}, {today.refused.toLocaleString()} refused
          {today.shadowed > 0 && `, ${today.shadowed.toLocaleString()} that limits would have refused`}.
        </Text>
      </Stack>
    </Panel>
  )
}

function Window({ level }: { level: LimitLevel }) {
  const used = level.burst - level.left
  return (
    <Meter
      label={windows[level.window]}
      value={used}
      max={level.burst}
      words={`${used.toLocaleString()} of ${level.burst.toLocaleString()} used`}
      note={`${level.quota.toLocaleString()} come back ${periods[level.window]}${level.reset > 0 ? ` · all back in ${duration(level.reset)}` : ''}`}
      tone={level.left === 0 ? 'bad' : used > 0.8 * level.burst ? 'warn' : undefined}
    />
  )
}

function Costs({ usage }: { usage: WorkspaceUsage }) {
  return (
    <Panel title="What tokens went on today" flush>
      {usage.costs.length === 0 ? (
        <EmptyState icon={Gauge} title="Nothing was spent yet">
          Each operation that the workspace calls is counted here.
        </EmptyState>
      ) : (
        <Table folds label="What tokens went on today" head={['Operation', 'Calls', 'Tokens', 'Part']} numbers={['Calls', 'Tokens', 'Part']}>
          {usage.costs.slice(0, 20).map((c) => (
            <tr key={c.operation}>
              <td>
                <Text mono size={12}>
                  {c.operation}
                </Text>
              </td>
              <td data-label="Calls" data-number>{c.calls.toLocaleString()}</td>
              <td data-label="Tokens" data-number>{c.tokens.toLocaleString()}</td>
              <td data-label="Part" data-number>{part(c.tokens, usage.today.tokens)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}

function part(n: number, whole: number): string {
  if (whole === 0 || n === 0) return '–'
  const percent = Math.round((100 * n) / whole)
  return percent === 0 ? '< 1 %' : `${percent} %`
}

function count(n: number, what: string): string {
  return `${n.toLocaleString()} ${what}${n === 1 ? '' : 's'}`
}

/** Whole seconds up to two minutes, then minutes, then hours. */
function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 2 * 3600) return `${Math.ceil(seconds / 60)} min`
  return `${Math.ceil(seconds / 3600)} h`
}

const tiers: Record<string, string> = { FREE: 'Free', STARTER: 'Starter', PRO: 'Pro', ENTERPRISE: 'Enterprise' }

const windows: Record<LimitLevel['window'], string> = { minute: 'In a minute', hour: 'In an hour', day: 'In a day', ai_day: 'AI, in a day' }

const periods: Record<LimitLevel['window'], string> = { minute: 'a minute', hour: 'an hour', day: 'a day', ai_day: 'a day' }
