import { AlarmClock, Check, CircleAlert, CircleHelp, Clock, Inbox, Newspaper, Paperclip, Send, X } from 'lucide-react'
import { useState } from 'react'
import type { Addressee } from '../ui/addresses'
import { Avatar, Badge } from '../ui/badge'
import { Button, IconButton, TextButton } from '../ui/button'
import { Chooser } from '../ui/chooser'
import { AttachedFiles, ComposerBox, ComposerFoot, ComposerMore, ComposerRow, Editor, FootSpace, LineInput, LineSelect, PickFiles, QuotedText, SendingNote, SignatureText } from '../ui/composer'
import { Panel, Row, Stack, Text } from '../ui/layout'
import { AnswerBar, FoldedMessages, Messages, MessageText, MessageView, PersonCard, PersonStrip, Source } from '../ui/mail'
import { FolderLabel, SelectionBar, ThreadEntry, ThreadLines } from '../ui/mailbox'
import { Recipients } from '../ui/recipients'
import { Score } from '../ui/score'

const nothing = () => {}

/** What the inbox is made of. */
export function MailPieces() {
  return (
    <Panel title="Mail: entries, messages, what is on its way">
      <Stack gap={4}>
        <Entries />
        <Reading />
        <SendingNote icon={Send} title="About to be sent to Ana Duarte">
          <Button size="small">Take back</Button>
        </SendingNote>
        <SendingNote icon={CircleAlert} tone="bad" title="Not sent to Ana Duarte" detail="550 5.1.1 Recipient address rejected: User unknown">
          <Button size="small">Try again</Button>
        </SendingNote>
        <SendingNote icon={CircleHelp} tone="warn" title="Nobody knows whether Ana Duarte got this" detail="The connection broke before the server confirmed it.">
          <Button size="small">Send it again</Button>
        </SendingNote>
      </Stack>
    </Panel>
  )
}

function Entries() {
  return (
    <>
      <Row gap={3} wrap>
        <FolderLabel icon={Inbox} label="Open" count={1240} />
        <FolderLabel icon={Newspaper} label="Bulk" count={0} />
      </Row>
      <ThreadEntry name="Ana Duarte" id="1" active unread chosen={false} picking={false} onChoose={nothing}>
        <a href="#thread">
          <ThreadLines
            unread
            from="Ana Duarte"
            count={3}
            time="2h ago"
            subject="Pricing for 40 seats, and a very long subject that does not fit into one line of this list whatever one does"
            marks={<Paperclip size={14} strokeWidth={1.5} aria-label="Has attachments" />}
            kind="Pricing inquiry"
            snippet="Could you send the price for 40 seats?"
            badges={
              <Badge tone="bad" icon={Clock}>
                Overdue
              </Badge>
            }
          />
        </a>
      </ThreadEntry>
      <ThreadEntry name="דנה לוי" id="3" active={false} unread={false} chosen picking onChoose={nothing}>
        <a href="#thread">
          <ThreadLines unread={false} from="דנה לוי" count={1} time="3d ago" subject="שלום" marks={null} snippet="תודה רבה" badges={null} />
        </a>
      </ThreadEntry>
      <SelectionBar words="3 chosen" more={<TextButton>all 50</TextButton>}>
        <IconButton icon={Check} label="Done" />
        <IconButton icon={AlarmClock} label="Snooze" />
        <IconButton icon={X} label="Drop the choice" />
      </SelectionBar>
    </>
  )
}

function Reading() {
  return (
    <>
      <PersonStrip>
        <Avatar name="Ana Duarte" id="1" />
        <Text weight={500}>Ana Duarte</Text>
        <Text tone="muted">Head of Operations, Lumen</Text>
        <Score score={82} />
      </PersonStrip>
      <Messages>
        <MessageView name="Ana Duarte" id="1" to="ana@lumen.example to Mira" preview="Could you send the price?" time="2 days ago" open={false}>
          {null}
        </MessageView>
        <FoldedMessages count={9} onShow={nothing} />
        <MessageView name="Bram de Vries" id="2" to="bram@lumen.example to Mira" preview="" time="3 hours ago" open>
          <MessageText author="Bram de Vries" text={'Yes, Tuesday suits us.\n\nBram de Vries\nLumen Analytics\n'} mark={undefined} />
        </MessageView>
      </Messages>
      <AnswerBar>
        <Button>Reply</Button>
        <Button variant="quiet">Forward</Button>
      </AnswerBar>
      <PersonCard head={<Text weight={600}>A card of a person</Text>}>
        <Text tone="muted">Stands beside a conversation where there is room.</Text>
      </PersonCard>
      <Source label="Source, as an example">{'From: ana@lumen.example\nSubject: Hello'}</Source>
    </>
  )
}

/** Where a mail is written, and the short list to choose from. */
export function WritingPieces() {
  const [to, setTo] = useState<Addressee[]>([{ name: 'Ana Duarte', address: 'ana@lumen.example' }, { address: 'not an address' }])
  const [words, setWords] = useState('')
  const [text, setText] = useState('- one\n- two')
  const [choosing, setChoosing] = useState(false)
  return (
    <Panel title="Writing and choosing">
      <Stack gap={4}>
        <ComposerBox label="Composer, as an example" title="Reply to Ana Duarte" note="Draft saved" onSend={nothing} onClose={nothing} onFiles={nothing}>
          <ComposerRow label="To" side={<TextButton>Cc</TextButton>}>
            <Recipients label="To, as an example" value={to} onChange={setTo} words={words} onWords={setWords} suggestions={[{ name: 'Bo Lind', address: 'bo@lumen.example' }]} />
          </ComposerRow>
          <ComposerRow label="From">
            <LineSelect label="From, as an example" options={[{ value: '1', label: 'Mira <mira@studio.example>' }]} />
          </ComposerRow>
          <ComposerRow label="Subject">
            <LineInput label="Subject, as an example" value="Re: Pricing" onChange={nothing} />
          </ComposerRow>
          <Editor label="Text, as an example" value={text} onChange={setText} />
          <ComposerMore>
            <SignatureText>{'Mira\nStudio'}</SignatureText>
            <QuotedText>{'On Tuesday Ana wrote:\n> Hello'}</QuotedText>
            <AttachedFiles
              files={[
                { key: '1', name: 'Offer.pdf', size: 248_120, done: 1 },
                { key: '2', name: 'Plan.png', size: 3_000_000, done: 0.6 },
                { key: '3', name: 'Film.mov', size: 90_000_000, done: 0, error: 'larger than 25 MB' },
              ]}
              onRemove={nothing}
            />
          </ComposerMore>
          <ComposerFoot>
            <Button variant="primary" icon={Send}>
              Send
            </Button>
            <PickFiles label="Attach files, as an example" onFiles={nothing} />
            <FootSpace />
          </ComposerFoot>
        </ComposerBox>
        <Row gap={2}>
          <Button onClick={() => setChoosing(true)}>Open the chooser</Button>
        </Row>
        {choosing && (
          <Chooser
            title="Snooze until"
            placeholder="Until…"
            options={[
              { id: '1', label: 'Tomorrow', note: 'Tue 9:00', run: nothing },
              { id: '2', label: 'Next week', note: 'Mon 9:00', chosen: true, run: nothing },
            ]}
            onClose={() => setChoosing(false)}
          />
        )}
      </Stack>
    </Panel>
  )
}
