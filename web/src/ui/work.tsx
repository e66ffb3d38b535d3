import { Check } from 'lucide-react'
import type { ReactNode, Ref } from 'react'
import { cx } from './cx'
import css from './work.module.css'

type LineProps = {
  title: string
  about?: ReactNode
  side?: ReactNode
  done: boolean
  active?: boolean
  selected?: boolean
  disabled?: boolean
  onDone: () => void
  onOpen: () => void
}

/** One thing to do: a round box that completes it, its name, what it is about. */
export function TaskLine({ title, about, side, done, active, selected, disabled, onDone, onOpen }: LineProps) {
  return (
    <li className={cx(css.task, done && css.done, active && css.active, selected && css.selected)} data-active={active || undefined}>
      <button type="button" className={css.check} aria-label={done ? `Open again: ${title}` : `Complete: ${title}`} disabled={disabled} onClick={onDone}>
        <Check size={12} strokeWidth={2.5} aria-hidden />
      </button>
      <span className={css.what}>
        <button type="button" className={css.open} dir="auto" onClick={onOpen}>
          {title}
        </button>
        {about && <span className={css.about}>{about}</span>}
      </span>
      <span className={css.side}>{side}</span>
    </li>
  )
}

export function GroupHead({ title, count, late }: { title: string; count: number; late?: boolean }) {
  return (
    <h2 className={cx(css.group, late && css.late)}>
      {title} <span>{count.toLocaleString()}</span>
    </h2>
  )
}

/** A list, with what is chosen in it at its side; on small screens instead of it. */
export function WithPanel({ list, panel }: { list: ReactNode; panel?: ReactNode }) {
  return (
    <div className={css.withPanel} data-open={panel !== undefined}>
      <div className={css.list}>
        <div className={css.listInside}>{list}</div>
      </div>
      {panel !== undefined && (
        <aside className={css.panel} aria-label="Details">
          {panel}
        </aside>
      )}
    </div>
  )
}

/** HTML that the server made of somebody's text: it has no scripts, styles or pictures. */
export function Prose({ html }: { html: string }) {
  // oxlint-disable-next-line react/no-danger -- made and sanitised by the server
  return <div className={css.prose} dir="auto" dangerouslySetInnerHTML={{ __html: html }} />
}

/** The two columns of Today; one below the other on small screens. */
export function TodayLayout({ left, right }: { left: ReactNode; right: ReactNode }) {
  return (
    <div className={css.today}>
      <div className={css.todayColumn}>{left}</div>
      <div className={css.todayColumn}>{right}</div>
    </div>
  )
}

/** An entry of a short list that is one link. */
export function LinkLine({ active, children }: { active?: boolean; children: ReactNode }) {
  return (
    <li className={cx(css.item, active && css.active)} data-active={active || undefined}>
      {children}
    </li>
  )
}

export function PlainList({ label, children, ref }: { label: string; children: ReactNode; ref?: Ref<HTMLUListElement> }) {
  return (
    <ul aria-label={label} ref={ref}>
      {children}
    </ul>
  )
}

export function ComposerBox({ children }: { children: ReactNode }) {
  return <div className={css.composer}>{children}</div>
}

/** Fields beside each other where there is room. */
export function Fields({ children }: { children: ReactNode }) {
  return <div className={css.pair}>{children}</div>
}

/** A field that adds a thing at once, with what it understood below. */
export function QuickBox({ children, hint }: { children: ReactNode; hint?: ReactNode }) {
  return (
    <div className={css.quick}>
      {children}
      <div className={css.hint} aria-live="polite">
        {hint}
      </div>
    </div>
  )
}
