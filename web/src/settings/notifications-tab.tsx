import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Fragment } from 'react'
import { read, server } from '../api/client'
import type { NotificationChoice, NotificationKind } from '../api/types'
import { useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Fieldset, Switch } from '../ui/form'
import { Divider, Padded, Panel, Row, Stack, Text } from '../ui/layout'
import { Banner, ErrorState, SkeletonLines } from '../ui/state'

const preferencesQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'notifications', 'preferences'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/notifications/preferences', { params: { path: { workspace } }, signal })),
  })

const kinds: { kind: NotificationKind; label: string; help: string }[] = [
  { kind: 'thread_assigned', label: 'A conversation is given to you', help: 'By somebody else, not by yourself.' },
  { kind: 'task_assigned', label: 'A task is given to you', help: 'By somebody else, not by yourself.' },
  { kind: 'task_due', label: 'A task of yours is due', help: 'When its time has come.' },
  { kind: 'mention', label: 'Somebody mentions you', help: 'In a note.' },
  { kind: 'mail_failed', label: 'A mail of yours was not sent', help: 'It failed for good, or it is not certain whether it went out.' },
  { kind: 'mailbox_trouble', label: 'A mailbox needs attention', help: 'It no longer answers, or its password was changed.' },
  { kind: 'import_finished', label: 'An import of yours is over', help: 'Done or failed.' },
  { kind: 'ai_budget', label: 'The AI budget runs out', help: 'At the mark you set, at 95 %, and when it is spent. For admins.' },
  { kind: 'agent_schedule', label: 'A schedule of an agent is late or was switched off', help: 'For admins.' },
  { kind: 'invitation_accepted', label: 'Somebody accepts an invitation', help: 'One that you sent.' },
]

/** What reaches a person, and where. */
export function NotificationsTab() {
  const workspace = useWorkspace()
  const query = preferencesQuery(workspace)
  const preferences = useQuery(query)
  const client = useQueryClient()
  const toast = useToast()
  const choose = useMutation({
    mutationFn: ({ kind, choice }: { kind: NotificationKind; choice: NotificationChoice }) =>
      read(server.PUT('/v1/workspaces/{workspace}/notifications/preferences', { params: { path: { workspace } }, body: { kinds: { [kind]: choice } } })),
    onMutate: ({ kind, choice }) => {
      const before = client.getQueryData(query.queryKey)
      if (before) client.setQueryData(query.queryKey, { ...before, kinds: { ...before.kinds, [kind]: choice } })
      return before
    },
    onSuccess: (saved) => client.setQueryData(query.queryKey, saved),
    onError: (error, _, before) => {
      if (before) client.setQueryData(query.queryKey, before)
      toast({ title: 'Not changed', detail: error.message, tone: 'bad' })
    },
  })
  if (preferences.isPending) return <SkeletonLines count={6} />
  if (preferences.isError) return <ErrorState title="Your choices could not be read" error={preferences.error} onRetry={() => void preferences.refetch()} />
  const { mail, kinds: chosen } = preferences.data
  return (
    <Stack gap={4}>
      {!mail && <Banner>This installation cannot send mail yet, so notifications only appear here.</Banner>}
      <Panel title="What reaches you" flush>
        {kinds.map(({ kind, label, help }) => {
          const choice = chosen[kind] ?? { app: true, mail: false }
          const set = (change: Partial<NotificationChoice>) => choose.mutate({ kind, choice: { ...choice, ...change } })
          return (
            <Fragment key={kind}>
              <Padded>
                <Fieldset legend={label}>
                  <Row justify="between" gap={4} wrap>
                    <Text tone="muted" size={12}>
                      {help}
                    </Text>
                    <Row gap={4}>
                      <Switch label="Here" checked={choice.app} onChange={(app) => set({ app })} />
                      <Switch label="By mail" checked={mail && choice.mail} disabled={!mail} onChange={(value) => set({ mail: value })} />
                    </Row>
                  </Row>
                </Fieldset>
              </Padded>
              <Divider />
            </Fragment>
          )
        })}
        <Padded>
          <Text tone="muted" size={12}>
            Mails are gathered: at most one in five minutes, with what you have not read by then.
          </Text>
        </Padded>
      </Panel>
    </Stack>
  )
}
