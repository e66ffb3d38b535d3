import { Calendar, FileArchive, FileSpreadsheet, FileText, Image, Paperclip } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { Avatar } from './badge'
import { cx } from './cx'
import css from './mail.module.css'
import { piecesOf, splitQuoted, toUnits, type Span } from './text-marks'
import { fileSize } from './time'

export function ThreadHead({ title, back, children }: { title: string; back?: ReactNode; children: ReactNode }) {
  return (
    <header className={css.threadHead}>
      {back}
      <h2 className={css.threadTitle} dir="auto" title={title}>
        {title}
      </h2>
      {children}
    </header>
  )
}

const scrolls = 'conversation'

/** The open conversation: scrolls by itself, and by arrows once it has the focus. */
export function Conversation({ children }: { children: ReactNode }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
    <div id={scrolls} className={css.conversation} tabIndex={0} role="region" aria-label="Messages">
      {children}
    </div>
  )
}

/** Gives the arrows and the space bar to the open conversation. */
export function focusConversation() {
  document.getElementById(scrolls)?.focus()
}

/** The mails of a conversation, oldest first. */
export function Messages({ children }: { children: ReactNode }) {
  return <div className={css.messages}>{children}</div>
}

type MessageProps = { name: string; id: string; to: string; preview: string; time: ReactNode; open: boolean; sought?: boolean; children: ReactNode }

/** One mail; folded it shows who and the beginning. The sought one comes into sight when it appears. */
export function MessageView({ name, id, to, preview, time, open, sought, children }: MessageProps) {
  const ref = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    if (sought) ref.current?.scrollIntoView({ block: 'start' })
  }, [sought])
  return (
    <details ref={ref} className={css.message} open={open}>
      <summary>
        <Avatar name={name} id={id} size={32} />
        <div className={css.who}>
          <div className={css.whoName} dir="auto">
            {name}
          </div>
          <div className={cx(css.whoTo, css.whenOpen)}>{to}</div>
          <div className={cx(css.whoTo, css.whenClosed)} dir="auto">
            {preview}
          </div>
        </div>
        <span className={css.time}>{time}</span>
      </summary>
      <div className={css.body}>{children}</div>
    </details>
  )
}

/** The text of a mail: quoted history folded, the marked place shown. Places are code points. */
export function MessageText({ text, author, mark }: { text: string; author?: string; mark: Span | undefined }) {
  const ref = useRef<HTMLDivElement>(null)
  const units = mark && toUnits(text, mark)
  useEffect(() => {
    if (!mark) return
    const found = ref.current?.querySelector('mark')
    const fold = found?.closest('details')
    if (fold) fold.open = true
    found?.scrollIntoView({ block: 'center', behavior: 'smooth' })
  }, [mark])
  return (
    <div ref={ref} className={css.text} dir="auto">
      {splitQuoted(text, author).map((block) => {
        const content = <Pieces text={text} block={block} mark={units} />
        if (block.signature)
          return (
            <span key={block.start} className={css.signature}>
              {content}
            </span>
          )
        if (!block.quoted) return <span key={block.start}>{content}</span>
        return (
          <details key={block.start} className={css.quote}>
            <summary aria-label="Show or hide earlier text" title="Show or hide earlier text">
              …
            </summary>
            <div className={css.quoteText}>{content}</div>
          </details>
        )
      })}
    </div>
  )
}

function Pieces({ text, block, mark }: { text: string; block: Span; mark: Span | undefined }) {
  return piecesOf(text, block, mark).map((piece, i) => {
    const content = piece.link ? (
      <a key={i} href={piece.text} target="_blank" rel="noopener noreferrer nofollow">
        {piece.text}
      </a>
    ) : (
      piece.text
    )
    return piece.marked ? <mark key={i}>{content}</mark> : <span key={i}>{content}</span>
  })
}

/** What a frame found that it does not load. */
export type Withheld = { images: number; trackers: string[] }

