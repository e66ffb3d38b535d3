import { getRouteApi } from '@tanstack/react-router'
import { useWorkspace } from '../shell/session'
import type { OpsSearch } from './search'

const route = getRouteApi('/w/$workspace/operations/$tab')

/** What the address says of the page, and how to change it. */
export function useOpsSearch(): { search: OpsSearch; change: (part: Partial<OpsSearch>) => void; open: (tab: string, search: OpsSearch) => void } {
  const workspace = useWorkspace()
  const search = route.useSearch()
  const { tab } = route.useParams()
  const navigate = route.useNavigate()
  const open = (to: string, next: OpsSearch) => void navigate({ to: '/w/$workspace/operations/$tab', params: { workspace, tab: to }, search: next })
  const change = (part: Partial<OpsSearch>) => void navigate({ to: '/w/$workspace/operations/$tab', params: { workspace, tab }, search: { ...search, ...part }, replace: part.id === undefined })
  return { search, change, open }
}
