import { blocksOf, type MarkdownBlock } from './markdown'
import css from './report.module.css'

/** A report in Markdown, as a page to read. */
export function Report({ label, source }: { label: string; source: string }) {
  return (
    <article aria-label={label} className={css.report}>
      {blocksOf(source).map((block, i) => (
        <Block key={i} block={block} />
      ))}
    </article>
  )
}

function Block({ block: b }: { block: MarkdownBlock }) {
  switch (b.kind) {
    case 'heading':
      return b.level === 1 ? <h3 className={css.first}>{b.text}</h3> : <h4>{b.text}</h4>
    case 'list':
      return (
        <ul>
          {b.items.map((item, i) => (
            <li key={i} dir="auto">
              {item}
            </li>
          ))}
        </ul>
      )
    case 'table':
      return <Figures head={b.head} rows={b.rows} />
    default:
      return <p dir="auto">{b.text}</p>
  }
}

function Figures({ head, rows }: { head: string[]; rows: string[][] }) {
  return (
    <table>
      <thead>
        <tr>
          {head.map((h, i) => (h === '' ? <td key={i} /> : <th key={i} scope="col">{h}</th>))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, ...values], i) => (
          <tr key={i}>
            <th scope="row">{name}</th>
            {values.map((v, n) => (
              <td key={n}>{v}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