/** The cleaned HTML of a mail in a frame that runs no scripts and is as high as its content. It keeps its origin: its inline pictures need the session. */
export function HtmlFrame({ src, title, onWithheld }: { src: string; title: string; onWithheld: (found: Withheld) => void }) {
  const [height, setHeight] = useState<number>()
  const shown = (frame: HTMLIFrameElement) => {
    const page = frame.contentDocument
    if (!page) return
    const hosts = [...page.querySelectorAll('img[data-tracker]')].map((image) => image.getAttribute('data-tracker') ?? '')
    onWithheld({ images: page.querySelectorAll('img[data-blocked-src]').length, trackers: [...new Set(hosts)] })
    const fit = () => setHeight(Math.min(page.documentElement.scrollHeight, 20_000))
    fit()
    new ResizeObserver(fit).observe(page.body)
  }
  return (
    <iframe
      className={css.html}
      style={{ height }}
      src={src}
      title={title}
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      referrerPolicy="no-referrer"
      loading="lazy"
      onLoad={(e) => shown(e.currentTarget)}
    />
  )
}

type File = { id: string; filename: string; content_type: string; size: number; note: string | null; href: string }

/** Attachments: pictures as pictures, the rest by name, kind and size. */
export function Files({ files, onShow }: { files: File[]; onShow?: (file: File) => void }) {
  if (files.length === 0) return null
  return (
    <ul className={css.files} aria-label="Attachments">
      {files.map((f) => (
        <li key={f.id} className={css.fileItem}>
          {onShow && isPicture(f.content_type) && !f.note && (
            <button type="button" className={css.preview} aria-label={`Show ${f.filename}`} onClick={() => onShow(f)}>
              <img src={f.href} alt="" loading="lazy" />
            </button>
          )}
          <a className={css.file} href={f.href} download={f.filename} title={f.note || f.filename}>
            <FileMark type={f.content_type} />
            <span className={css.fileName}>{f.filename || 'unnamed'}</span>
            <span className={css.fileNote}>{f.note || fileSize(f.size)}</span>
          </a>
        </li>
      ))}
    </ul>
  )
}

function isPicture(type: string): boolean {
  return /^image\/(png|jpe?g|gif|webp|avif|bmp)$/i.test(type)
}

/** A picture in a dialog, as large as the screen allows. */
export function Picture({ src, alt }: { src: string; alt: string }) {
  return <img className={css.picture} src={src} alt={alt} />
}

function FileMark({ type }: { type: string }) {
  const marks = { size: 14, strokeWidth: 1.5, 'aria-hidden': true }
  if (type.startsWith('image/')) return <Image {...marks} />
  if (/pdf|word|text\//i.test(type)) return <FileText {...marks} />
  if (/sheet|excel|csv/i.test(type)) return <FileSpreadsheet {...marks} />
  if (/calendar/i.test(type)) return <Calendar {...marks} />
  if (/zip|compressed|tar/i.test(type)) return <FileArchive {...marks} />
  return <Paperclip {...marks} />
}

/** Text as a machine reads it, in a box that scrolls. */
export function Source({ label, children }: { label: string; children: string }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
    <pre className={css.source} role="region" aria-label={label} tabIndex={0}>
      {children}
    </pre>
  )
}

/** Stands for mails between the first and the newest ones. */
export function FoldedMessages({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <div className={css.folded}>
      <button type="button" onClick={onShow}>
        {count} more messages
      </button>
    </div>
  )
}

/** Who a conversation is with, in a line; where there is room a column says it instead. */
export function PersonStrip({ children }: { children: ReactNode }) {
  return <div className={css.strip}>{children}</div>
}

/** The ways to answer, below a conversation. */
export function AnswerBar({ children }: { children: ReactNode }) {
  return <div className={css.answers}>{children}</div>
}

/** A small summary of a person beside a conversation. */
export function PersonCard({ head, children }: { head: ReactNode; children: ReactNode }) {
  return (
    <div className={css.card}>
      <div className={css.cardHead}>{head}</div>
      {children}
    </div>
  )
}
