import { Paperclip } from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { Avatar } from './badge'
import { cx } from './cx'
import css from './mail.module.css'
import { piecesOf, splitQuoted, toUnits, type Span } from './text-marks'
import { fileSize } from './time'

/** A conversation in a list; holds one link. */
export function ThreadEntry({ active, unread, children }: { active: boolean; unread: boolean; children: ReactNode }) {
  return <div className={cx(css.entry, active && css.active, unread && css.unread)}>{children}</div>
}

type LinesProps = { unread: boolean; from: string; count: number; time: ReactNode; subject: string; snippet: string; badges: ReactNode }

export function ThreadLines({ unread, from, count, time, subject, snippet, badges }: LinesProps) {
  return (
    <>
      <span>{unread && <span className={css.unreadDot} role="img" aria-label="Unread" style={{ display: 'block' }} />}</span>
      <span className={css.lines}>
        <span className={css.top}>
          <span className={css.from} dir="auto">
            {from} {count > 1 && <span className={css.count}>{count}</span>}
          </span>
          <span className={css.time}>{time}</span>
        </span>
        <span className={css.subject} dir="auto">
          {subject}
        </span>
        <span className={css.snippet} dir="auto">
          {snippet}
        </span>
        <span className={css.bottom}>{badges}</span>
      </span>
    </>
  )
}

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

/** The mails of a conversation, oldest first; begins at the newest. */
export function Messages({ children }: { children: ReactNode }) {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const newest = ref.current?.lastElementChild
    if (newest?.previousElementSibling) newest.scrollIntoView({ block: 'start' })
  }, [])
  return (
    <div ref={ref} className={css.messages}>
      {children}
    </div>
  )
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
export function MessageText({ text, mark }: { text: string; mark: Span | undefined }) {
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
      {splitQuoted(text).map((block) => {
        const content = <Pieces text={text} block={block} mark={units} />
        if (!block.quoted) return <span key={block.start}>{content}</span>
        return (
          <details key={block.start} className={css.quote}>
            <summary aria-label="Show earlier text">•••</summary>
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

/** The cleaned HTML of a mail in a frame that runs no scripts. It keeps its origin: its inline pictures need the session. */
export function HtmlFrame({ src, title }: { src: string; title: string }) {
  return <iframe className={css.html} src={src} title={title} sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" referrerPolicy="no-referrer" loading="lazy" />
}

type File = { id: string; filename: string; size: number; note: string | null; href: string }

export function Files({ files }: { files: File[] }) {
  if (files.length === 0) return null
  return (
    <ul className={css.files} aria-label="Attachments">
      {files.map((f) => (
        <li key={f.id}>
          <a className={css.file} href={f.href} download={f.filename} title={f.note ?? f.filename}>
            <Paperclip size={14} strokeWidth={1.5} aria-hidden />
            <span className={css.fileName}>{f.filename || 'unnamed'}</span>
            <span className={css.fileNote}>{f.note ?? fileSize(f.size)}</span>
          </a>
        </li>
      ))}
    </ul>
  )
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
