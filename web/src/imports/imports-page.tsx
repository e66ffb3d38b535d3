import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { counted } from '../record/words'
import { useSession, useWorkspace } from '../shell/session'
import { Badge } from '../ui/badge'
import { CopyText, Table } from '../ui/code'
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
          {imports.data?.length === 0 && <HowTo canWrite={canWrite} />}
          {imports.data && imports.data.length > 0 && (
            <Panel title="All imports" flush>
              <Table folds label="All imports" head={['File', 'State', 'Messages', 'Size', 'Started']}>
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

/** How a new workspace gets its mail. */
function HowTo({ canWrite }: { canWrite: boolean }) {
  if (!canWrite) return <EmptyState title="Nothing imported yet">A member of this workspace can bring mail in here.</EmptyState>
  return (
    <Panel title="Two ways to bring mail in">
      <Stack gap={4}>
        <Text as="p">
          <strong>From this browser.</strong> Export your mail (Thunderbird, Apple Mail and Google Takeout write mbox) and drop the file above.
        </Text>
        <Stack gap={2}>
          <Text as="p">
            <strong>On the server, for large archives.</strong> PATH is an mbox, mbox.gz or .eml file, a directory of them, or a Maildir.
          </Text>
          <CopyText text="rapport import mail PATH" label="Copy the command" />
        </Stack>
        <Text as="p" size={13} tone="muted">
          Either way every message is accounted for: imported, duplicate, or refused with the reason. Running the same file again makes no duplicates.
        </Text>
      </Stack>
    </Panel>
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
