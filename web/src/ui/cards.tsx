import type { ReactNode } from 'react'
import css from './cards.module.css'

/** Boxes beside each other, as many as there is room for. */
export function Cards({ children }: { children: ReactNode }) {
  return <div className={css.cards}>{children}</div>
}

export function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={css.card} aria-label={title}>
      <h3 className={css.title}>{title}</h3>
      {children}
    </section>
  )
}
