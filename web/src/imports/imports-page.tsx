import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { counted } from '../record/words'
import { useSession, useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { Table } from '../ui/code'
import { Page, Panel, Scroll, Stack, Text } from '../ui/layout'
import { EmptyState, ErrorState, SkeletonLines } from '../ui/state'
import { fileSize } from '../ui/time'
import { When } from '../ui/when'
import type { Import } from '../api/types'
import { importsQuery, isRunning } from './queries'
import { Uploader } from './uploader'
import { stateTone, stateWords } from './words'

export function ImportsPage() {
  const workspace = useWorkspace()
  const { canWrite } = useSession()
  const imports = useQuery(importsQuery(workspace))
  return (
    <Page title="Imports">
      <Scroll width="normal">
        <Stack gap={5}>
          {canWrite && <Uploader />}
          {imports.isPending && <SkeletonLines count={5} />}
          {imports.isError && <ErrorState title="The imports could not be read" error={imports.error} onRetry={() => void imports.refetch()} />}
          {imports.data?.length === 0 && <EmptyState title="Nothing imported yet">An import accounts for every message: imported, duplicate, or refused with the reason.</EmptyState>}
          {imports.data && imports.data.length > 0 && (
            <Panel title="All imports" flush>
              <Table label="All imports" head={['File', 'State', 'Messages', 'Size', 'Started']}>
                {imports.data.map((i) => (
                  <ImportRow key={i.id} entry={i} />
                ))}
              </Table>
            </Panel>
          )}
        </Stack>
      </Scroll>
    </Page>
  )
}

function ImportRow({ entry: i }: { entry: Import }) {
  const workspace = useWorkspace()
  const share = i.bytes_total > 0 ? Math.floor((i.bytes_done / i.bytes_total) * 100) : 0
  return (
    <tr>
      <td>
        <Link to="/w/$workspace/imports/$id" params={{ workspace, id: i.id }}>
          {i.filename || 'unnamed'}
        </Link>
      </td>
      <td>
        <Badge tone={stateTone[i.state]}>
          {stateWords[i.state]}
          {isRunning(i.state) && share > 0 ? ` ${share}%` : ''}
        </Badge>
      </td>
      <td>
        <Text number>{i.imported.toLocaleString()} imported</Text>
        {i.refused > 0 && (
          <Text tone="warn" number>
            , {counted(i.refused, 'refused', 'refused')}
          </Text>
        )}
      </td>
      <td>
        <Text tone="muted" number>
          {fileSize(i.bytes_total)}
        </Text>
      </td>
      <td>
        <Text tone="muted">
          <When at={i.created_at} />
          {i.actor_name && ` by ${i.actor_name}`}
        </Text>
      </td>
    </tr>
  )
}
