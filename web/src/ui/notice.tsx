import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from './cx'
import css from './notice.module.css'
import { When } from './when'

type NoticeProps = { icon: LucideIcon; title: string; body: string; at: string; unread: boolean; href?: string; onOpen: () => void; action?: ReactNode }

/** Something a person should see: what it is, since when, and the way there. */
export function Notice({ icon: Icon, title, body, at, unread, href, onOpen, action }: NoticeProps) {
  return (
    <li className={cx(css.notice, unread && css.unread)}>
      <a
        className={css.link}
        href={href}
        onClick={(e) => {
          if (e.metaKey || e.ctrlKey || e.shiftKey) return
          e.preventDefault()
          onOpen()
        }}
      >
        <Icon size={16} strokeWidth={1.5} aria-hidden />
        <span className={css.text}>
          <span className={css.title}>
            {title}
            {unread && <span className={css.hidden}> (not read)</span>}
          </span>
          {body && <span className={css.body}>{body}</span>}
          <span className={css.at}>
            <When at={at} />
          </span>
        </span>
      </a>
      {action}
    </li>
  )
}

export function Notices({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul className={css.notices} aria-label={label}>
      {children}
    </ul>
  )
}

/** A panel of fixed width that scrolls, with a head and a foot. */
export function NoticePanel({ head, foot, children }: { head: ReactNode; foot: ReactNode; children: ReactNode }) {
  return (
    <div className={css.panel}>
      <header className={css.head}>{head}</header>
      <div className={css.scroll}>{children}</div>
      <footer className={css.foot}>{foot}</footer>
    </div>
  )
}
