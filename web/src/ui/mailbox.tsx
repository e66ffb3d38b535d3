import type { LucideIcon } from 'lucide-react'
import type { MouseEvent, ReactNode } from 'react'
import { Avatar } from './badge'
import { cx } from './cx'
import css from './mailbox.module.css'
import { grouped } from './number'

type MailboxProps = { folders: ReactNode; list: ReactNode; selection?: ReactNode; detail: ReactNode; open: boolean; nav?: string; label?: string }

/** Folders, a list, what is open. The folders lie above the list where there is less room; a phone shows the list or what is open. */
export function Mailbox({ folders, list, selection, detail, open, nav = 'Folders', label = 'Conversation' }: MailboxProps) {
  return (
    <div className={css.mailbox} data-detail={open}>
      <nav className={css.folders} aria-label={nav}>
        <div className={css.folderLinks}>{folders}</div>
      </nav>
      <section className={css.list} aria-label="List">
        <div className={css.rows}>{list}</div>
        {selection}
      </section>
      <section className={css.detail} aria-label={label}>
        {detail}
      </section>
    </div>
  )
}

/** What stands in the link of a folder. */
export function FolderLabel({ icon: Icon, label, count }: { icon: LucideIcon; label: string; count: number | undefined }) {
  return (
    <>
      <Icon size={16} strokeWidth={1.5} aria-hidden />
      <span className={css.folderName}>{label}</span>
      {count !== undefined && count > 0 && <span className={css.folderCount}>{grouped(count)}</span>}
    </>
  )
}

/** How much is chosen, and what can be done with all of it. */
export function SelectionBar({ words, more, children }: { words: string; more?: ReactNode; children: ReactNode }) {
  return (
    <div className={css.selection} role="toolbar" aria-label="Chosen rows">
      <span className={css.selectionCount} aria-live="polite">
        {words} {more}
      </span>
      {children}
    </div>
  )
}

type EntryProps = { name: string; what?: string; id: string; active: boolean; unread: boolean; chosen: boolean; picking: boolean; onChoose?: (range: boolean) => void; children: ReactNode }

/** A conversation in a list: one link, and a face that turns into a tick. */
export function ThreadEntry({ name, what = name, id, active, unread, chosen, picking, onChoose, children }: EntryProps) {
  const choose = (event: MouseEvent) => onChoose?.(event.shiftKey)
  return (
    <div className={cx(css.entry, active && css.active, unread && css.unread, chosen && css.chosen, picking && css.picking)}>
      {children}
      <label className={css.mark}>
        <Avatar name={name} id={id} size={28} />
        {onChoose && <input type="checkbox" tabIndex={-1} aria-label={`Choose ${what}`} checked={chosen} onClick={choose} onChange={() => undefined} />}
      </label>
    </div>
  )
}

type LinesProps = { unread: boolean; from: string; count: number; time: ReactNode; subject: string; marks: ReactNode; kind?: string; snippet: string; badges: ReactNode }

export function ThreadLines({ unread, from, count, time, subject, marks, kind, snippet, badges }: LinesProps) {
  return (
    <span className={css.lines}>
      <span className={css.line}>
        {unread && <span className={css.dot} role="img" aria-label="Unread" />}
        <span className={css.from} dir="auto">
          {from} {count > 1 && <span className={css.count}>{count}</span>}
        </span>
        <span className={css.time}>{time}</span>
      </span>
      <span className={css.line}>
        <span className={css.subject} dir="auto">
          {subject}
        </span>
        {marks}
      </span>
      <span className={css.line}>
        {badges}
        <span className={css.snippet} dir="auto">
          {kind && <span className={css.kind}>{kind}</span>} {snippet}
        </span>
      </span>
    </span>
  )
}
