import { Maximize2, X } from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { Button, IconButton } from './button'
import { cx } from './cx'
import css from './layout.module.css'
import { grouped } from './number'

type Gap = 0 | 1 | 2 | 3 | 4 | 5 | 6
type Children = { children?: ReactNode }

/** Things below each other. */
export function Stack({ gap = 3, grow, children }: Children & { gap?: Gap; grow?: boolean }) {
  return <div className={cx(css.stack, css[`g${gap}`], grow && css.grow)}>{children}</div>
}

type RowProps = Children & { gap?: Gap; wrap?: boolean; align?: 'top' | 'baseline'; justify?: 'between' | 'end'; grow?: boolean }

/** Things beside each other. */
export function Row({ gap = 2, wrap, align, justify, grow, children }: RowProps) {
  return <div className={cx(css.row, css[`g${gap}`], wrap && css.wrap, align && css[align], justify && css[justify], grow && css.grow)}>{children}</div>
}

type TextProps = Children & {
  as?: 'span' | 'p' | 'div' | 'strong' | 'h1' | 'h2' | 'h3' | 'h4'
  size?: 12 | 13 | 14 | 16 | 20 | 28
  weight?: 500 | 600
  tone?: 'muted' | 'faint' | 'bad' | 'warn' | 'good'
  truncate?: boolean
  mono?: boolean
  number?: boolean
  title?: string
  id?: string
  dir?: 'auto'
}
const tones = { muted: css.muted, faint: css.faint, bad: css.badText, warn: css.warnText, good: css.goodText }

export function Text({ as: As = 'span', size, weight, tone, truncate, mono, number, children, ...rest }: TextProps) {
  return (
    <As
      {...rest}
      className={cx(css.text, size && css[`t${size}`], weight && css[`w${weight}`], tone && tones[tone], truncate ? css.truncate : css.break, mono && css.mono, number && css.num)}
    >
      {children}
    </As>
  )
}

type PageProps = Children & { title: ReactNode; focused?: boolean; back?: ReactNode; tabs?: ReactNode; actions?: ReactNode; sub?: ReactNode; footer?: ReactNode }

/** A page of the frame: title bar, an optional second bar, one scrolling body, an optional footer. Focused gives a small screen to the body alone. */
export function Page({ title, focused, back, tabs, actions, sub, footer, children }: PageProps) {
  return (
    <main className={css.page} data-focused={focused}>
      <header className={css.bar}>
        {back}
        <h1 className={css.title}>{title}</h1>
        {tabs && <div className={css.tabs}>{tabs}</div>}
        {actions && <div className={css.barActions}>{actions}</div>}
      </header>
      {sub && <div className={css.sub}>{sub}</div>}
      <div className={css.body}>{children}</div>
      {footer && <footer className={css.footer}>{footer}</footer>}
    </main>
  )
}

/** The scrolling body of a page that reads like a document. */
export function Scroll({ width = 'wide', children }: Children & { width?: 'wide' | 'normal' | 'narrow' }) {
  return (
    <div className={css.scroll} tabIndex={-1}>
      <div className={css.padded}>
        <div className={cx(width !== 'wide' && css.measure, width === 'narrow' && css.narrow)}>{children}</div>
      </div>
    </div>
  )
}

export function Panel({ title, actions, flush, children }: Children & { title?: ReactNode; actions?: ReactNode; flush?: boolean }) {
  return (
    <section className={css.panel}>
      {title && (
        <header className={css.panelHead}>
          <h2 className={css.panelTitle}>{title}</h2>
          {actions}
        </header>
      )}
      <div className={cx(!flush && css.panelBody)}>{children}</div>
    </section>
  )
}

/** Links beside or above a page; where they scroll, the chosen one is in sight. */
export function TabLinks({ label, children }: Children & { label: string }) {
  const ref = useRef<HTMLElement>(null)
  const shown = useRef<Element>(null)
  useEffect(() => {
    const chosen = ref.current?.querySelector('[aria-current]') ?? null
    if (chosen === shown.current) return
    shown.current = chosen
    // To measure in the middle of drawing would lay the page out twice.
    const frame = requestAnimationFrame(() => ref.current && chosen && reveal(ref.current, chosen))
    return () => cancelAnimationFrame(frame)
  })
  return (
    <nav ref={ref} aria-label={label} className={css.tabList}>
      {children}
    </nav>
  )
}

type TabProps = Children & { current: boolean; dirty?: boolean; title?: string; onChoose: () => void }

function reveal(nav: Element, chosen: Element) {
  if (nav.scrollWidth <= nav.clientWidth) return
  const [outer, inner] = [nav.getBoundingClientRect(), chosen.getBoundingClientRect()]
  if (inner.left < outer.left || inner.right > outer.right) nav.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2
}

