import { useMutation } from '@tanstack/react-query'
import { Ellipsis, FolderOpen, Pause, Pencil, Play, RotateCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useSession, useTouched, useWorkspace } from '../../shell/session'
import { useToast } from '../../shell/toasts'
import { Badge } from '../../ui/badge'
import { Button } from '../../ui/button'
import { Row, Stack, Text } from '../../ui/layout'
import { MenuButton } from '../../ui/menu'
import { Progress } from '../../ui/progress'
import { EntryHead, Fact, Facts, RowEntry } from '../../ui/rows'
import { When } from '../../ui/when'
import type { Mailbox } from '../../api/types'
import { mailboxes } from './contract'
import { EditDialog } from './edit-dialog'
import { FoldersDialog } from './folders-dialog'
import { leaveFor } from './queries'
import { RemoveDialog } from './remove-dialog'
import { authWords, dayWords, lookOf } from './words'

type Open = 'edit' | 'folders' | 'remove' | null

/** One account: what it is, how it is, and what one can do about it. */
export function MailboxEntry({ mailbox: m }: { mailbox: Mailbox }) {
  const { isAdmin } = useSession()
  const [open, setOpen] = useState<Open>(null)
  const close = () => setOpen(null)
  const look = lookOf(m)
  return (
    <RowEntry>
      <EntryHead>
        <Stack gap={0}>
          <Row gap={2} wrap>
            <Text as="h3" weight={600}>
              {m.name}
            </Text>
            <Badge tone={look.tone} icon={look.icon}>
              {look.label}
            </Badge>
          </Row>
          <Text size={13} tone="muted">
            {m.name !== m.address && `${m.address} · `}
            {authWords[m.auth]} · {m.imap.host}
          </Text>
        </Stack>
        {isAdmin && <Actions mailbox={m} onOpen={setOpen} />}
      </EntryHead>
      {m.backlog && m.state !== 'paused' && m.state !== 'waiting' ? (
        <Progress label={m.health} value={m.backlog.done} max={m.backlog.total || null} />
      ) : (
        <Text as="p" size={13} tone={m.trouble ? (m.state === 'paused' ? 'bad' : 'warn') : undefined}>
          {m.health}
        </Text>
      )}
      <Facts>
        <Fact label="Last checked">{m.last_success_at ? <When at={m.last_success_at} /> : 'not yet'}</Fact>
        <Fact label="Messages">{m.message_count.toLocaleString()}</Fact>
        <Fact label="Folders">{m.folders === 'all' ? 'all' : 'chosen'}</Fact>
        {m.since && <Fact label="Since">{dayWords(m.since)}</Fact>}
        {m.next_try_at && (
          <Fact label="Next try">
            <When at={m.next_try_at} />
          </Fact>
        )}
        {m.refused_count > 0 && <Fact label="Not taken">{m.refused_count.toLocaleString()}</Fact>}
        {m.last_error && m.last_error !== m.reason && <Fact label="Last error">{m.last_error}</Fact>}
      </Facts>
      {open === 'edit' && <EditDialog mailbox={m} onClose={close} />}
      {open === 'folders' && <FoldersDialog mailbox={m} onClose={close} />}
      {open === 'remove' && <RemoveDialog mailbox={m} onClose={close} />}
    </RowEntry>
  )
}

function Actions({ mailbox: m, onOpen }: { mailbox: Mailbox; onOpen: (open: Open) => void }) {
  const turn = useTurn(m)
  const connect = useConnectAgain(m)
  const again = m.state === 'paused' && m.trouble
  return (
    <Row gap={2}>
      {again && m.auth !== 'password' && (
        <Button size="small" busy={connect.isPending} onClick={() => connect.mutate()}>
          Connect again
        </Button>
      )}
      {again && m.auth === 'password' && (
        <Button size="small" onClick={() => onOpen('edit')}>
          Change password
        </Button>
      )}
      {(m.state === 'waiting' || again) && (
        <Button size="small" icon={RotateCw} busy={turn.isPending} onClick={() => turn.mutate('retry')}>
          Retry
        </Button>
      )}
      {m.state === 'paused' && !m.trouble && (
        <Button size="small" icon={Play} busy={turn.isPending} onClick={() => turn.mutate('resume')}>
          Resume
        </Button>
      )}
      {m.state !== 'paused' && (
        <Button size="small" icon={Pause} busy={turn.isPending} onClick={() => turn.mutate('pause')}>
          Pause
        </Button>
      )}
      <MenuButton
        label={`More about ${m.name}`}
        square
        entries={[
          { id: 'edit', label: 'Edit', icon: Pencil, onAction: () => onOpen('edit') },
          { id: 'folders', label: 'Choose folders', icon: FolderOpen, onAction: () => onOpen('folders') },
          { id: 'retry', label: 'Look for mail now', icon: RotateCw, disabled: m.state === 'paused', onAction: () => turn.mutate('retry') },
          'separator',
          { id: 'remove', label: 'Disconnect', icon: Trash2, danger: true, onAction: () => onOpen('remove') },
        ]}
      >
        <Ellipsis size={16} strokeWidth={1.5} aria-hidden />
      </MenuButton>
    </Row>
  )
}

const done = { retry: 'Trying again', pause: 'Paused', resume: 'Resumed' }

function useTurn(m: Mailbox) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  return useMutation({
    mutationFn: (to: 'retry' | 'pause' | 'resume') => mailboxes.turn(workspace, m.id, to),
    onSuccess: (_, to) => {
      toast({ title: `${done[to]}: ${m.name}` })
      return touched('mailboxes')
    },
    onError: (error) => toast({ title: 'Nothing changed', detail: error.message, tone: 'bad' }),
  })
}

function useConnectAgain(m: Mailbox) {
  const workspace = useWorkspace()
  const toast = useToast()
  return useMutation({
    mutationFn: () => (m.auth === 'password' ? Promise.resolve() : leaveFor(workspace, m.auth, m)),
    onError: (error) => toast({ title: 'Not connected', detail: error.message, tone: 'bad' }),
  })
}
