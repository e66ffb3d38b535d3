import { useState, type ReactNode } from 'react'
import css from './approval.module.css'
import { TextButton } from './button'
import { cx } from './cx'

/** What waits for a word, whole: scrolls by itself, its name and what can be done stay in sight. */
export function ApprovalSheet({ title, back, actions, children }: { title: string; back?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be reachable by keyboard
    <div className={css.sheet} tabIndex={0} role="region" aria-label="Approval">
      <header className={css.head}>
        {back}
        <h2 className={css.title} dir="auto">
          {title}
        </h2>
        {actions && <div className={css.acts}>{actions}</div>}
      </header>
      <div className={css.body}>{children}</div>
    </div>
  )
}

export function ApprovalPart({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={css.part} aria-label={title}>
      <h3 className={css.partTitle}>{title}</h3>
      {children}
    </section>
  )
}

type LetterProps = { lines: { label: string; value: string }[]; subject: string; text: string; html: string }

/** A mail as its recipients will see it, and as programs that show no HTML will. */
export function Letter({ lines, subject, text, html }: LetterProps) {
  const [plain, setPlain] = useState(html === '')
  return (
    <div className={css.letter} role="group" aria-label="The mail">
      <dl className={css.lines}>
        {lines.map((l) => (
          <Line key={l.label} label={l.label}>
            <span dir="auto">{l.value}</span>
          </Line>
        ))}
        <Line label="Subject">
          <span className={css.subject} dir="auto">
            {subject || 'No subject'}
          </span>
        </Line>
      </dl>
      {html !== '' && (
        <div className={css.ways}>
          <TextButton onClick={() => setPlain(!plain)}>{plain ? 'Show it formatted' : 'Show it as plain text'}</TextButton>
        </div>
      )}
      {plain ? (
        <div className={css.words} dir="auto">
          {text}
        </div>
      ) : (
        <HtmlPreview html={html} />
      )}
    </div>
  )
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  )
}

/** HTML in a frame without scripts, forms or ways out, as high as what it holds. */
function HtmlPreview({ html }: { html: string }) {
  const [height, setHeight] = useState<number>()
  return (
    <iframe
      className={css.html}
      style={{ height }}
      srcDoc={`<!doctype html><base target="_blank"><style>body{display:flow-root;margin:0;padding:0 16px;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}</style>${html}`}
      title="The mail, formatted"
      sandbox="allow-same-origin"
      referrerPolicy="no-referrer"
      onLoad={(e) => setHeight(Math.min((e.currentTarget.contentDocument?.body.offsetHeight ?? 238) + 2, 20_000))}
    />
  )
}

type RiskProps = { score: number; band: 'low' | 'medium' | 'high' | 'critical'; factors: { code: string; points: number; text: string }[] }
const bounds = [0, 20, 40, 70, 100]

/** A risk on its scale, whose bands begin at 20, 40 and 70, and what makes it so. */
export function Risk({ score, band, factors }: RiskProps) {
  return (
    <div className={css.risk}>
      <div>
        <div className={css.track} role="meter" aria-label="Risk" aria-valuemin={0} aria-valuemax={100} aria-valuenow={score} aria-valuetext={`${score} of 100, ${band}`}>
          <div className={cx(css.fill, css[band])} style={{ width: `${score}%` }} />
          {bounds.slice(1, -1).map((b) => (
            <span key={b} className={css.tick} style={{ left: `${b}%` }} />
          ))}
        </div>
        <div className={css.scale} aria-hidden>
          {bounds.slice(1, -1).map((b) => (
            <span key={b} style={{ left: `${b}%` }}>
              {b}
            </span>
          ))}
        </div>
      </div>
      {factors.length > 0 && (
        <ul className={css.factors} aria-label="What makes the risk">
          {factors.map((f, i) => (
            <li key={`${f.code} ${i}`}>
              <span className={css.points}>
                {f.points > 0 && '+'}
                {f.points}
              </span>
              <span>{f.text}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** Words that something relies on, each with where they stand. */
export function Quotes({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ol className={css.quotes} aria-label={label}>
      {children}
    </ol>
  )
}
