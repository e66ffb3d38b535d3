import { Check, Clock, Flame, Inbox, Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { ProblemError } from '../api/problem'
import { useToast } from '../shell/toasts'
import { Avatar, Badge, Chip, Dot } from '../ui/badge'
import { Button, TextButton } from '../ui/button'
import { CheckTable, CopyText, Table } from '../ui/code'
import { Confirm, Dialog } from '../ui/dialog'
import { FileDrop } from '../ui/file-drop'
import { Row, Text, Tile, Tiles } from '../ui/layout'
import { Hint } from '../ui/hint'
import { MenuButton } from '../ui/menu'
import { Popover } from '../ui/popover'
import { Progress } from '../ui/progress'
import { Score, ScoreDetail } from '../ui/score'
import { Banner, EmptyState, ErrorState, Skeleton, SkeletonLines } from '../ui/state'
import { Section } from './section'

const nothing = () => {}

export function Words() {
  return (
    <Section title="Badges, chips, faces, scores">
      <Row gap={2} wrap>
        <Badge>Neutral</Badge>
        <Badge tone="good" icon={Check}>
          Good
        </Badge>
        <Badge tone="warn" icon={Flame}>
          High
        </Badge>
        <Badge tone="bad" icon={Clock}>
          Overdue
        </Badge>
        <Badge tone="accent">Lead</Badge>
        <Badge tone="ai" onPress={nothing} pressed>
          Pricing inquiry
        </Badge>
      </Row>
      <Row gap={2} wrap>
        <Chip removeLabel="Remove" onRemove={nothing}>
          Score ≥ 70
        </Chip>
        <Chip>
          <Row gap={1}>
            <Dot color="amber" />
            VIP
          </Row>
        </Chip>
        <Avatar name="Ana Duarte" id="1" />
        <Avatar name="Bram de Vries" id="2" size={40} />
        <Avatar name="דנה לוי" id="3" />
        <Avatar name="Lumen" id="4" square />
        <Score score={82} />
        <Score score={51} />
        <Score score={8} />
        <Score score={null} />
      </Row>
      <ScoreDetail
        score={64}
        parts={[
          { name: 'a', label: 'Engagement', weight: 0.6, points: 78, reasons: ['4 replies in 30 days'] },
          { name: 'b', label: 'Intent', weight: 0.4, points: 43, reasons: ['Asked for a price'] },
          { name: 'c', label: 'Fit', weight: 0, points: null, reasons: ['Nothing is known yet'] },
        ]}
      />
    </Section>
  )
}

export function Floating() {
  const toast = useToast()
  const [asking, setAsking] = useState(false)
  const [open, setOpen] = useState(false)
  return (
    <Section title="What floats">
      <Row gap={2} wrap>
        <MenuButton
          label="Open the menu"
          look="secondary"
          entries={[
            { id: 'a', label: 'Edit', icon: Pencil, onAction: nothing },
            { id: 'b', label: 'Chosen', chosen: true, onAction: nothing },
            { id: 'c', label: 'Not now', disabled: true, onAction: nothing },
            'separator',
            { id: 'd', label: 'Delete', icon: Trash2, danger: true, onAction: nothing },
          ]}
        >
          Open the menu
        </MenuButton>
        <Popover label="Open the popover" look="secondary" trigger="Open the popover">
          <Text>A small panel.</Text>
        </Popover>
        <Hint words="Words that help" label="Hover me">
          Hover me
        </Hint>
        <Button onClick={() => setOpen(true)}>Open the dialog</Button>
        <Button onClick={() => setAsking(true)}>Ask before removing</Button>
        <Button onClick={() => toast({ title: 'Deleted Ana Duarte', action: { label: 'Undo', run: nothing } })}>Show a toast</Button>
        <Button onClick={() => toast({ title: 'Sending to Ana Duarte', after: 'Sent to Ana Duarte', until: Date.now() + 10_000, action: { label: 'Undo', run: nothing } })}>Show a countdown</Button>
        <Button onClick={() => toast({ title: 'Not saved', detail: 'The server cannot be reached.', tone: 'bad' })}>Show a failure</Button>
      </Row>
      {asking && (
        <Confirm title="Remove Ana?" action="Remove Ana" onConfirm={() => setAsking(false)} onClose={() => setAsking(false)}>
          What cannot be undone is asked for, and names what it takes along.
        </Confirm>
      )}
      {open && (
        <Dialog title="A dialog" onClose={() => setOpen(false)}>
          <Text>Escape, the cross and a press outside close it.</Text>
        </Dialog>
      )}
    </Section>
  )
}

export function Work() {
  const [held, setHeld] = useState(['contact:read'])
  return (
    <Section title="Progress, files, codes, tables">
      <Progress label="Reading mail: 12 MB of 48 MB" value={12} max={48} note="812 messages/s, 44 s left" />
      <Progress label="Waiting to start" value={0} max={null} />
      <Progress label="Done" value={1} max={1} tone="good" />
      <FileDrop label="Drop a mailbox here, or choose one" onFiles={nothing}>
        mbox, mbox.gz or a single .eml
      </FileDrop>
      <CopyText text="rk_example_not_a_key" label="Copy the key" />
      <Tiles>
        <Tile label="Imported">2,431</Tile>
        <Tile label="Duplicates">57</Tile>
        <Tile label="Refused">0</Tile>
      </Tiles>
      <CheckTable
        label="Choices in rows"
        head={['Read', 'Write']}
        rows={[
          { id: 'contact', label: 'Contact', values: ['contact:read', 'contact:write'] },
          { id: 'run', label: 'Agent run', values: ['run:read', null] },
        ]}
        held={held}
        onChange={setHeld}
      />
      <Table folds label="A table that folds" head={['Name', 'Role', 'Joined', '']}>
        <tr>
          <td>Ana Duarte</td>
          <td>Owner</td>
          <td data-label="Joined">yesterday</td>
          <td>
            <Button size="small">Remove</Button>
          </td>
        </tr>
      </Table>
      <Table label="A table" head={['File', 'State']}>
        <tr>
          <td>archive.mbox</td>
          <td>
            <Badge tone="good">Done</Badge>
          </td>
        </tr>
      </Table>
    </Section>
  )
}

export function States() {
  return (
    <Section title="States">
      <Banner>Something worth knowing.</Banner>
      <Banner tone="good">All 2,500 messages are accounted for.</Banner>
      <Banner tone="warn" actions={<TextButton>Open it</TextButton>}>
        Someone has this address already.
      </Banner>
      <Banner tone="bad">Email or password is wrong.</Banner>
      <Skeleton width="60%" />
      <SkeletonLines count={3} avatar />
      <EmptyState icon={Inbox} title="Nobody waits for you" actions={<Button>Import mail</Button>}>
        Mail from people who expect an answer appears here.
      </EmptyState>
      <ErrorState title="The inbox could not be read" error={new ProblemError(503, { detail: 'The database is busy. Nothing is lost; try again in a moment.', request_id: 'req_01example' })} onRetry={nothing} />
    </Section>
  )
}