/** A choice among the tabs that is no address of its own. A dot says that what it shows was changed and not saved. */
export function Tab({ current, dirty, title, onChoose, children }: TabProps) {
  return (
    <button type="button" className={css.tab} aria-current={current ? 'page' : undefined} title={title} onClick={onChoose}>
      {children}
      {dirty && <span className={css.dirty} role="img" aria-label="Changed, not saved" />}
    </button>
  )
}

export function Count({ value }: { value: number | undefined }) {
  return value === undefined ? null : <span className={css.count}>{grouped(value)}</span>
}

type RecordProps = { left: ReactNode; lead?: { label: string; content: ReactNode }; centre: ReactNode; right: ReactNode }

/** A record: properties, what comes first, the story, the judgement. One column on a phone, the story at its end. */
export function RecordLayout({ left, lead, centre, right }: RecordProps) {
  return (
    <div className={css.record}>
      <section aria-label="Properties">{left}</section>
      <div>
        {lead && (
          <section aria-label={lead.label} className={css.lead}>
            {lead.content}
          </section>
        )}
        <section aria-label="Timeline" className={css.story}>
          {centre}
        </section>
      </div>
      <aside aria-label="About">{right}</aside>
    </div>
  )
}

type WithPanelProps = Children & { label: string; panel: ReactNode; onClose: () => void; onOpen: () => void }

/** A list, and beside it a look at one of its records. */
export function WithPanel({ label, panel, onClose, onOpen, children }: WithPanelProps) {
  return (
    <div className={css.withPanel} data-panel={panel !== undefined}>
      <div>{children}</div>
      {panel !== undefined && (
        <aside aria-label={`The ${label} beside the list`}>
          <div className={css.panelBar}>
            <Button size="small" icon={Maximize2} onClick={onOpen}>
              Open page
            </Button>
            <IconButton icon={X} label="Close the panel" size="small" onClick={onClose} />
          </div>
          {panel}
        </aside>
      )}
    </div>
  )
}

export function WithAside({ children, aside }: Children & { aside: ReactNode }) {
  return (
    <div className={css.threadGrid}>
      <div>{children}</div>
      <aside aria-label="Contact">{aside}</aside>
    </div>
  )
}

/** Work with what belongs to it at its side; below it where there is no room. */
export function Beside({ label, children, aside }: Children & { label: string; aside: ReactNode }) {
  return (
    <div className={css.besideBox}>
      <div className={css.beside}>
        <div>{children}</div>
        <aside aria-label={label}>{aside}</aside>
      </div>
    </div>
  )
}

export function Centre({ children }: Children) {
  return (
    <main className={css.centre}>
      <div className={css.centreBox}>{children}</div>
    </main>
  )
}

export function SettingsLayout({ nav, children }: Children & { nav: ReactNode }) {
  return (
    <div className={css.settings}>
      {nav}
      <div>
        <div className={css.measure}>{children}</div>
      </div>
    </div>
  )
}

/** What can be done with what the words name, in a line. */
export function Actions({ label, more, children }: Children & { label: string; more?: ReactNode }) {
  return (
    <div role="toolbar" aria-label={label} className={css.actions}>
      <span className={css.actionsLabel} aria-live="polite">
        {label}
      </span>
      {more && <span className={css.actionsMore}>{more}</span>}
      {children}
    </div>
  )
}

/** A box of a height, for what fills the height it is given. */
export function Box({ height, children }: Children & { height: number }) {
  return (
    <div className={css.box} style={{ height }}>
      {children}
    </div>
  )
}

export function Divider() {
  return <hr className={css.divider} />
}

export function Padded({ children }: Children) {
  return <div className={css.panelBody}>{children}</div>
}

export function Column({ children }: Children) {
  return <div className={css.column}>{children}</div>
}

export function Grow({ children }: Children) {
  return <div className={css.grow}>{children}</div>
}

/** Only where the screen shows one column. */
export function OnlyNarrow({ children }: Children) {
  return <div className={css.onlyNarrow}>{children}</div>
}

/** For screen readers only. */
export function Hidden({ children }: Children) {
  return <span className={css.hidden}>{children}</span>
}

export function Tiles({ children }: Children) {
  return <dl className={css.tiles}>{children}</dl>
}

export function Tile({ label, children }: Children & { label: string }) {
  return (
    <div className={css.tile}>
      <dt className={css.tileLabel}>{label}</dt>
      <dd className={css.tileNumber}>{children}</dd>
    </div>
  )
}
