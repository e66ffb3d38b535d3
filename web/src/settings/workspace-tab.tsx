import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { onlyVersion, read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import { meQuery, workspaceQuery } from '../api/queries'
import type { Workspace } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Button } from '../ui/button'
import { entry, Form, FormActions, SelectField, TextField } from '../ui/form'
import { Panel, Stack } from '../ui/layout'
import { DemoPanel } from './demo-panel'
import { Banner, ErrorState, SkeletonLines } from '../ui/state'

export function WorkspaceTab() {
  const workspace = useWorkspace()
  const settings = useQuery(workspaceQuery(workspace))
  return (
    <Stack gap={5}>
      <Panel title="Workspace">
        {settings.isPending && <SkeletonLines count={4} />}
        {settings.isError && <ErrorState title="The settings could not be read" error={settings.error} onRetry={() => void settings.refetch()} />}
        {settings.data && <WorkspaceForm settings={settings.data} />}
      </Panel>
      <DemoPanel />
    </Stack>
  )
}

function WorkspaceForm({ settings }: { settings: Workspace }) {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const client = useQueryClient()
  const toast = useToast()
  const save = useMutation({
    mutationFn: (body: Pick<Workspace, 'name' | 'time_zone' | 'own_addresses'>) =>
      read(server.PATCH('/v1/workspaces/{workspace}', { params: { path: { workspace }, header: onlyVersion(settings.version) }, body })),
    onSuccess: async (saved) => {
      client.setQueryData(workspaceQuery(workspace).queryKey, saved)
      toast({ title: 'Saved' })
      await client.invalidateQueries(meQuery)
    },
  })
  const problem = save.error instanceof ProblemError ? save.error : undefined
  const submit = (data: FormData) => {
    const own = entry(data, 'own').split(/[\s,;]+/).filter(Boolean)
    save.mutate({ name: entry(data, 'name'), time_zone: entry(data, 'time_zone'), own_addresses: own })
  }
  return (
    <Form label="Workspace" onSubmit={submit}>
      {save.error && !problem?.errors.length && <Banner tone="bad">{save.error.message}</Banner>}
      <TextField label="Name" name="name" defaultValue={settings.name} disabled={!isAdmin} error={problem?.field('name')} />
      <SelectField
        label="Time zone"
        name="time_zone"
        defaultValue={settings.time_zone}
        disabled={!isAdmin}
        help="“Friday” in a mail means Friday here."
        options={zones(settings.time_zone).map((z) => ({ value: z, label: z.replaceAll('_', ' ') }))}
        error={problem?.field('time_zone')}
      />
      <TextField
        label="Your own addresses"
        name="own"
        defaultValue={settings.own_addresses.join(', ')}
        disabled={!isAdmin}
        help="Mail from these counts as sent by you. Separate them by commas."
        error={problem?.field('own_addresses')}
      />
      {isAdmin && (
        <FormActions>
          <Button type="submit" variant="primary" busy={save.isPending}>
            Save
          </Button>
        </FormActions>
      )}
    </Form>
  )
}

function zones(current: string): string[] {
  const known = Intl.supportedValuesOf('timeZone')
  return known.includes(current) ? known : [current, ...known]
}
