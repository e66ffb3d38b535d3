import { cx } from './cx'
import css from './data.module.css'

export type ScoreBand = 'hot' | 'warm' | 'cold' | 'none'

/** Hot from 70, warm from 40, as everywhere in the product. */
export function band(score: number | null): ScoreBand {
  if (score === null) return 'none'
  if (score >= 70) return 'hot'
  return score >= 40 ? 'warm' : 'cold'
}

const words: Record<ScoreBand, string> = { hot: 'hot', warm: 'warm', cold: 'cold', none: 'not scored' }

/** A score as bar and number. */
export function Score({ score }: { score: number | null }) {
  if (score === null) return <span title="Not scored yet">–</span>
  const kind = band(score)
  return (
    <span className={css.score} title={`${score} of 100, ${words[kind]}`}>
      <span className={css.scoreTrack}>
        <span className={cx(css.scoreFill, css[kind])} style={{ width: `${score}%`, display: 'block' }} />
      </span>
      <span className={css.scoreNumber}>{score}</span>
    </span>
  )
}

type Part = { name: string; label: string; weight: number; points: number | null; reasons: string[] }
type ScoreDetailProps = { score: number | null; parts: Part[] }

/** A score with its parts, their weights and the reasons in words. */
export function ScoreDetail({ score, parts }: ScoreDetailProps) {
  const known = parts.filter((p) => p.points !== null).length
  const thin = known * 2 <= parts.length
  return (
    <div className={css.parts}>
      <div className={cx(css.bigScore, thin && css.thin)}>
        <strong>{score ?? '–'}</strong>
        <span className={css.reasons}>
          {words[band(score)]} · {known === parts.length ? `all ${known} parts known` : `${known} of ${parts.length} parts known`}
          {thin && ', so only a first guess'}
        </span>
      </div>
      {parts.map((part) => (
        <div key={part.name} className={cx(css.part, part.points === null && css.unknown)}>
          <div className={css.partHead}>
            <span>{part.label}</span>
            <span>
              {part.points === null ? 'not known' : Math.round(part.points)} · weight {Math.round(part.weight * 100)}%
            </span>
          </div>
          {part.points !== null && (
            <div className={css.bar}>
              <div className={cx(css.fill, css.fillMuted, css[band(part.points)])} style={{ width: `${part.points}%` }} />
            </div>
          )}
          {part.reasons.map((reason) => (
            <p key={reason} className={css.reasons}>
              {sentence(reason)}
            </p>
          ))}
        </div>
      ))}
    </div>
  )
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
