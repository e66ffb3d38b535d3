import css from './text-diff.module.css'
import { cx } from './cx'

type Line = { kind: 'same' | 'gone' | 'new'; text: string }

/** A text with the lines that went and those that came. */
export function TextDiff({ label, lines }: { label: string; lines: Line[] }) {
  return (
    <div role="group" aria-label={label} className={css.diff}>
      {lines.map((l, i) => {
        const As = l.kind === 'gone' ? 'del' : l.kind === 'new' ? 'ins' : 'span'
        return (
          // oxlint-disable-next-line react/no-array-index-key -- lines have no other name
          <As key={i} dir="auto" className={cx(css.line, css[l.kind])}>
            {l.text || '\u00a0'}
          </As>
        )
      })}
    </div>
  )
}
