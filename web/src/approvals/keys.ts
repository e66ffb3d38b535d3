import { nothing, toggled, type Selection } from '../record/selection'
import { useKeys } from '../shell/keys-provider'
import type { Way } from './detail'
import type { ApprovalsSearch } from './search'

type Bound = {
  order: string[]
  search: ApprovalsSearch
  selection: Selection
  onSelection: (selection: Selection) => void
  go: (change: Partial<ApprovalsSearch>) => void
  way: (way: Way) => void
  approveChosen: () => void
}

/** Everything that the page does by keyboard. */
export function useApprovalKeys({ order, search, selection, onSelection, go, way, approveChosen }: Bound) {
  const index = search.id === undefined ? -1 : order.indexOf(search.id)
  const step = (by: 1 | -1) => {
    const target = order[index === -1 ? 0 : index + by]
    if (target) go({ id: target })
  }
  const choose = () => {
    const id = search.id ?? order[0]
    if (id) onSelection(toggled(selection, id))
  }
  const group = 'Approvals'
  useKeys([
    { keys: 'j', label: 'Next request', group, run: () => step(1) },
    { keys: 'k', label: 'Request before', group, run: () => step(-1) },
    { keys: 'x', label: 'Choose the request', group, run: choose },
    { keys: 'y', label: 'Approve', group, run: () => way('approve') },
    { keys: 'n', label: 'Reject, with the reason', group, run: () => way('reject') },
    { keys: 'm', label: 'Change it before you approve', group, run: () => way('edit') },
    { keys: 'Y', label: 'Approve the chosen ones', group, run: approveChosen },
    { keys: 'escape', label: 'Drop the choice, close the request', group, run: () => (selection.ids.size > 0 ? onSelection(nothing) : go({ id: undefined })) },
  ])
}
