import { useMutation, useQuery } from '@tanstack/react-query'
import { CircleAlert, Ellipsis, Pencil, Plus, Send, Star, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useSession, useTouched, useWorkspace } from '../../shell/session'
import { useToast } from '../../shell/toasts'
import { Badge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { Panel, Row, Stack, Text } from '../../ui/layout'
import { MenuButton } from '../../ui/menu'
import { EntryHead, RowEntry, Rows } from '../../ui/rows'
import { EmptyState, ErrorState, SkeletonLines } from '../../ui/state'
import type { Mailbox, Sender } from '../../api/types'
import { senders } from './contract'
import { mailboxesQuery, sendersQuery } from './queries'
import { RemoveSender } from './remove-sender'
import { SenderDialog } from './sender-dialog'
import { TestDialog } from './test-dialog'

/** The accounts that mail goes out from. */
export function SendersTab() {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const all = useQuery(sendersQuery(workspace))
  const boxes = useQuery(mailboxesQuery(workspace)).data ?? []
  const [adding, setAdding] = useState(false)
  const add = (
    <Button variant="primary" size="small" icon={Plus} onClick={() => setAdding(true)}>
      Add sender
    </Button>
  )
  return (
    <Panel title="Senders" actions={isAdmin && all.data && all.data.length > 0 && add} flush>
      {all.isPending && <SkeletonLines count={3} />}
      {all.isError && <ErrorState title="The senders could not be read" error={all.error} onRetry={() => void all.refetch()} />}
      {all.data?.length === 0 && (
        <EmptyState icon={Send} title="Nobody to send as yet" actions={isAdmin && add}>
          A sender is an address with a signature, and the server that takes its mail. A mailbox that you connect brings its own.
        </EmptyState>
      )}
      {all.data && all.data.length > 0 && (
        <Rows label="Senders">
          {all.data.map((s) => (
            <SenderEntry key={s.id} sender={s} mailbox={boxes.find((m) => m.id === s.mailbox_id)} />
          ))}
        </Rows>
      )}
      {adding && <SenderDialog onClose={() => setAdding(false)} />}
    </Panel>
  )
}

type Open = 'edit' | 'test' | 'remove' | null

function SenderEntry({ sender: s, mailbox }: { sender: Sender; mailbox?: Mailbox }) {
  const { isAdmin } = useSession()
  const [open, setOpen] = useState<Open>(null)
  const close = () => setOpen(null)
  return (
    <RowEntry>
      <EntryHead>
        <Stack gap={0}>
          <Row gap={2} wrap>
            <Text as="h3" weight={600}>
              {s.name}
            </Text>
            {s.is_default && (
              <Badge tone="accent" icon={Star}>
                Default
              </Badge>
            )}
            {s.state === 'trouble' && (
              <Badge tone="bad" icon={CircleAlert}>
                Cannot send
              </Badge>
            )}
          </Row>
          <Text size={13} tone="muted">
            {s.address} · {s.mailbox_id ? `with the login of ${mailbox?.name ?? 'its mailbox'}` : s.smtp.host}
          </Text>
        </Stack>
        {isAdmin && <Actions sender={s} onOpen={setOpen} />}
      </EntryHead>
      {s.last_error && (
        <Text as="p" size={13} tone="bad">
          {s.last_error}
        </Text>
      )}
      {s.signature && (
        <Text as="p" size={13} tone="muted" truncate>
          {s.signature.replaceAll(/\s*\n\s*/g, ' · ')}
        </Text>
      )}
      {open === 'edit' && <SenderDialog sender={s} onClose={close} />}
      {open === 'test' && <TestDialog sender={s} onClose={close} />}
      {open === 'remove' && <RemoveSender sender={s} onClose={close} />}
    </RowEntry>
  )
}

function Actions({ sender: s, onOpen }: { sender: Sender; onOpen: (open: Open) => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const prefer = useMutation({
    mutationFn: () => senders.update(workspace, s, { is_default: true }),
    onSuccess: () => {
      toast({ title: `New mail is sent as ${s.name}` })
      return touched('senders')
    },
    onError: (error) => toast({ title: 'Not changed', detail: error.message, tone: 'bad' }),
  })
  return (
    <Row gap={2}>
      <Button size="small" icon={Send} onClick={() => onOpen('test')}>
        Test
      </Button>
      <Button size="small" icon={Pencil} onClick={() => onOpen('edit')}>
        Edit
      </Button>
      <MenuButton
        label={`More about ${s.name}`}
        square
        entries={[
          { id: 'default', label: 'Make it the default', icon: Star, disabled: s.is_default, onAction: () => prefer.mutate() },
          'separator',
          { id: 'remove', label: 'Remove', icon: Trash2, danger: true, onAction: () => onOpen('remove') },
        ]}
      >
        <Ellipsis size={16} strokeWidth={1.5} aria-hidden />
      </MenuButton>
    </Row>
  )
}
