import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import { scopes } from '../api/scopes'
import { useSession } from '../shell/session'
import { Button, ButtonGroup } from '../ui/button'
import { CheckTable, CopyText } from '../ui/code'
import { Dialog } from '../ui/dialog'
import { entry, Fieldset, Form, FormActions, SelectField, TextField } from '../ui/form'
import { Stack, Text } from '../ui/layout'
import { Banner } from '../ui/state'
import { acts, everyScope, nounWords, readScopes } from './scopes'

export const keysQuery = (organization: string) =>
  queryOptions({
    queryKey: ['organization', organization, 'api-keys'],
    queryFn: ({ signal }) => read(server.GET('/v1/organizations/{organization}/api-keys', { params: { path: { organization } }, signal })).then((p) => p.data),
  })

const lives = [
  { value: '7', label: 'In 7 days' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: '', label: 'Never' },
]

/** Days from now, or nothing for never. */
function after(days: string): string | undefined {
  return days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : undefined
}

type Draft = { name: string; workspace: string; scopes: string[]; expires_at?: string }

export function NewKey({ onClose }: { onClose: () => void }) {
  const { organization, workspace } = useSession()
  const client = useQueryClient()
  const [held, setHeld] = useState<string[]>([])
  const create = useMutation({
    mutationFn: (body: Draft) => read(server.POST('/v1/organizations/{organization}/api-keys', { params: { path: { organization: organization.id } }, body })),
    onSuccess: () => client.invalidateQueries(keysQuery(organization.id)),
  })
  if (create.data) return <Secret name={create.data.name} secret={create.data.secret} onClose={onClose} />
  const problem = create.error instanceof ProblemError ? create.error : undefined
  const spaces = organization.workspaces.map((w) => ({ value: w.id, label: w.name }))
  const submit = (data: FormData) => create.mutate({ name: entry(data, 'name'), workspace: entry(data, 'workspace') || workspace.id, scopes: held, expires_at: after(entry(data, 'life')) })
  return (
    <Dialog title="New API key" onClose={onClose} wide>
      <Form label="New API key" onSubmit={submit}>
        {create.error && !problem?.errors.length && <Banner tone="bad">{create.error.message}</Banner>}
        <TextField label="Name" name="name" autoFocus required help="What the key is for, so that you know what breaks when you revoke it." error={problem?.field('name')} />
        {spaces.length > 1 && <SelectField label="Workspace" name="workspace" options={spaces} defaultValue={workspace.id} />}
        <SelectField label="Ends" name="life" options={lives} defaultValue="90" error={problem?.field('expires_at')} />
        <Fieldset legend="It may">
          <ButtonGroup label="Choose many at once">
            <Choice words="Read everything" chosen={same(held, readScopes)} onClick={() => setHeld(readScopes)} />
            <Choice words="Everything" chosen={same(held, everyScope)} onClick={() => setHeld(everyScope)} />
            <Choice words="Nothing yet" chosen={held.length === 0} onClick={() => setHeld([])} />
          </ButtonGroup>
          <CheckTable
            label="Scopes"
            head={['Read', 'Write', 'Delete']}
            rows={scopes.map(({ noun, acts: has }) => ({ id: noun, label: nounWords(noun), values: acts.map((act) => (has.includes(act) ? `${noun}:${act}` : null)) }))}
            held={held}
            onChange={setHeld}
          />
        </Fieldset>
        {problem?.field('scopes') && <Banner tone="bad">{problem.field('scopes')}</Banner>}
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending} disabled={held.length === 0}>
            Create key
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}

function same(a: string[], b: string[]): boolean {
  return a.length === b.length && b.every((s) => a.includes(s))
}

function Choice({ words, chosen, onClick }: { words: string; chosen: boolean; onClick: () => void }) {
  return (
    <Button size="small" aria-pressed={chosen} onClick={onClick}>
      {words}
    </Button>
  )
}

function Secret({ name, secret, onClose }: { name: string; secret: string; onClose: () => void }) {
  return (
    <Dialog title={`Key ${name}`} onClose={onClose}>
      <Stack gap={4}>
        <Banner tone="warn">This is the only time the key is shown. Keep it somewhere safe.</Banner>
        <CopyText text={secret} label="Copy the key" />
        <Text as="p" size={12} tone="muted">
          Programs send it as the header <Text mono>Authorization: Bearer …</Text>
        </Text>
        <FormActions>
          <Button variant="primary" onClick={onClose}>
            I have kept it
          </Button>
        </FormActions>
      </Stack>
    </Dialog>
  )
}
