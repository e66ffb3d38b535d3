import { X, type LucideIcon } from 'lucide-react'
import type { CSSProperties, ReactNode } from 'react'
import { cx } from './cx'
import css from './data.module.css'

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'accent' | 'ai'
type BadgeProps = { tone?: Tone; icon?: LucideIcon; children: ReactNode; onPress?: () => void; pressed?: boolean; title?: string }

/** A short word about a thing. With onPress it is a button. */
export function Badge({ tone = 'neutral', icon: Icon, children, onPress, pressed, title }: BadgeProps) {
  const look = cx(css.badge, tone !== 'neutral' && css[tone], onPress && css.pressable, pressed && css.pressed)
  const content = (
    <>
      {Icon && <Icon size={12} strokeWidth={2} aria-hidden />}
      {children}
    </>
  )
  if (!onPress)
    return (
      <span className={look} title={title}>
        {content}
      </span>
    )
  return (
    <button type="button" className={look} onClick={onPress} aria-pressed={pressed} title={title}>
      {content}
    </button>
  )
}

type ChipProps = { children: ReactNode; removeLabel?: string; onRemove?: () => void }

/** A removable choice, such as a filter or a tag. */
export function Chip({ children, removeLabel, onRemove }: ChipProps) {
  return (
    <span className={css.chip}>
      <span className={css.chipBody}>{children}</span>
      {onRemove && (
        <button type="button" className={css.chipRemove} aria-label={removeLabel} onClick={onRemove}>
          <X size={14} strokeWidth={1.5} aria-hidden />
        </button>
      )}
    </span>
  )
}

// A custom property is not in React's CSSProperties, so it is named here once.
type Vars = CSSProperties & Record<`--${string}`, string | number>

const hues: Record<string, number> = { blue: 260, green: 150, amber: 75, red: 25, violet: 300, teal: 195, magenta: 345 }

/** A spot in one of the colours that tags have; grey when it has none. */
export function Dot({ color }: { color?: string | null }) {
  const hue = hues[color ?? '']
  const style: Vars = hue === undefined ? {} : { '--dot': `oklch(0.65 0.15 ${hue})` }
  return <span className={css.dot} style={style} />
}

/** Initials on a colour that follows from the id, so that the same person looks the same everywhere. */
export function Avatar({ name, id, size = 24, square }: { name: string; id: string; size?: number; square?: boolean }) {
  let hash = 0
  for (const char of id) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 360
  const style: Vars = { '--hue': hash, '--size': `${size}px` }
  return <span className={cx(css.avatar, square && css.square)} style={style} data-initials={initials(name)} aria-hidden />
}

function initials(name: string): string {
  const words = name.replaceAll(/[^\p{L}\p{N}\s]/gu, '').split(/\s+/).filter(Boolean)
  const first = [...(words[0] ?? '?')][0] ?? '?'
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : ''
  return (first + last).toUpperCase()
}
