import { Info } from 'lucide-react'
import { useEffect, useMemo } from 'react'
import type { ComparisonSummary, ModelScore } from '../../../../electron/shared/comparison'
import type { LedgerRow } from '../../../../electron/shared/money'
import { Swatch } from '../../components/layout'
import { useLedger } from '../../stores/ledger'
import { count, counted, number, percent, rate, unknownMark } from '../../text/format'
import { samplingWords, sideWords } from './compared-models'
import type { ComparedModel } from './compared-models'

/** Right answers, perplexity and speed of each model; an interval beside every rate. */
export function ScoreTable({ comparison, models }: { readonly comparison: ComparisonSummary; readonly models: readonly ComparedModel[] }) {
  const scoreOf = (id: string): ModelScore | null => comparison.scores.find((score) => score.modelId === id) ?? null
  const mixed = models.some((model) => model.place !== null)
  const rows = useAnswerCosts(comparison.id, mixed)
  const how = samplingWords(comparison.sampling, models.every((model) => model.place !== null) ? null : comparison.precision)
  return (
    <section className="scores" aria-label="Scores">
      <div className="pane-head pane-dense">
        <h2>Exact match</h2>
        <span className="micro quiet">95% Wilson intervals</span>
        <div className="pane-end"><span className="micro quiet cut" title={how}>{how}</span></div>
      </div>
      <div className="scores-scroll" tabIndex={0} role="region" aria-label="Score table">
        <table className="data-table">
          <colgroup>
            <col style={{ width: '150px' }} />
            <col />
            <col style={{ width: '120px' }} />
            <col style={{ width: '100px' }} />
            <col style={{ width: '80px' }} />
            <col style={{ width: '76px' }} />
          </colgroup>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col" className="forest-head"><span>0</span><span>50%</span><span>100%</span></th>
              <th scope="col" className="numeric">Right</th>
              <th scope="col" className="numeric">Interval</th>
              <th scope="col" className="numeric">Perplexity</th>
              <th scope="col" className="numeric">Tokens/s</th>
            </tr>
          </thead>
          <tbody>
            {models.map((model) => <ScoreRow key={model.id} model={model} score={scoreOf(model.id)} side={mixed ? sideWords(model, scoreOf(model.id), comparison.device, rows) : null} />)}
          </tbody>
        </table>
      </div>
      <p className="scores-foot small second"><Info aria-hidden="true" />{footWords(comparison)}</p>
    </section>
  )
}

const none: readonly LedgerRow[] = []

/** What the answers of a comparison have cost; nothing is asked where all of it was on this machine. */
function useAnswerCosts(id: ComparisonSummary['id'], mixed: boolean): readonly LedgerRow[] {
  const rows = useLedger((state) => state.ledger?.rows ?? none)
  const load = useLedger((state) => state.load)
  useEffect(() => { if (mixed) void load() }, [mixed, load])
  return useMemo(() => rows.filter((row) => row.comparisonId === id), [rows, id])
}

function ScoreRow({ model, score, side }: { readonly model: ComparedModel; readonly score: ModelScore | null; readonly side: string | null }) {
  const scored = score !== null && score.prompts > 0
  const perplexity = score?.perplexity ?? null
  const interval = score === null || score.perplexityLow === null || score.perplexityHigh === null ? undefined : `95%: ${number(score.perplexityLow)} to ${number(score.perplexityHigh)}`
  return (
    <>
      <tr>
        <td><span className="named"><Swatch colour={model.colour} /><span className="medium cut" title={model.name}>{model.name}</span></span></td>
        <td>{scored && <Forest score={score} colour={model.colour} />}</td>
        <td className="numeric">{scored ? <><b className="medium">{percent(score.rate)}</b> <span className="quiet">{count(score.right)}/{count(score.prompts)}</span></> : unknownMark}</td>
        <td className="numeric second">{scored ? `${(score.rateLow * 100).toFixed(1)} to ${(score.rateHigh * 100).toFixed(1)}` : unknownMark}</td>
        <td className="numeric" title={interval}>{perplexity === null ? unknownMark : number(perplexity)}</td>
        <td className="numeric second">{score === null || score.tokensPerSecond === null ? unknownMark : rate(score.tokensPerSecond)}</td>
      </tr>
      {side !== null && <tr className="score-side"><td colSpan={6} className="micro quiet" title={side}>{side}</td></tr>}
    </>
  )
}

/** A rate as a point on 0 to 100%, its interval as a line through it. */
function Forest({ score, colour }: { readonly score: ModelScore; readonly colour: number }) {
  const ink = `var(--run-${colour})`
  return (
    <div className="forest" aria-hidden="true">
      <i style={{ left: `${score.rateLow * 100}%`, width: `${(score.rateHigh - score.rateLow) * 100}%`, background: ink }} />
      <u style={{ left: `${score.rate * 100}%`, background: ink }} />
    </div>
  )
}

function footWords(comparison: ComparisonSummary): string {
  const leaked = comparison.leakedPrompts
  const leak = leaked === null ? 'Whether prompts stand in the training data is not known.' : leaked === 0 ? 'No prompt is in the training data.' : `${counted(leaked, 'prompt is', 'prompts are')} in the training data of a model, which flatters it.`
  const times = comparison.scores.map((score) => score.firstTokenMs).filter((time) => time !== null)
  const first = times.length === 0 ? '' : ` First token after ${times.length === 1 ? number(times[0] ?? 0, 0) : `${number(Math.min(...times), 0)} to ${number(Math.max(...times), 0)}`} ms.`
  const reused = comparison.reusedAnswers === 0 ? '' : ` ${counted(comparison.reusedAnswers, 'answer was', 'answers were')} known from earlier comparisons.`
  return `${leak}${first}${reused}${comparison.device === '' ? '' : ` On ${comparison.device}.`}`
}
