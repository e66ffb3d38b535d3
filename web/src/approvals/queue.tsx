import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { Ban, Check, CircleAlert, CircleCheck, Clock, History, Hourglass, X, type LucideIcon } from 'lucide-react'
import type { ApprovalLine, Page } from '../api/types'
import { extended, nothing, toggled, type Selection } from '../record/selection'
import { counted } from '../record/words'
import { Button, IconButton } from '../ui/button'
import { SelectionBar } from '../ui/mailbox'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { VirtualList } from '../ui/virtual-list'
import { mostAtOnce } from './actions'
import { ApprovalEntry } from './entry'
import type { ApprovalsSearch } from './search'
import { stateWords, type ApprovalState } from './words'

export const stateIcons: Record<ApprovalState, LucideIcon> = { pending: Hourglass, done: CircleCheck, rejected: X, expired: Clock, stale: History, failed: CircleAlert, cancelled: Ban, blocked: Ban }

type QueueProps = {
  list: UseInfiniteQueryResult<InfiniteData<Page<ApprovalLine>>>
  rows: ApprovalLine[]
  state: ApprovalState
  search: ApprovalsSearch
  selection: Selection
  /** Absent where nothing can be chosen. */
  onSelection?: (selection: Selection) => void
}

/** The requests of a state. */
export function Queue({ list, rows, state, search, selection, onSelection }: QueueProps) {
  if (list.isPending) return <SkeletonLines count={8} avatar />
  if (list.isError && rows.length === 0) return <ErrorState title="The requests could not be read" error={list.error} onRetry={() => void list.refetch()} />
  const { label, empty } = stateWords(state)
  if (rows.length === 0)
    return (
      <EmptyState icon={stateIcons[state]} title={state === 'pending' ? 'Nothing waits for you' : `Nothing ${label.toLowerCase()}`}>
        {empty}
      </EmptyState>
    )
  const order = rows.map((r) => r.id)
  const more = () => {
    if (!list.isFetchingNextPage) void list.fetchNextPage()
  }
  return (
    <VirtualList label="Requests" rows={rows} rowId={(r) => r.id} height={80} active={order.indexOf(search.id ?? '')} hasMore={list.hasNextPage} onMore={more}>
      {(row) => (
        <ApprovalEntry
          row={row}
          search={search}
          chosen={selection.ids.has(row.id)}
          picking={onSelection !== undefined}
          onChoose={onSelection && ((range) => onSelection(range ? extended(selection, order, row.id) : toggled(selection, row.id)))}
        />
      )}
    </VirtualList>
  )
}

type ChosenProps = { count: number; busy: boolean; onApprove: () => void; onSelection: (selection: Selection) => void }

/** What can be done with the chosen requests. */
export function ChosenRequests({ count, busy, onApprove, onSelection }: ChosenProps) {
  const many = count > mostAtOnce
  return (
    <SelectionBar words={many ? `${count} chosen, ${mostAtOnce} at most at once` : `${count} chosen`}>
      <Button size="small" variant="primary" icon={Check} title="Shift Y" busy={busy} disabled={many} onClick={onApprove}>
        Approve {counted(count, 'request')}
      </Button>
      <IconButton icon={X} size="small" label="Drop the choice" onClick={() => onSelection(nothing)} />
    </SelectionBar>
  )
}
