import type { LucideIcon } from 'lucide-react'
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import css from './button.module.css'
import { cx } from './cx'

type Variant = 'primary' | 'secondary' | 'quiet' | 'danger'
type Base = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'style'> & {
  variant?: Variant
  size?: 'normal' | 'small'
  busy?: boolean
  ref?: Ref<HTMLButtonElement>
}
type ButtonProps = Base & { icon?: LucideIcon; wide?: boolean; children: ReactNode }

/** A button with words. Busy keeps its width and stops further presses. */
export function Button({ variant = 'secondary', size = 'normal', busy = false, icon: Icon, wide, children, disabled, type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={cx(css.button, css[variant], size === 'small' && css.small, wide && css.wide, busy && css.busy)}
      {...rest}
    >
      {Icon && <Icon size={16} strokeWidth={1.5} aria-hidden />}
      <span>{children}</span>
      {busy && <span className={css.spinner} />}
    </button>
  )
}

type IconButtonProps = Base & { icon: LucideIcon; label: string }

/** A button that shows only an icon; the label is its name and its tooltip. */
export function IconButton({ variant = 'quiet', size = 'normal', busy = false, icon: Icon, label, disabled, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      disabled={disabled || busy}
      className={cx(css.button, css[variant], css.icon, size === 'small' && css.small, busy && css.busy)}
      {...rest}
    >
      <Icon size={16} strokeWidth={1.5} aria-hidden />
      {busy && <span className={css.spinner} />}
    </button>
  )
}

/** Words in running text that do something. */
export function TextButton({ children, ...rest }: Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className' | 'style'>) {
  return (
    <button type="button" className={css.text} {...rest}>
      {children}
    </button>
  )
}

export function ButtonGroup({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div role="group" aria-label={label} className={css.group}>
      {children}
    </div>
  )
}
