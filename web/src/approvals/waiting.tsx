import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useWorkspace } from '../shell/session'
import { Padded, Stack } from '../ui/layout'
import { Banner } from '../ui/state'
import { approvalsAboutQuery } from './queries'

const most = 3

/** What waits for somebody's word about a record, on the record's page; nothing where nothing does. */
export function WaitsForApproval({ subject, padded }: { subject: string; padded?: boolean }) {
  const workspace = useWorkspace()
  const rows = useQuery(approvalsAboutQuery(workspace, subject)).data?.data ?? []
  if (rows.length === 0) return null
  const all = (
    <Stack gap={2}>
      {rows.slice(0, most).map((a) => (
        <Banner key={a.id} tone="warn">
          Waits for approval:{' '}
          <Link to="/w/$workspace/approvals" params={{ workspace }} search={{ id: a.id }} dir="auto">
            {a.title}
          </Link>
        </Banner>
      ))}
      {rows.length > most && (
        <Banner tone="warn">
          <Link to="/w/$workspace/approvals" params={{ workspace }} search={{}}>
            More requests wait
          </Link>
        </Banner>
      )}
    </Stack>
  )
  return padded ? <Padded>{all}</Padded> : all
}
