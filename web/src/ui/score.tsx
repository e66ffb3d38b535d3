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
type ScoreDetailProps = { score: number | null; coverage: number; parts: Part[] }

/** A score with its parts, their weights and the reasons in words. */
export function ScoreDetail({ score, coverage, parts }: ScoreDetailProps) {
  return (
    <div className={css.parts}>
      <div className={css.bigScore}>
        <strong>{score ?? '–'}</strong>
        <span className={css.reasons}>
          {words[band(score)]} · {Math.round(coverage * 100)}% of the data known
        </span>
      </div>
      {parts.map((part) => (
        <div key={part.name} className={css.part}>
          <div className={css.partHead}>
            <span>{part.label}</span>
            <span>
              {part.points === null ? 'no data' : Math.round(part.points)} · weight {Math.round(part.weight * 100)}%
            </span>
          </div>
          <div className={css.bar}>
            <div className={cx(css.fill, css.fillMuted, part.points !== null && css[band(part.points)])} style={{ width: `${part.points ?? 0}%` }} />
          </div>
          {part.reasons.map((reason) => (
            <p key={reason} className={css.reasons}>
              {reason}
            </p>
          ))}
        </div>
      ))}
    </div>
  )
}
