import { Building2, Check, CircleHelp, Clock, Flame, Inbox, Mail, Pencil, Plus, Star, Trash2 } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { ProblemError } from '../api/problem'
import { useToast } from '../shell/toasts'
import { Avatar, Badge, Chip, Dot } from '../ui/badge'
import { Brand } from '../ui/brand'
import { Button, ButtonGroup, IconButton, TextButton } from '../ui/button'
import { CheckTable, CopyText, Table } from '../ui/code'
import { Combobox } from '../ui/combobox'
import { Confirm, Dialog } from '../ui/dialog'
import { EngineMark, FoundItem, ItemGroup, ItemGroups, Marks, Understanding, UnderstandingState } from '../ui/engine'
import { FileDrop } from '../ui/file-drop'
import { Checkbox, Fieldset, Form, PasswordField, SearchField, Select, SelectField, Switch, TextAreaField, TextField } from '../ui/form'
import { HitEntry, HitList, Operators } from '../ui/hit'
import { EditableProperty, Properties, Property } from '../ui/inline-edit'
import { Keys } from '../ui/key'
import { Count, Page, Panel, Row, Scroll, Stack, Tab, TabLinks, Text, Tile, Tiles } from '../ui/layout'
import { Files, MessageText } from '../ui/mail'
import { Hint } from '../ui/hint'
import { MenuButton } from '../ui/menu'
import { Notice, NoticePanel, Notices } from '../ui/notice'
import { Choice, Choices, EntryHead, Fact, Facts, FieldRow, Preview, RowEntry, Rows } from '../ui/rows'
import { Popover } from '../ui/popover'
import { Progress } from '../ui/progress'
import { Score, ScoreDetail } from '../ui/score'
import { Banner, EmptyState, ErrorState, Skeleton, SkeletonLines } from '../ui/state'
import { Day, Diff, TimelineEntry } from '../ui/timeline'
import { AiPieces } from './ai-pieces'
import { GoalPieces } from './goal-pieces'
import { ApprovalPieces } from './approval-pieces'
import { GridPieces } from './grid-pieces'
import { MailPieces, WritingPieces } from './mail-pieces'
import { WorkPieces } from './work-pieces'

const nothing = () => {}

/** Every piece of the UI in every state, for eyes and for tests. */
export function GalleryPage() {
  return (
    <Page title="Gallery">
      <Scroll width="normal">
        <Stack gap={5}>
          <Buttons />
          <Fields />
          <Entries />
          <Words />
          <Floating />
          <Work />
          <Found />
          <States />
          <Told />
          <Story />
          <Read />
          <MailPieces />
          <WritingPieces />
          <GridPieces />
          <Panel title="Work">
            <WorkPieces />
          </Panel>
          <GoalPieces />
          <Panel title="What waits for a word">
            <ApprovalPieces />
          </Panel>
          <Panel title="Models and money">
            <AiPieces />
          </Panel>
        </Stack>
      </Scroll>
    </Page>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Panel title={title}>
      <Stack gap={4}>{children}</Stack>
    </Panel>
  )
}

function Buttons() {
  return (
    <Section title="Buttons">
      <Row gap={2} wrap>
        <Button variant="primary">Primary</Button>
        <Button>Secondary</Button>
        <Button variant="quiet">Quiet</Button>
        <Button variant="danger" icon={Trash2}>
          Danger
        </Button>
        <Button variant="primary" busy>
          Busy
        </Button>
        <Button disabled>Disabled</Button>
        <Button size="small" icon={Plus}>
          Small
        </Button>
        <IconButton icon={Star} label="Star" />
        <IconButton icon={Star} label="Star, small" size="small" />
        <TextButton>Text button</TextButton>
      </Row>
      <ButtonGroup label="View">
        <Button aria-pressed size="small">
          All
        </Button>
        <Button size="small">Mail</Button>
        <Button size="small">Changes</Button>
      </ButtonGroup>
      <TabLinks label="Folders, as an example">
        <a href="#one" aria-current="page">
          Needs reply <Count value={12} />
        </a>
        <a href="#two">
          Open <Count value={1240} />
        </a>
      </TabLinks>
      <Row gap={4}>
        <Keys binding="mod+k" />
        <Keys binding="g i" />
        <Brand />
      </Row>
    </Section>
  )
}

function Fields() {
  const [q, setQ] = useState('')
  const options = [
    { value: 'lead', label: 'Lead' },
    { value: 'customer', label: 'Customer' },
  ]
  return (
    <Section title="Fields">
      <Form label="Example" onSubmit={nothing}>
        <TextField label="Name" placeholder="Placeholder" help="Help stands below." />
        <TextField label="Email" defaultValue="not an address" error="Enter a valid email address." />
        <PasswordField label="Password" autoComplete="new-password" help="The eye shows what is typed." />
        <TextField label="Locked" defaultValue="Cannot be changed" disabled />
        <SelectField label="Status" options={options} />
      </Form>
      <Row gap={4} wrap>
        <Checkbox label="Checkbox" defaultChecked />
        <Switch label="Switch on" defaultChecked />
        <Switch label="Switch off" />
        <Select label="Bare select" options={options} />
      </Row>
      <Fieldset legend="Several">
        <Checkbox label="One" />
        <Checkbox label="Two" disabled />
      </Fieldset>
      <SearchField label="Search" value={q} onChange={setQ} />
      <Properties>
        <EditableProperty label="Title" value="Head of Operations" onSave={nothing} />
        <EditableProperty label="Phone" value="" onSave={nothing} />
        <EditableProperty label="Status" value="lead" shown="Lead" options={options} onSave={nothing} />
        <Property label="Company">Lumen Analytics</Property>
        <Property label="Searched" bare>
          <Combobox label="Company, searched" words={q} onWords={setQ} onChoose={nothing} onLeave={nothing} choices={[{ id: '1', label: 'Lumen Analytics', note: 'lumen.example' }, { id: '2', label: 'Add the company “Lu”', fresh: true }]} />
        </Property>
      </Properties>
    </Section>
  )
}

