import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Ban, Check, CircleAlert, CircleCheck, CircleHelp, Clock, History, Hourglass, X, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import type { ApprovalLine } from '../api/types'
import { extended, neighbour, nothing, toggled, type Selection } from '../record/selection'
import { counted } from '../record/words'
import { useSession, useWorkspace } from '../shell/session'
import { Button, IconButton } from '../ui/button'
import { useMedia } from '../ui/grid'
import { Page } from '../ui/layout'
import { FolderLabel, Mailbox, SelectionBar } from '../ui/mailbox'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { VirtualList } from '../ui/virtual-list'
import { mostAtOnce, useApproveGroup, useDecide } from './actions'
import { ApprovalDetail, type Way } from './detail'
import { EditDialog, GroupOutcome, PasswordDialog, RejectDialog } from './dialogs'
import { ApprovalEntry } from './entry'
import { useApprovalKeys } from './keys'
import { approvalCountQuery, approvalQuery, approvalsQuery } from './queries'
import type { ApprovalsSearch } from './search'
import { states, stateWords, type ApprovalState } from './words'

const route = getRouteApi('/w/$workspace/approvals')

/** What agents, imports and other programs want a person to allow. What is shown stands in the address. */
export function ApprovalsPage() {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const search = route.useSearch()
  const navigate = useNavigate()
  const state = search.state ?? 'pending'
  const list = useInfiniteQuery(approvalsQuery(workspace, state))
  const rows = list.data?.pages.flatMap((p) => p.data) ?? []
  const order = rows.map((r) => r.id)
  const [selection, setSelection] = useState(nothing)
  const [dialog, setDialog] = useState<'edit' | 'reject' | 'password'>()
  const wide = useMedia('(min-width: 1024px)')
  const go = (change: Partial<ApprovalsSearch>) => void navigate({ to: '/w/$workspace/approvals', params: { workspace }, search: { ...search, ...change }, replace: true })
  const open = useQuery({ ...approvalQuery(workspace, search.id ?? ''), enabled: search.id !== undefined }).data
  const deciding = useDecide((id) => {
    if (state === 'pending') go({ id: wide ? neighbour(order, id, new Set([id])) : undefined })
  })
  const group = useApproveGroup()
  const chosen = rows.filter((r) => selection.ids.has(r.id))
  const approveChosen = () => {
    if (chosen.length > 0 && chosen.length <= mostAtOnce && !group.isPending) group.mutate(chosen, { onSuccess: () => setSelection(nothing) })
  }
  const way = (which: Way) => {
    if (!open || open.state !== 'pending' || !canWrite || deciding.approve.isPending) return
    if (which !== 'reject' && (!open.may || open.stale)) return
    deciding.approve.reset()
    deciding.reject.reset()
    if (which === 'approve' && !open.password) deciding.approve.mutate({ approval: open }, { onError: () => undefined })
    else setDialog(which === 'approve' ? 'password' : which)
  }
  const pick = (s: Selection) => canWrite && state === 'pending' && setSelection(s)
  useApprovalKeys({ order, search, selection, onSelection: pick, go, way, approveChosen })
  const close = () => setDialog(undefined)
  const dialogProps = open && { approval: open, deciding, onClose: close }
  return (
    <Page title="Approvals" focused={search.id !== undefined}>
      <Mailbox
        label="Request"
        nav="States"
        open={search.id !== undefined}
        folders={<StateLinks state={state} />}
        list={
          list.isPending ? (
            <SkeletonLines count={8} avatar />
          ) : list.isError && rows.length === 0 ? (
            <ErrorState title="The requests could not be read" error={list.error} onRetry={() => void list.refetch()} />
          ) : rows.length === 0 ? (
            <EmptyState icon={icons[state]} title={state === 'pending' ? 'Nothing waits for you' : `Nothing ${stateWords(state).label.toLowerCase()}`}>
              {stateWords(state).empty}
            </EmptyState>
          ) : (
            <VirtualList label="Requests" rows={rows} rowId={(r: ApprovalLine) => r.id} height={80} active={order.indexOf(search.id ?? '')} hasMore={list.hasNextPage} onMore={() => void (list.isFetchingNextPage || list.fetchNextPage())}>
              {(row) => (
                <ApprovalEntry
                  row={row}
                  search={search}
                  chosen={selection.ids.has(row.id)}
                  picking={chosen.length > 0}
                  onChoose={canWrite && state === 'pending' ? (range) => setSelection(range ? extended(selection, order, row.id) : toggled(selection, row.id)) : undefined}
                />
              )}
            </VirtualList>
          )
        }
        selection={
          chosen.length > 0 && (
            <SelectionBar words={chosen.length > mostAtOnce ? `${chosen.length} chosen, ${mostAtOnce} at most at once` : `${chosen.length} chosen`}>
              <Button size="small" variant="primary" icon={Check} title="Shift Y" busy={group.isPending} disabled={chosen.length > mostAtOnce} onClick={approveChosen}>
                Approve {counted(chosen.length, 'request')}
              </Button>
              <IconButton icon={X} size="small" label="Drop the choice" onClick={() => setSelection(nothing)} />
            </SelectionBar>
          )
        }
        detail={search.id ? <ApprovalDetail key={search.id} id={search.id} busy={deciding.approve.isPending} failure={deciding.approve.error} onWay={way} onBack={() => go({ id: undefined })} /> : <Nothing empty={rows.length === 0} />}
      />
      {dialogProps && dialog === 'reject' && <RejectDialog {...dialogProps} />}
      {dialogProps && dialog === 'password' && <PasswordDialog {...dialogProps} />}
      {dialogProps && dialog === 'edit' && <EditDialog {...dialogProps} />}
      {group.data && <GroupOutcome decided={group.data} onClose={() => group.reset()} />}
    </Page>
  )
}

const icons: Record<ApprovalState, LucideIcon> = { pending: Hourglass, done: CircleCheck, rejected: X, expired: Clock, stale: History, failed: CircleAlert, cancelled: Ban, blocked: Ban }

function StateLinks({ state }: { state: ApprovalState }) {
  const workspace = useWorkspace()
  const count = useQuery(approvalCountQuery(workspace)).data
  return states.map((s) => (
    <Link key={s} to="/w/$workspace/approvals" params={{ workspace }} search={{ state: s === 'pending' ? undefined : s }} replace activeProps={{}} aria-current={s === state ? 'page' : undefined}>
      <FolderLabel icon={icons[s]} label={stateWords(s).label} count={s === 'pending' ? count?.pending : undefined} />
    </Link>
  ))
}

function Nothing({ empty }: { empty: boolean }) {
  return (
    <EmptyState icon={CircleHelp} title={empty ? 'Nothing to decide here' : 'Choose a request'}>
      {empty ? '' : 'Press J to open the first one, Y to approve, N to reject, M to change it first.'}
    </EmptyState>
  )
}
