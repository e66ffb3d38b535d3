import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import { scopes } from '../api/scopes'
import type { ApiKey } from '../api/types'
import { fieldLabel } from '../record/words'
import { useSession } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { CopyText, Table } from '../ui/code'
import { Dialog } from '../ui/dialog'
import { Checkbox, entries, entry, Fieldset, Form, FormActions, SelectField, TextField } from '../ui/form'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'

const keysQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organization', organization, 'api-keys'],
    queryFn: ({ signal }) => read(server.GET('/v1/organizations/{organization}/api-keys', { params: { path: { organization } }, signal })).then((p) => p.data),
  })

export function KeysTab() {
  const { organization, isAdmin } = useSession()
  const keys = useQuery(keysQuery(organization.id))
  const [adding, setAdding] = useState(false)
  const add = isAdmin && (
    <Button variant="primary" size="small" icon={Plus} onClick={() => setAdding(true)}>
      New key
    </Button>
  )
  return (
    <Panel title="API keys" actions={add} flush>
      {keys.isPending && <SkeletonLines count={3} />}
      {keys.isError && <ErrorState title="The keys could not be read" error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && (
        <EmptyState icon={KeyRound} title="No keys yet">
          A key lets a program read or write one workspace, within the scopes you give it.
        </EmptyState>
      )}
      {keys.data && keys.data.length > 0 && (
        <Table label="API keys" head={['Name', 'Scopes', 'Last used', '']}>
          {keys.data.map((k) => (
            <KeyRow key={k.id} entry={k} />
          ))}
        </Table>
      )}
      {adding && <NewKey onClose={() => setAdding(false)} />}
    </Panel>
  )
}

function KeyRow({ entry: k }: { entry: ApiKey }) {
  const { organization, isAdmin } = useSession()
  const client = useQueryClient()
  const toast = useToast()
  const revoke = useMutation({
    mutationFn: () => server.DELETE('/v1/organizations/{organization}/api-keys/{key}', { params: { path: { organization: organization.id, key: k.id } } }),
    onSuccess: () => {
      toast({ title: `Revoked ${k.name}` })
      return client.invalidateQueries(keysQuery(organization.id))
    },
    onError: (error) => toast({ title: 'Not revoked', detail: error.message, tone: 'bad' }),
  })
  return (
    <tr>
      <td>
        <Stack gap={0}>
          <Text weight={500}>{k.name}</Text>
          <Text size={12} tone="muted" mono>
            {k.prefix}…
          </Text>
        </Stack>
      </td>
      <td>
        <Text tone="muted">{k.scopes.join(', ')}</Text>
      </td>
      <td>
        <Text tone="muted">{k.last_used_at ? <When at={k.last_used_at} /> : 'never'}</Text>
      </td>
      <td>
        <Row justify="end">
          {k.revoked_at ? (
            <Badge>Revoked</Badge>
          ) : (
            isAdmin && (
              <Button size="small" variant="danger" busy={revoke.isPending} onClick={() => revoke.mutate()}>
                Revoke {k.name}
              </Button>
            )
          )}
        </Row>
      </td>
    </tr>
  )
}

/** "custom_field" as people say it. */
function nounWords(noun: string): string {
  return fieldLabel(noun).replace(/^Api /, 'API ')
}

function NewKey({ onClose }: { onClose: () => void }) {
  const { organization, workspace } = useSession()
  const client = useQueryClient()
  const create = useMutation({
    mutationFn: (body: { name: string; workspace: string; scopes: string[] }) => read(server.POST('/v1/organizations/{organization}/api-keys', { params: { path: { organization: organization.id } }, body })),
    onSuccess: () => client.invalidateQueries(keysQuery(organization.id)),
  })
  const problem = create.error instanceof ProblemError ? create.error : undefined
  if (create.data)
    return (
      <Dialog title={`Key ${create.data.name}`} onClose={onClose}>
        <Stack gap={4}>
          <Banner tone="warn">This is the only time the key is shown. Keep it somewhere safe.</Banner>
          <CopyText text={create.data.secret} label="Copy the key" />
          <FormActions>
            <Button variant="primary" onClick={onClose}>
              I have kept it
            </Button>
          </FormActions>
        </Stack>
      </Dialog>
    )
  const spaces = organization.workspaces.map((w) => ({ value: w.id, label: w.name }))
  return (
    <Dialog title="New API key" onClose={onClose}>
      <Form label="New API key" onSubmit={(data) => create.mutate({ name: entry(data, 'name'), workspace: entry(data, 'workspace'), scopes: entries(data, 'scope') })}>
        {create.error && !problem?.errors.length && <Banner tone="bad">{create.error.message}</Banner>}
        <TextField label="Name" name="name" autoFocus help="What the key is for, so that you know what breaks when you revoke it." error={problem?.field('name')} />
        <SelectField label="Workspace" name="workspace" options={spaces} defaultValue={workspace.id} />
        {scopes.map(({ noun, acts }) => (
          <Fieldset key={noun} legend={nounWords(noun)}>
            <Row gap={4} wrap>
              {acts.map((act) => (
                <Checkbox key={act} name="scope" value={`${noun}:${act}`} label={act} defaultChecked={act === 'read'} />
              ))}
            </Row>
          </Fieldset>
        ))}
        {problem?.field('scopes') && <Banner tone="bad">{problem.field('scopes')}</Banner>}
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending}>
            Create key
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}