function Entries() {
  const [by, setBy] = useState('password')
  return (
    <Section title="Entries and choices">
      <Choices label="How to connect">
        {['Password', 'Google', 'Microsoft'].map((name) => (
          <Choice key={name} title={name} chosen={by === name.toLowerCase()} onChoose={() => setBy(name.toLowerCase())}>
            One of three
          </Choice>
        ))}
        <Choice title="Not here" off="There is no agent for it yet." onChoose={nothing}>
          One that cannot be taken
        </Choice>
      </Choices>
      <FieldRow>
        <TextField label="Server" defaultValue="imap.example.com" />
        <TextField label="Port number" defaultValue="993" error="No answer on this port." />
        <SelectField label="Protection" options={[{ value: 'tls', label: 'TLS' }]} />
      </FieldRow>
      <TextAreaField label="Signature" defaultValue={'Ana Duarte\nLumen'} help="Below every mail." />
      <Preview label="Preview">{'Hello Ben,\n\n-- \nAna Duarte'}</Preview>
      <Rows label="Entries">
        <RowEntry>
          <EntryHead>
            <Text weight={600}>An entry with facts</Text>
            <Button size="small">Action</Button>
          </EntryHead>
          <Facts>
            <Fact label="Messages">12,840</Fact>
            <Fact label="Folders">all</Fact>
          </Facts>
        </RowEntry>
        <RowEntry>
          <Text>The next one</Text>
        </RowEntry>
      </Rows>
    </Section>
  )
}

function Words() {
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

function Floating() {
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

function Work() {
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

function Found() {
  return (
    <Section title="What was found, and views">
      <TabLinks label="Views of the gallery">
        <Tab current={false} onChoose={nothing}>
          All
        </Tab>
        <Tab current dirty onChoose={nothing}>
          Hot leads
        </Tab>
      </TabLinks>
      <HitList label="Hits of the gallery">
        <HitEntry icon={Mail} kind="Conversation" title="Quote for the roof" subtitle="Ana Duarte" snippet={'… the \u0002roof\u0003 leaks since spring …'} time="2h ago" active onOpen={nothing} />
        <HitEntry icon={Building2} kind="Company" title="" subtitle="" snippet="" time="–" active={false} onOpen={nothing} />
      </HitList>
      <Operators entries={[{ example: 'from:ana', means: 'sent by, name or address' }]} onChoose={nothing} />
    </Section>
  )
}

function States() {
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

function Story() {
  return (
    <Section title="Timeline and differences">
      <div>
        <Day>Today</Day>
        <TimelineEntry icon={Mail} inbound title="Quote for the dashboard" summary="Asks for a price for twelve seats." side="1h ago" />
        <TimelineEntry icon={Pencil} title="Changed" summary="by Mira" side="3h ago" last>
          <Diff
            changes={[
              { field: 'Status', before: 'prospect', after: 'lead' },
              { field: 'Title', before: null, after: 'Head of Operations' },
              { field: 'Phone', before: '+351 21 555 0100', after: null },
            ]}
          />
        </TimelineEntry>
      </div>
    </Section>
  )
}

function Told() {
  return (
    <Section title="Notifications">
      <NoticePanel head={<span>Notifications</span>} foot={<span>At the end, a way to all of them</span>}>
        <Notices label="Notifications, as an example">
          <Notice icon={Inbox} title="Mira gave you a conversation" body="Could you send us your prices for 40 seats by Friday, and say whether the old contract still holds?" at="2026-02-01T10:00:00Z" unread href="#notice" onOpen={nothing} />
          <Notice icon={Building2} title="Read before" body="" at="2026-01-31T10:00:00Z" unread={false} href="#notice" onOpen={nothing} />
        </Notices>
      </NoticePanel>
    </Section>
  )
}

function Read() {
  const [shown, setShown] = useState(false)
  const text = 'Hello 🎉, could you call me tomorrow? See https://example.com/plan.\n\nOn Tue, Mira Example wrote:\n> Shall we talk?\n'
  return (
    <Section title="Made by AI, and where it came from">
      <Understanding summary="Wants a call tomorrow." mark={<EngineMark engine="rules" version="1.0.0" confidence={0.86} degraded />}>
        <Marks>
          <Badge tone="ai">Meeting request</Badge>
          <Badge icon={Clock}>Due tomorrow</Badge>
        </Marks>
        <ItemGroups summary="Found: 1 question, 1 company">
          <ItemGroup icon={CircleHelp} label="Questions">
            <FoundItem pressed={shown} onPress={() => setShown(!shown)}>
              Could you call me tomorrow?
            </FoundItem>
          </ItemGroup>
          <ItemGroup icon={Building2} label="Companies">
            <FoundItem pressed={false} onPress={nothing}>
              Lumen
            </FoundItem>
          </ItemGroup>
        </ItemGroups>
      </Understanding>
      <UnderstandingState icon={Clock}>Waiting to be read. It appears here by itself.</UnderstandingState>
      <MessageText text={text} mark={shown ? { start: 9, end: 36 } : undefined} />
      <Files
        files={[
          { id: '1', filename: 'Requirements.pdf', content_type: 'application/pdf', size: 248_120, note: null, href: '#file' },
          { id: '2', filename: 'winmail.dat', content_type: 'application/ms-tnef', size: 1, note: 'Outlook’s own format; its content cannot be shown', href: '#file' },
        ]}
      />
    </Section>
  )
}
