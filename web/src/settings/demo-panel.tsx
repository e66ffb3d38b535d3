import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { FlaskConical, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { meQuery } from '../api/queries'
import { useSession } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { FormActions } from '../ui/form'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { Banner } from '../ui/state'

const demosQuery = (organization: string) =>
  queryOptions({
    queryKey: ['demos', organization],
    queryFn: ({ signal }) => read(server.GET('/v1/organizations/{organization}/demos', { params: { path: { organization } }, signal })),
    refetchInterval: (query) => (query.state.data?.data.some((d) => d.state === 'filling') ? 1500 : false),
  })

type Demo = { id: string; slug: string; name: string; state: string }

/** Demo workspaces: made and removed as a whole. */
export function DemoPanel() {
  const { organization, isAdmin } = useSession()
  const demos = useQuery(demosQuery(organization.id))
  const client = useQueryClient()
  const toast = useToast()
  const [removing, setRemoving] = useState<Demo>()
  const create = useMutation({
    mutationFn: () => read(server.POST('/v1/organizations/{organization}/demos', { params: { path: { organization: organization.id } } })),
    onSuccess: () => Promise.all([client.invalidateQueries(demosQuery(organization.id)), client.invalidateQueries(meQuery)]),
    onError: (error) => toast({ title: 'No demo was made', detail: error.message, tone: 'bad' }),
  })
  if (!isAdmin || !demos.data) return null
  return (
    <Panel title="Demo data">
      <Stack gap={3}>
        <Text tone="muted">Invented people, companies and two months of mail, in a workspace of their own. What is real is never mixed with it.</Text>
        {demos.data.data.map((demo) => (
          <Row key={demo.id} gap={2}>
            <Link to="/w/$workspace/inbox" params={{ workspace: demo.slug }}>
              {demo.name}
            </Link>
            {demo.state === 'filling' && <Text tone="muted">is being filled…</Text>}
            <Button size="small" variant="quiet" icon={Trash2} onClick={() => setRemoving(demo)}>
              Remove
            </Button>
          </Row>
        ))}
        {demos.data.data.length === 0 && (
          <Row gap={2}>
            <Button icon={FlaskConical} busy={create.isPending} onClick={() => create.mutate()}>
              Load demo data
            </Button>
          </Row>
        )}
      </Stack>
      {removing && <RemoveDemo demo={removing} onClose={() => setRemoving(undefined)} />}
    </Panel>
  )
}

/** Asks, for this is the one thing that cannot be undone. */
function RemoveDemo({ demo, onClose }: { demo: Demo; onClose: () => void }) {
  const { organization } = useSession()
  const remove = useMutation({
    mutationFn: () => read(server.DELETE('/v1/organizations/{organization}/demos/{id}', { params: { path: { organization: organization.id, id: demo.id } } })),
    onSuccess: () => window.location.assign('/'),
  })
  return (
    <Dialog title={`Remove ${demo.name}?`} onClose={onClose}>
      <Stack gap={3}>
        <Text>Everything in this workspace goes, also what you added to it. It cannot be undone. Other workspaces are not touched.</Text>
        {remove.error && <Banner tone="bad">{remove.error.message}</Banner>}
        <FormActions>
          <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            Remove the workspace
          </Button>
        </FormActions>
      </Stack>
    </Dialog>
  )
}
