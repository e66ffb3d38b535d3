import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import css from './button.module.css'
import { cx } from './cx'

/** A link that looks like a button and saves a file. */
export function DownloadLink({ href, icon: Icon, children }: { href: string; icon: LucideIcon; children: ReactNode }) {
  return (
    <a className={cx(css.button, css.secondary)} href={href} download>
      <Icon size={16} strokeWidth={1.5} aria-hidden />
      <span>{children}</span>
    </a>
  )
}
