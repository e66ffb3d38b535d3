import { Building2, CircleHelp, Clock, Inbox, Mail, Pencil } from 'lucide-react'
import { useState } from 'react'
import { Badge } from '../ui/badge'
import { EngineMark, FoundItem, ItemGroup, ItemGroups, Marks, Understanding, UnderstandingState } from '../ui/engine'
import { HitEntry, HitList, Operators } from '../ui/hit'
import { Tab, TabLinks } from '../ui/layout'
import { Files, MessageText } from '../ui/mail'
import { Notice, NoticePanel, Notices } from '../ui/notice'
import { Day, Diff, TimelineEntry } from '../ui/timeline'
import { Section } from './section'

const nothing = () => {}

export function Found() {
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

export function Story() {
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

export function Told() {
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

export function Read() {
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
