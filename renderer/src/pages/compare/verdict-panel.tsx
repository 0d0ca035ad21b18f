import { CircleCheck, CircleX, Equal, HelpCircle } from 'lucide-react'
import type { LucideIcon } from 'lucide-react'
import type { ComparisonSummary, PairResult, Verdict } from '../../../../electron/shared/comparison'
import { Badge } from '../../components/state-mark'
import { mainPair, pairCounts, signedPoints, verdictLine, verdictWords } from './compared-models'
import type { ComparedModel } from './compared-models'

const icons: Readonly<Record<Verdict, LucideIcon>> = { better: CircleCheck, worse: CircleX, same: Equal, 'not-enough-data': HelpCircle }

/** The answer first: is the tuned model better than what it is compared with? */
export function VerdictPanel({ comparison, models }: { readonly comparison: ComparisonSummary; readonly models: readonly ComparedModel[] }) {
  const pair = mainPair(comparison)
  const nameOf = (id: string): string => models.find((model) => model.id === id)?.name ?? 'a deleted model'
  if (pair === null || pair.baseWins + pair.candidateWins + pair.ties === 0)
    return (
      <section className="verdict" aria-label="Verdict">
        <div className="row"><Badge icon={HelpCircle}>{comparison.state === 'done' ? 'Nothing to score' : 'No verdict yet'}</Badge></div>
        <p className="second">{comparison.state === 'done' ? 'These prompts have no reference answers, so no model is right or wrong. Read the answers side by side below.' : 'It appears when every model has answered.'}</p>
      </section>
    )
  const { word, tone } = verdictWords[pair.verdict]
  const others = comparison.pairs.filter((one) => one !== pair)
  return (
    <section className="verdict" aria-label="Verdict">
      <div className="row">
        <Badge tone={tone} icon={icons[pair.verdict]}>{word}</Badge>
        <span className="small second cut">{nameOf(pair.candidateModelId)} against {nameOf(pair.baseModelId)}</span>
      </div>
      <p className="verdict-line">{verdictLine(pair)}</p>
      <DifferenceBar pair={pair} />
      <p className="small second">{pairCounts(pair)}</p>
      {others.map((one) => (
        <p key={`${one.baseModelId} ${one.candidateModelId}`} className="small second">
          <b className="medium ink-none">{nameOf(one.candidateModelId)} against {nameOf(one.baseModelId)}: {verdictWords[one.verdict].word.toLowerCase()}.</b> {pairCounts(one)}.
        </p>
      ))}
    </section>
  )
}

/** The difference in points with its interval; the mark at 0 is "no difference". */
function DifferenceBar({ pair }: { readonly pair: PairResult }) {
  const reach = Math.max(10, Math.ceil((Math.max(Math.abs(pair.differenceLow), Math.abs(pair.differenceHigh)) * 1.15) / 5) * 5)
  const low = Math.min(0, pair.differenceLow) < 0 ? -reach : -reach / 4
  const high = Math.max(0, pair.differenceHigh) > 0 ? reach : reach / 4
  const place = (points: number): string => `${((points - low) / (high - low)) * 100}%`
  const words = `${signedPoints(pair.differencePoints)} points, 95% interval ${signedPoints(pair.differenceLow)} to ${signedPoints(pair.differenceHigh)}`
  const ends = pair.differenceHigh - pair.differenceLow > (high - low) * 0.28
  return (
    <div className={`difference difference-${pair.verdict}`} role="img" aria-label={words}>
      <div className="difference-axis" />
      <div className="difference-zero" style={{ left: place(0) }} />
      <i style={{ left: place(pair.differenceLow), width: `${((pair.differenceHigh - pair.differenceLow) / (high - low)) * 100}%` }} />
      <u style={{ left: place(pair.differencePoints) }} />
      {(pair.differenceLow > reach * 0.12 || pair.differenceHigh < -reach * 0.12) && <span style={{ left: place(0) }}>0</span>}
      {ends && <span style={{ left: place(pair.differenceLow) }}>{signedPoints(Math.round(pair.differenceLow))}</span>}
      <span className="difference-main" style={{ left: place(pair.differencePoints) }}>{signedPoints(pair.differencePoints)} points</span>
      {ends && <span style={{ left: place(pair.differenceHigh) }}>{signedPoints(Math.round(pair.differenceHigh))}</span>}
    </div>
  )
}
