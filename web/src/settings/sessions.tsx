import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { useToast } from '../shell/toasts'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { Panel, Row, Text } from '../ui/layout'
import { ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'

export const sessionsQuery = queryOptions({ queryKey: ['me', 'sessions'], queryFn: ({ signal }) => read(server.GET('/v1/me/sessions', { signal })).then((p) => p.data) })

/** The browsers in which the person is signed in. */
export function Sessions() {
  const sessions = useQuery(sessionsQuery)
  const client = useQueryClient()
  const toast = useToast()
  const end = useMutation({
    mutationFn: (session: string) => server.DELETE('/v1/me/sessions/{session}', { params: { path: { session } } }),
    onSuccess: () => client.invalidateQueries(sessionsQuery),
    onError: (error) => toast({ title: 'Not signed out', detail: error.message, tone: 'bad' }),
  })
  const endOthers = useMutation({
    mutationFn: () => server.DELETE('/v1/me/sessions'),
    onSuccess: () => {
      toast({ title: 'Signed out everywhere else' })
      return client.invalidateQueries(sessionsQuery)
    },
    onError: (error) => toast({ title: 'Not signed out', detail: error.message, tone: 'bad' }),
  })
  const others = (sessions.data?.length ?? 0) > 1 && (
    <Button size="small" busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
      Sign out everywhere else
    </Button>
  )
  return (
    <Panel title="Where you are signed in" actions={others} flush>
      {sessions.isPending && <SkeletonLines count={2} />}
      {sessions.isError && <ErrorState title="The sessions could not be read" error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {sessions.data && (
        <Table folds label="Sessions" head={['Browser', 'Address', 'Last seen', '']}>
          {sessions.data.map((s) => (
            <tr key={s.id}>
              <td>{browserOf(s.user_agent)}</td>
              <td>
                <Text tone="muted">{s.ip}</Text>
              </td>
              <td data-label="Last seen">
                <Text tone="muted">
                  <When at={s.last_seen_at} />
                </Text>
              </td>
              <td>
                <Row justify="end">
                  {s.current ? (
                    <Badge tone="good">This one</Badge>
                  ) : (
                    <Button size="small" busy={end.isPending && end.variables === s.id} onClick={() => end.mutate(s.id)}>
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
