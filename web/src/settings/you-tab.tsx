import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { read, server } from '../api/client'
import { useSession } from '../shell/session'
import { applyDensity, applyTheme, savedDensity, savedTheme, type Density, type Theme } from '../shell/theme'
import { useToast } from '../shell/toasts'
import { Badge } from '../ui/badge'
import { Button, ButtonGroup } from '../ui/button'
import { Table } from '../ui/code'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'

const sessionsQuery = queryOptions({ queryKey: ['me', 'sessions'], queryFn: ({ signal }) => read(server.GET('/v1/me/sessions', { signal })).then((p) => p.data) })

export function YouTab() {
  const { me } = useSession()
  return (
    <Stack gap={5}>
      <Panel title={me.user.name}>
        <Stack gap={4}>
          <Text tone="muted">{me.user.email}</Text>
          <Appearance />
        </Stack>
      </Panel>
      <Sessions />
    </Stack>
  )
}

const themes: { value: Theme; label: string }[] = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]
const densities: { value: Density; label: string }[] = [
  { value: 'comfortable', label: 'Comfortable' },
  { value: 'compact', label: 'Compact' },
]

function Appearance() {
  const [theme, setTheme] = useState(savedTheme)
  const [density, setDensity] = useState(savedDensity)
  const chooseTheme = (next: Theme) => {
    applyTheme(next)
    setTheme(next)
  }
  const chooseDensity = (next: Density) => {
    applyDensity(next)
    setDensity(next)
  }
  return (
    <Row gap={5} wrap>
      <Stack gap={1}>
        <Text size={13} weight={500}>
          Theme
        </Text>
        <ButtonGroup label="Theme">
          {themes.map((t) => (
            <Button key={t.value} aria-pressed={t.value === theme} onClick={() => chooseTheme(t.value)}>
              {t.label}
            </Button>
          ))}
        </ButtonGroup>
      </Stack>
      <Stack gap={1}>
        <Text size={13} weight={500}>
          Rows
        </Text>
        <ButtonGroup label="Rows">
          {densities.map((d) => (
            <Button key={d.value} aria-pressed={d.value === density} onClick={() => chooseDensity(d.value)}>
              {d.label}
            </Button>
          ))}
        </ButtonGroup>
      </Stack>
    </Row>
  )
}

function Sessions() {
  const sessions = useQuery(sessionsQuery)
  const client = useQueryClient()
  const toast = useToast()
  const end = useMutation({
    mutationFn: (session: string) => server.DELETE('/v1/me/sessions/{session}', { params: { path: { session } } }),
    onSuccess: () => client.invalidateQueries(sessionsQuery),
    onError: (error) => toast({ title: 'Not signed out', detail: error.message, tone: 'bad' }),
  })
  return (
    <Panel title="Where you are signed in" flush>
      {sessions.isPending && <SkeletonLines count={2} />}
      {sessions.isError && <ErrorState title="The sessions could not be read" error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {sessions.data && (
        <Table label="Sessions" head={['Browser', 'Address', 'Last seen', '']}>
          {sessions.data.map((s) => (
            <tr key={s.id}>
              <td>{browserOf(s.user_agent)}</td>
              <td>
                <Text tone="muted">{s.ip}</Text>
              </td>
              <td>
                <Text tone="muted">
                  <When at={s.last_seen_at} />
                </Text>
              </td>
              <td>
                <Row justify="end">
                  {s.current ? (
                    <Badge tone="good">This one</Badge>
                  ) : (
                    <Button size="small" variant="danger" onClick={() => end.mutate(s.id)}>
                      Sign out
                    </Button>
                  )}
                </Row>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}

function browserOf(agent: string): string {
  const name = ['Edg', 'Firefox', 'Chrome', 'Safari'].find((n) => agent.includes(`${n}/`))
  const system = ['Windows', 'Android', 'iPhone', 'Mac', 'Linux'].find((n) => agent.includes(n))
  return [name === 'Edg' ? 'Edge' : (name ?? 'A program'), system && `on ${system}`].filter(Boolean).join(' ')
}
