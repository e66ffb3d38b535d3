import { CircleAlert, CircleCheck, Info, TriangleAlert, type LucideIcon } from 'lucide-react'
import type { CSSProperties, ReactNode } from 'react'
import { Button } from './button'
import { cx } from './cx'
import css from './data.module.css'

type StateProps = { icon?: LucideIcon; title: string; children?: ReactNode; actions?: ReactNode }

/** Nothing here yet: what this is, one action, one alternative. */
export function EmptyState({ icon: Icon, title, children, actions }: StateProps) {
  return (
    <div className={css.state}>
      {Icon && <Icon size={28} strokeWidth={1.25} aria-hidden />}
      <h2 className={css.stateTitle}>{title}</h2>
      {children && <p className={css.stateText}>{children}</p>}
      {actions && <div className={css.stateActions}>{actions}</div>}
    </div>
  )
}

type ErrorProps = { title: string; error: unknown; onRetry?: () => void }

/** What happened, what was kept, what to do, and the request id for whoever reads the log. What is not there is no fault, and comes by no second try. */
export function ErrorState({ title, error, onRetry }: ErrorProps) {
  const message = error instanceof Error ? error.message : ''
  const absent = error instanceof Error && 'status' in error && error.status === 404
  const requestId = !absent && error instanceof Error && 'requestId' in error ? String(error.requestId) : ''
  return (
    <div className={css.state} role="alert">
      <CircleAlert size={28} strokeWidth={1.25} aria-hidden />
      <h2 className={css.stateTitle}>{title}</h2>
      <p className={css.stateText}>{message === 'Failed to fetch' ? 'The server cannot be reached. Nothing that was saved is lost.' : message}</p>
      {onRetry && !absent && (
        <div className={css.stateActions}>
          <Button onClick={onRetry}>Try again</Button>
        </div>
      )}
      {requestId && <p className={css.requestId}>Request {requestId}</p>}
    </div>
  )
}

const icons = { neutral: Info, good: CircleCheck, warn: TriangleAlert, bad: CircleAlert }

/** One line about the page as a whole. */
export function Banner({ tone = 'neutral', children, actions }: { tone?: 'neutral' | 'good' | 'warn' | 'bad'; children: ReactNode; actions?: ReactNode }) {
  const Icon = icons[tone]
  return (
    <div role={tone === 'bad' ? 'alert' : 'status'} className={cx(css.banner, tone === 'neutral' ? css.plain : css[tone])}>
      <Icon size={16} strokeWidth={1.5} aria-hidden />
      <div>{children}</div>
      {actions}
    </div>
  )
}

type Vars = CSSProperties & Record<`--${string}`, string>

export function Skeleton({ width = '100%', height = 12 }: { width?: string; height?: number }) {
  const style: Vars = { '--w': width, '--h': `${height}px` }
  return <span className={css.skeleton} style={style} />
}

/** Lines in the shape of what will come. */
export function SkeletonLines({ count = 6, avatar }: { count?: number; avatar?: boolean }) {
  return (
    <div className={css.skeletons} aria-busy aria-label="Loading" role="status">
      {Array.from({ length: count }, (_, i) => (
        <div key={i} className={css.skeletonRow}>
          {avatar && <Skeleton width="24px" height={24} />}
          <Skeleton width={`${40 + ((i * 37) % 45)}%`} />
        </div>
      ))}
    </div>
  )
}
