import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import type { AiKey } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Table } from '../ui/code'
import { Confirm, Dialog } from '../ui/dialog'
import { Checkbox, entry, Form, FormActions, PasswordField, secretEntry, SelectField, TextField } from '../ui/form'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { Banner, EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { When } from '../ui/when'
import { aiKeysQuery, providersQuery } from './queries'
import { providerName } from './words'

const vendors: AiKey['provider'][] = ['openrouter', 'gemini', 'anthropic', 'compatible']

/** The workspace's own keys for providers. */
export function KeysTab() {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const keys = useQuery({ ...aiKeysQuery(workspace), enabled: isAdmin })
  const [adding, setAdding] = useState(false)
  if (!isAdmin)
    return (
      <Panel title="Keys">
        <EmptyState icon={KeyRound} title="For admins">
          A key spends money at a provider, so admins and owners keep them.
        </EmptyState>
      </Panel>
    )
  const add = (
    <Button variant="primary" size="small" icon={Plus} onClick={() => setAdding(true)}>
      Add a key
    </Button>
  )
  return (
    <Panel title="Keys" actions={keys.data && keys.data.length > 0 && add} flush>
      {keys.isPending && <SkeletonLines count={3} />}
      {keys.isError && <ErrorState title="The keys could not be read" error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && (
        <EmptyState icon={KeyRound} title="No keys of your own" actions={add}>
          Keys that the installation or another workspace of your organization shares serve here too. A key is sealed, and never shown again.
        </EmptyState>
      )}
      {keys.data && keys.data.length > 0 && (
        <Table folds label="Keys" head={['Provider', 'Serves', 'Address', 'Added', '']}>
          {keys.data.map((k) => (
            <KeyRow key={k.id} entry={k} />
          ))}
        </Table>
      )}
      {adding && <NewKey onClose={() => setAdding(false)} />}
    </Panel>
  )
}

function useChanged(): () => Promise<unknown> {
  const client = useQueryClient()
  const workspace = useWorkspace()
  return () => Promise.all([client.invalidateQueries(aiKeysQuery(workspace)), client.invalidateQueries(providersQuery(workspace))])
}

function KeyRow({ entry: k }: { entry: AiKey }) {
  const workspace = useWorkspace()
  const [leaving, setLeaving] = useState(false)
  const changed = useChanged()
  const toast = useToast()
  const remove = useMutation({
    mutationFn: () => server.DELETE('/v1/workspaces/{workspace}/ai/keys/{id}', { params: { path: { workspace, id: k.id } } }),
    onSuccess: () => {
      setLeaving(false)
      toast({ title: 'The key is forgotten' })
      return changed()
    },
    onError: (error) => toast({ title: 'Not forgotten', detail: error.message, tone: 'bad' }),
  })
  const name = [providerName(k.provider), k.label].filter(Boolean).join(', ')
  return (
    <tr>
      <td>
        <Stack gap={0}>
          <Text weight={500}>{providerName(k.provider)}</Text>
          {k.label && (
            <Text size={12} tone="muted" dir="auto">
              {k.label}
            </Text>
          )}
        </Stack>
      </td>
      <td data-label="Serves">{k.shared ? <Badge>The organization</Badge> : <Badge>This workspace</Badge>}</td>
      <td data-label="Address">
        <Text tone="muted">{k.base_url || 'The provider’s own'}</Text>
      </td>
      <td data-label="Added">
        <Text tone="muted">
          <When at={k.created_at} />
        </Text>
      </td>
      <td>
        <Row justify="end">
          <Button size="small" aria-label={`Forget the key for ${name}`} onClick={() => setLeaving(true)}>
            Forget
          </Button>
        </Row>
        {leaving && (
          <Confirm title={`Forget the key for ${name}?`} action="Forget it" busy={remove.isPending} onConfirm={() => remove.mutate()} onClose={() => setLeaving(false)}>
            Nothing is asked with it any more{k.shared ? ', in no workspace of the organization' : ''}. At the provider the key stays valid; end it there.
          </Confirm>
        )}
      </td>
    </tr>
  )
}

function NewKey({ onClose }: { onClose: () => void }) {
  const workspace = useWorkspace()
  const changed = useChanged()
  const toast = useToast()
  const [provider, setProvider] = useState<AiKey['provider']>('openrouter')
  const [shared, setShared] = useState(true)
  const own = provider === 'compatible'
  const save = useMutation({
    mutationFn: (data: FormData) =>
      read(
        server.POST('/v1/workspaces/{workspace}/ai/keys', {
          params: { path: { workspace } },
          body: { provider, label: entry(data, 'label'), secret: secretEntry(data, 'secret'), base_url: entry(data, 'base_url'), private: !shared },
        }),
      ),
    onSuccess: () => {
      onClose()
      toast({ title: 'The key is kept', detail: 'It is used from the next question on.' })
      return changed()
    },
  })
  const problem = save.error instanceof ProblemError ? save.error : undefined
  return (
    <Dialog title="Add a key" onClose={onClose}>
      <Form label="Add a key" onSubmit={(data) => save.mutate(data)}>
        {save.error && !problem?.errors.length && <Banner tone="bad">{save.error.message}</Banner>}
        <SelectField
          label="Provider"
          value={provider}
          onChange={(e) => setProvider(vendors.find((v) => v === e.target.value) ?? 'openrouter')}
          options={vendors.map((v) => ({ value: v, label: v === 'compatible' ? 'Own server (OpenAI-compatible)' : providerName(v) }))}
        />
        <PasswordField label="Key" name="secret" autoComplete="off" help={own ? 'If your server wants one.' : 'It is sealed, and never shown again.'} error={problem?.field('secret')} />
        <TextField
          label={own ? 'Address' : 'Another address (seldom needed)'}
          name="base_url"
          placeholder={own ? 'http://localhost:11434/v1' : 'https://'}
          inputMode="url"
          error={problem?.field('base_url')}
        />
        <TextField label="Label" name="label" maxLength={100} help="To tell it from others." error={problem?.field('label')} />
        <Checkbox label="The other workspaces of the organization may use it too" checked={shared} onChange={setShared} />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.isPending}>
            Keep the key
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}
