import css from './brand.module.css'

export function Brand() {
  return (
    <span className={css.brand}>
      <img src="/favicon.svg" alt="" width={28} height={28} />
      Rapport
    </span>
  )
}
