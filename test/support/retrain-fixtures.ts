import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { curveOf } from '../../electron/domain/retrain/curve-shape'
import type { ComparedWithBase, PerplexityRange, RunEvidence } from '../../electron/domain/retrain/run-evidence'
import { parseEventLines } from '../../electron/parsing/event-line'
import type { ModelScore, PairResult } from '../../electron/shared/comparison'
import type { TrainingSettings } from '../../electron/shared/job-spec'
import type { FindingKind } from '../../electron/shared/retrain'
import { eventsOf } from './training-run'

/** What test/bench/retrain.bench.ts wrote beside the events of a run. */
interface KeptRun {
  readonly state: RunEvidence['ending']
  readonly cause: RunEvidence['cause']
  readonly trainRows: number
  readonly evalRows: number
  readonly settings: TrainingSettings
  readonly usual: TrainingSettings
  readonly scores: readonly ModelScore[]
  readonly pairs: readonly PairResult[]
}

const folder = join(import.meta.dirname, '..', 'fixtures', 'retrain')

/** The evidence of a real run under test/fixtures/retrain. */
export function realRun(name: FindingKind | 'healthy'): RunEvidence {
  const run = JSON.parse(readFileSync(join(folder, name, 'run.json'), 'utf8')) as KeptRun
  const { events, malformed, unknown } = parseEventLines(readFileSync(join(folder, name, 'events.jsonl'), 'utf8'))
  if (malformed + unknown > 0) throw new Error(`${name}: ${malformed} malformed and ${unknown} unknown lines`)
  const points = eventsOf(events, 'metrics')
  const curve = (metric: 'loss' | 'evalLoss') => curveOf(points.map(({ step }) => step), points.map(({ values }) => values[metric] ?? NaN))
  return {
    settings: run.settings, usual: run.usual, trainRows: run.trainRows, evalRows: run.evalRows, ending: run.state, cause: run.cause, loss: curve('loss'), evalLoss: curve('evalLoss'),
    nonfiniteStep: points.find(({ nonfinite }) => nonfinite.includes('loss'))?.step ?? null, compared: comparedOf(run),
  }
}

function comparedOf({ scores, pairs }: KeptRun): readonly ComparedWithBase[] {
  return pairs.flatMap(({ verdict, baseModelId, candidateModelId }) => {
    const [base, tuned] = [baseModelId, candidateModelId].map((id) => scores.find(({ modelId }) => modelId === id))
    if (base === undefined || tuned === undefined) return []
    return [{ promptSet: 'formats', prompts: base.prompts, verdict, baseRight: base.right, tunedRight: tuned.right, basePerplexity: rangeOf(base), tunedPerplexity: rangeOf(tuned) }]
  })
}

const rangeOf = ({ perplexity, perplexityLow, perplexityHigh }: ModelScore): PerplexityRange | null =>
  perplexity === null || perplexityLow === null || perplexityHigh === null ? null : { value: perplexity, low: perplexityLow, high: perplexityHigh }
