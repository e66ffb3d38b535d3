import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { CircleHelp } from 'lucide-react'
import { useState } from 'react'
import type { Approval } from '../api/types'
import { neighbour, nothing, type Selection } from '../record/selection'
import { useSession, useWorkspace } from '../shell/session'
import { useMedia } from '../ui/media'
import { Page } from '../ui/layout'
import { FolderLabel, Mailbox } from '../ui/mailbox'
import { EmptyState } from '../ui/state'
import { mostAtOnce, useApproveGroup, useDecide, type Deciding } from './actions'
import { ApprovalDetail, type Way } from './detail'
import { EditDialog, GroupOutcome, PasswordDialog, RejectDialog } from './dialogs'
import { useApprovalKeys } from './keys'
import { approvalCountQuery, approvalQuery, approvalsQuery } from './queries'
import { ChosenRequests, Queue, stateIcons } from './queue'
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
  const wide = useMedia('(min-width: 1024px)')
  const go = (change: Partial<ApprovalsSearch>) => void navigate({ to: '/w/$workspace/approvals', params: { workspace }, search: { ...search, ...change }, replace: true })
  const open = useQuery({ ...approvalQuery(workspace, search.id ?? ''), enabled: search.id !== undefined }).data
  const deciding = useDecide((id) => {
    if (state === 'pending') go({ id: wide ? neighbour(order, id, new Set([id])) : undefined })
  })
  const { way, dialog } = useWays(open, deciding)
  const group = useApproveGroup()
  const chosen = rows.filter((r) => selection.ids.has(r.id))
  const approveChosen = () => {
    if (chosen.length > 0 && chosen.length <= mostAtOnce && !group.isPending) group.mutate(chosen, { onSuccess: () => setSelection(nothing) })
  }
  const pick = canWrite && state === 'pending' ? setSelection : undefined
  useApprovalKeys({ order, search, selection, onSelection: (s: Selection) => pick?.(s), go, way, approveChosen })
  return (
    <Page title="Approvals" focused={search.id !== undefined}>
      <Mailbox
        nav="States"
        label="Request"
        open={search.id !== undefined}
        folders={<StateLinks state={state} />}
        list={<Queue list={list} rows={rows} state={state} search={search} selection={selection} onSelection={pick} />}
        selection={chosen.length > 0 && <ChosenRequests count={chosen.length} busy={group.isPending} onApprove={approveChosen} onSelection={setSelection} />}
        detail={
          search.id ? (
            <ApprovalDetail key={search.id} id={search.id} approve={deciding.approve} onWay={way} onBack={() => go({ id: undefined })} />
          ) : (
            <EmptyState icon={CircleHelp} title={rows.length === 0 ? 'Nothing to decide here' : 'Choose a request'}>
              {rows.length === 0 ? '' : 'Press J to open the first one, Y to approve, N to reject, M to change it first.'}
            </EmptyState>
          )
        }
      />
      {dialog}
      {group.data && <GroupOutcome decided={group.data} onClose={() => group.reset()} />}
    </Page>
  )
}

/** The ways to decide the open request, and the dialog that one of them needs. */
function useWays(open: Approval | undefined, deciding: Deciding) {
  const { canWrite } = useSession()
  const [asked, setAsked] = useState<'edit' | 'reject' | 'password'>()
  const way = (which: Way) => {
    if (!open || open.state !== 'pending' || !canWrite || deciding.approve.isPending) return
    if (which !== 'reject' && (!open.may || open.stale)) return
    deciding.approve.reset()
    deciding.reject.reset()
    if (which === 'approve' && !open.password) deciding.approve.mutate({ approval: open })
    else setAsked(which === 'approve' ? 'password' : which)
  }
  const props = open && { approval: open, deciding, onClose: () => setAsked(undefined) }
  const dialog = props && (
    <>
      {asked === 'reject' && <RejectDialog {...props} />}
      {asked === 'password' && <PasswordDialog {...props} />}
      {asked === 'edit' && <EditDialog {...props} />}
    </>
  )
  return { way, dialog }
}

function StateLinks({ state }: { state: ApprovalState }) {
  const workspace = useWorkspace()
  const count = useQuery(approvalCountQuery(workspace)).data
  return states.map((s) => (
    <Link key={s} to="/w/$workspace/approvals" params={{ workspace }} search={{ state: s === 'pending' ? undefined : s }} replace activeProps={{}} aria-current={s === state ? 'page' : undefined}>
      <FolderLabel icon={stateIcons[s]} label={stateWords(s).label} count={s === 'pending' ? count?.pending : undefined} />
    </Link>
  ))
}
