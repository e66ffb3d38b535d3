import { useQuery } from '@tanstack/react-query'
import { ChevronDown, Code, CornerUpLeft, Download, FileCode, Forward, Image, ReplyAll, ShieldCheck, TextInitial } from 'lucide-react'
import { useState } from 'react'
import { root } from '../api/queries'
import type { Message as Mail, Person } from '../api/types'
import { useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Row, Stack, Text } from '../ui/layout'
import { Files, HtmlFrame, MessageText, MessageView, Picture, Source, type Withheld } from '../ui/mail'
import { MenuButton, type MenuEntry } from '../ui/menu'
import { Banner, SkeletonLines } from '../ui/state'
import { splitQuoted, type Span } from '../ui/text-marks'
import { When } from '../ui/when'
import type { ComposeMode } from './search'
import { MessageUnderstanding } from './understanding'

type View = 'text' | 'html' | 'images'
type MessageProps = { message: Mail; open: boolean; sought: boolean; onAnswer?: (mode: ComposeMode, message: string) => void }

/** One mail of a conversation with what was understood in it. */
export function Message({ message, open, sought, onAnswer }: MessageProps) {
  const workspace = useWorkspace()
  const [mark, setMark] = useState<Span>()
  const [view, setView] = useState<View>(message.text.trim() === '' && message.has_html ? 'html' : 'text')
  const [picture, setPicture] = useState<{ filename: string; href: string }>()
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
      preview={beginning(message.text, message.from.name)}
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
      {view === 'text' ? <MessageText text={message.text} author={message.from.name} mark={mark} /> : <Formatted path={`${path}/messages/${message.id}/html`} title={`Message of ${nameOf(message.from)}`} images={view === 'images'} onImages={() => setView('images')} />}
      <Files files={files} onShow={setPicture} />
      <Views message={message} view={view} onView={setView} onAnswer={onAnswer} />
      {picture && (
        <Dialog title={picture.filename} onClose={() => setPicture(undefined)} wide>
          <Picture src={picture.href} alt={picture.filename} />
        </Dialog>
      )}
    </MessageView>
  )
}

/** The mail as its sender laid it out, and a word about what is not loaded. */
function Formatted({ path, title, images, onImages }: { path: string; title: string; images: boolean; onImages: () => void }) {
  const [withheld, setWithheld] = useState<Withheld>({ images: 0, trackers: [] })
  return (
    <Stack gap={2}>
      {!images && withheld.images > 0 && (
        <Banner
          actions={
            <Button size="small" icon={Image} onClick={onImages}>
              Show remote images
            </Button>
          }
        >
          {withheld.images === 1 ? 'A remote image is' : `${withheld.images} remote images are`} not loaded, so the sender does not learn that you read this.
        </Banner>
      )}
      {images && withheld.trackers.length > 0 && (
        <Row gap={1}>
          <ShieldCheck size={14} strokeWidth={1.5} aria-hidden />
          <Text size={12} tone="muted">
            Tracking pixels stay blocked: {withheld.trackers.join(', ')}
          </Text>
        </Row>
      )}
      <HtmlFrame src={`${path}${images ? '?images=1' : ''}`} title={title} onWithheld={setWithheld} />
    </Stack>
  )
}

function Views({ message, view, onView, onAnswer }: { message: Mail; view: View; onView: (view: View) => void; onAnswer?: (mode: ComposeMode, message: string) => void }) {
  const [source, setSource] = useState(false)
  const answers: (MenuEntry | 'separator')[] = onAnswer
    ? [
        { id: 'reply', label: 'Reply', icon: CornerUpLeft, onAction: () => onAnswer('reply', message.id) },
        { id: 'all', label: 'Reply to all', icon: ReplyAll, onAction: () => onAnswer('reply_all', message.id) },
        { id: 'forward', label: 'Forward', icon: Forward, onAction: () => onAnswer('forward', message.id) },
        'separator',
      ]
    : []
  return (
    <Row gap={1} wrap>
      {message.has_html && view === 'text' && (
        <Button size="small" variant="quiet" icon={FileCode} onClick={() => onView('html')}>
          Show formatted
        </Button>
      )}
      {view !== 'text' && (
        <Button size="small" variant="quiet" icon={TextInitial} onClick={() => onView('text')}>
          Show as text
        </Button>
      )}
      <MenuButton label={`More about the message of ${nameOf(message.from)}`} small entries={[...answers, { id: 'source', label: 'Show the original source', icon: Code, onAction: () => setSource(true) }]}>
        More
        <ChevronDown size={14} strokeWidth={1.5} aria-hidden />
      </MenuButton>
      {source && <SourceDialog message={message} onClose={() => setSource(false)} />}
    </Row>
  )
}

const longest = 300_000

function SourceDialog({ message, onClose }: { message: Mail; onClose: () => void }) {
  const workspace = useWorkspace()
  const href = `${root(workspace)}/messages/${message.id}/raw`
  const source = useQuery({
    queryKey: [workspace, 'messages', 'raw', message.id],
    queryFn: async ({ signal }) => {
      const answer = await fetch(href, { signal })
      if (!answer.ok) throw new Error('The source could not be read.')
      return answer.text()
    },
    staleTime: Infinity,
  })
  return (
    <Dialog title="Original source" onClose={onClose} wide>
      <Stack gap={3}>
        {source.isPending && <SkeletonLines count={6} />}
        {source.isError && <Banner tone="bad">{source.error.message}</Banner>}
        {source.data !== undefined && <Source label="Original source">{source.data.slice(0, longest)}</Source>}
        {source.data !== undefined && source.data.length > longest && <Text tone="muted">This is the beginning; the file has all of it.</Text>}
        <a href={href} download={`message-${message.id}.eml`}>
          <Row gap={1}>
            <Download size={14} strokeWidth={1.5} aria-hidden />
            Download as .eml
          </Row>
        </a>
      </Stack>
    </Dialog>
  )
}

/** The first words that are not quoted from before. */
function beginning(text: string, author: string): string {
  const written = splitQuoted(text, author).filter((b) => !b.quoted && !b.signature)
  return written.map((b) => text.slice(b.start, b.end)).join(' ').trim().slice(0, 160)
}

function nameOf(person: Person): string {
  return person.name || person.address || 'Unknown sender'
}
