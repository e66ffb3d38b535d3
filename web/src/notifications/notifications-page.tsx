import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { CheckCheck, CircleCheck } from 'lucide-react'
import { notificationsQuery, unreadQuery } from '../api/queries'
import { NotificationRows, useRead } from '../shell/notifications'
import { useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { Count, Page, Row, Scroll, Stack, TabLinks } from '../ui/layout'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'

const route = getRouteApi('/w/$workspace/notifications')

/** Everything that reached a person, newest first. */
export function NotificationsPage() {
  const workspace = useWorkspace()
  const { unread: onlyUnread = false } = route.useSearch()
  const unread = useQuery(unreadQuery(workspace)).data
  const read = useRead()
  const tabs = (
    <TabLinks label="Notifications">
      <Link to="/w/$workspace/notifications" params={{ workspace }} search={{}} activeOptions={{ exact: true }} activeProps={{}} aria-current={onlyUnread ? undefined : 'page'} data-status={undefined}>
        All
      </Link>
      <Link to="/w/$workspace/notifications" params={{ workspace }} search={{ unread: true }} activeProps={{}} aria-current={onlyUnread ? 'page' : undefined} data-status={undefined}>
        Not read <Count value={unread} />
      </Link>
    </TabLinks>
  )
  const actions = unread ? (
    <Button icon={CheckCheck} busy={read.isPending} onClick={() => read.mutate({ all: true })}>
      Mark all as read
    </Button>
  ) : undefined
  return (
    <Page title="Notifications" tabs={tabs} actions={actions}>
      <Scroll width="normal">
        <List unread={onlyUnread} />
      </Scroll>
    </Page>
  )
}

function List({ unread }: { unread: boolean }) {
  const workspace = useWorkspace()
  const list = useInfiniteQuery(notificationsQuery(workspace, unread))
  const rows = list.data?.pages.flatMap((p) => p.data) ?? []
  if (list.isPending) return <SkeletonLines count={8} />
  if (list.isError && rows.length === 0) return <ErrorState title="Notifications could not be read" error={list.error} onRetry={() => void list.refetch()} />
  if (rows.length === 0)
    return (
      <EmptyState
        icon={CircleCheck}
        title={unread ? 'Everything is read' : 'Nothing yet'}
        actions={
          <Link to="/w/$workspace/settings/$tab" params={{ workspace, tab: 'notifications' }}>
            Choose what reaches you
          </Link>
        }
      >
        What others do that concerns you appears here.
      </EmptyState>
    )
  return (
    <Stack gap={4}>
      <NotificationRows rows={rows} />
      {list.hasNextPage && (
        <Row>
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show older
          </Button>
        </Row>
      )}
    </Stack>
  )
}
