import { FileCode, Image, TextInitial } from 'lucide-react'
import { useState } from 'react'
import { root } from '../api/queries'
import type { Message as Mail, Person } from '../api/types'
import { useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { Row } from '../ui/layout'
import { Files, HtmlFrame, MessageText, MessageView } from '../ui/mail'
import { Banner } from '../ui/state'
import { splitQuoted, type Span } from '../ui/text-marks'
import { When } from '../ui/when'
import { MessageUnderstanding } from './understanding'

type View = 'text' | 'html' | 'images'

/** One mail of a conversation with what was understood in it. */
export function Message({ message, open, sought }: { message: Mail; open: boolean; sought: boolean }) {
  const workspace = useWorkspace()
  const [mark, setMark] = useState<Span>()
  const [view, setView] = useState<View>(message.text.trim() === '' && message.has_html ? 'html' : 'text')
  const show = (span: Span | undefined) => {
    setView('text')
    setMark(span && { ...span })
  }
  const path = root(workspace)
  const files = message.attachments.filter((a) => !a.inline).map((a) => ({ ...a, href: `${path}/attachments/${a.id}` }))
  return (
    <MessageView
      name={nameOf(message.from)}
      id={message.from.contact_id ?? message.from.address}
      to={`${message.from.address} to ${[...message.to, ...message.cc].map(nameOf).join(', ') || 'nobody named'}`}
      preview={beginning(message.text)}
      time={<When at={message.sent_at} />}
      open={open}
      sought={sought}
    >
      {message.direction === 'inbound' && <MessageUnderstanding message={message} mark={mark} onMark={show} />}
      {message.date_note && <Banner tone="warn">{message.date_note}</Banner>}
      {message.text_cut && <Banner tone="warn">The text is very long; this is its beginning. The whole message is in the original.</Banner>}
      {message.problems.map((problem) => (
        <Banner key={problem} tone="warn">
          {problem}
        </Banner>
      ))}
      {view === 'text' ? <MessageText text={message.text} mark={mark} /> : <HtmlFrame src={`${path}/messages/${message.id}/html${view === 'images' ? '?images=1' : ''}`} title={`Message of ${nameOf(message.from)}`} />}
      <Files files={files} />
      <Row gap={1} wrap>
        {message.has_html && view === 'text' && (
          <Button size="small" variant="quiet" icon={FileCode} onClick={() => setView('html')}>
            Show formatted
          </Button>
        )}
        {view !== 'text' && (
          <Button size="small" variant="quiet" icon={TextInitial} onClick={() => setView('text')}>
            Show as text
          </Button>
        )}
        {view === 'html' && (
          <Button size="small" variant="quiet" icon={Image} onClick={() => setView('images')}>
            Show remote images
          </Button>
        )}
      </Row>
    </MessageView>
  )
}

/** The first words that are not quoted from before. */
function beginning(text: string): string {
  const written = splitQuoted(text).filter((b) => !b.quoted)
  return written.map((b) => text.slice(b.start, b.end)).join(' ').trim().slice(0, 160)
}

function nameOf(person: Person): string {
  return person.name || person.address || 'Unknown sender'
}
