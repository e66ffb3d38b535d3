import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWorkspace } from '../shell/session'
import type { OpsSearch } from './search'

/** The way to a page of operations, or to one thing on it. */
export function OpsLink({ tab, search, children }: { tab: string; search: OpsSearch; children: ReactNode }) {
  const workspace = useWorkspace()
  return (
    <Link to="/w/$workspace/operations/$tab" params={{ workspace, tab }} search={search} activeProps={{}} aria-current={undefined} data-status={undefined}>
      {children}
    </Link>
  )
}
