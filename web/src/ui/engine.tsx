import { Sparkles, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import css from './ai.module.css'
import { engineName } from './engine-name'
import { Hint } from './hint'
import { Popover } from './popover'

type EngineProps = { engine: string | null; version: string | null; confidence?: number | null; degraded?: boolean; details?: ReactNode }

/** The small violet mark on what a rule or a model produced; it says which one. */
export function EngineMark({ engine, version, confidence, degraded, details }: EngineProps) {
  const name = engine ? engineName(engine) : 'Unknown engine'
  const words = [
    degraded ? 'Provisional.' : '',
    `Made by ${name}${version ? `, version ${version}` : ''}.`,
    confidence ? `Confidence ${Math.round(confidence * 100)}%.` : '',
    degraded ? 'Rules answer; a model will review it.' : '',
  ]
  const said = words.filter(Boolean).join(' ')
  const mark = (
    <span className={css.mark}>
      <Sparkles size={14} strokeWidth={1.5} aria-hidden />
      {degraded && 'provisional'}
    </span>
  )
  if (!details)
    return (
      <Hint label={`About this: ${said}`} words={said}>
        {mark}
      </Hint>
    )
  return (
    <Popover label={`How this was made: ${said}`} trigger={mark}>
      <div className={css.made}>
        <p>{said}</p>
        {details}
      </div>
    </Popover>
  )
}

/** Holds what was understood, behind a violet line. */
export function Understanding({ summary, mark, children }: { summary: ReactNode; mark: ReactNode; children: ReactNode }) {
  return (
    <section className={css.block} aria-label="What was understood">
      <div className={css.head}>
        <p className={css.summary}>{summary}</p>
        {mark}
      </div>
      {children}
    </section>
  )
}

export function UnderstandingState({ icon: Icon, children }: { icon: LucideIcon; children: ReactNode }) {
  return (
    <p className={css.state}>
      <Icon size={14} strokeWidth={1.5} aria-hidden />
      <span>{children}</span>
    </p>
  )
}

export function Marks({ children }: { children: ReactNode }) {
  return <div className={css.chips}>{children}</div>
}

/** What was found, behind one line that counts it; how a person left it is how the next one begins. */
export function ItemGroups({ summary, children }: { summary: string; children: ReactNode }) {
  return (
    <details className={css.found} open={localStorage.getItem('found') === 'open'} onToggle={(e) => localStorage.setItem('found', e.currentTarget.open ? 'open' : 'closed')}>
      <summary>{summary}</summary>
      <div className={css.groups}>{children}</div>
    </details>
  )
}

export function ItemGroup({ icon: Icon, label, children }: { icon: LucideIcon; label: string; children: ReactNode }) {
  return (
    <div className={css.group} role="group" aria-label={label}>
      <span className={css.kind}>
        <Icon size={14} strokeWidth={1.5} aria-hidden />
        {label}
      </span>
      <div className={css.items}>{children}</div>
    </div>
  )
}

/** One thing that was found; pressing shows where. */
export function FoundItem({ children, pressed, onPress }: { children: ReactNode; pressed: boolean; onPress: () => void }) {
  return (
    <button type="button" className={css.item} aria-pressed={pressed} onClick={onPress} title="Show it in the message">
      {children}
    </button>
  )
}
