import type { TrainingSettings } from '../../shared/job-spec'
import type { Finding, FindingKind, SpecChange } from '../../shared/retrain'
import { findDivergence } from './divergence'
import { findForgetting } from './forgetting'
import { stepsOf } from './lengths'
import { findOutOfMemory } from './out-of-memory'
import { findOverfitting, leastEvaluations } from './overfitting'
import { findPlateau } from './plateau'
import { changeOf } from './run-evidence'
import type { RunEvidence } from './run-evidence'
import { findUnderfitting, leastPoints } from './underfitting'

/** What the evidence of a run speaks for. `changes` is empty where nothing does; `note` then says why. */
export interface Judgement {
  readonly findings: readonly Finding[]
  readonly changes: readonly SpecChange[]
  readonly note: string | null
}

/** In this order: the first that finds something leads, since what comes after it may be its consequence. */
const rules = [findOutOfMemory, findDivergence, findOverfitting, findForgetting, findPlateau, findUnderfitting]

/** Evaluations of a run, and how far their number may be off before a changed length takes them along. */
const evaluations = 10
const fewestEvaluations = 5
const mostEvaluations = 40

/** Applies every rule; the changes answer the leading finding alone, so that the next run shows whether it was that. */
export function proposeChanges(evidence: RunEvidence): Judgement {
  const found = rules.flatMap((rule) => rule(evidence) ?? [])
  const findings = found.map(({ finding }) => finding)
  const [leading] = found
  if (leading === undefined) return { findings, changes: [], note: nothingFound(evidence) }
  const changes = [...leading.changes, ...keepPace(evidence, leading.changes, leading.finding.kind)]
  return { findings, changes, note: changes.length > 0 ? null : 'The settings that would answer this stand at their end already; other data may help.' }
}

/** The settings with the changes in them. */
export function withChanges(settings: TrainingSettings, changes: readonly SpecChange[]): TrainingSettings {
  return { ...settings, ...Object.fromEntries(changes.map(({ field, to }) => [field, to])) }
}

/** Evaluations and checkpoints that a shorter run would miss, and a longer one would make too many of. */
function keepPace({ settings, trainRows, evalRows }: RunEvidence, changes: readonly SpecChange[], finding: FindingKind): readonly SpecChange[] {
  if (!changes.some(({ field }) => field === 'length')) return []
  const steps = stepsOf(withChanges(settings, changes), trainRows)
  const every = Math.max(1, Math.min(1_000_000, Math.round(steps / evaluations)))
  const off = (interval: number): boolean => interval !== 0 && ((interval > every && steps / interval < fewestEvaluations) || steps / interval > mostEvaluations)
  return [
    ...(evalRows > 0 && off(settings.evaluateEverySteps) ? changeOf(settings, finding, 'evaluateEverySteps', every, `${steps} steps are evaluated about ten times.`) : []),
    ...(off(settings.checkpointEverySteps) ? changeOf(settings, finding, 'checkpointEverySteps', every, `${steps} steps are saved about ten times.`) : []),
  ]
}

function nothingFound({ ending, cause, loss, evalLoss }: RunEvidence): string {
  if (ending === 'failed') return cause === null || cause === 'unknown' ? 'Why the run failed is not known, so no setting is proposed.' : 'The run failed for a reason that no setting of the training changes.'
  if (loss.value.length < leastPoints) return `There are too few points to judge by: ${counted(loss.value.length, 'training loss', 'training losses')} of at least ${leastPoints}.`
  if (evalLoss.value.length < leastEvaluations) return `Nothing in the training loss speaks for another run. With ${counted(evalLoss.value.length, 'evaluation', 'evaluations')} of at least ${leastEvaluations} overfitting cannot be seen.`
  return 'Nothing in the curves or the comparisons speaks for another run.'
}

const counted = (count: number, one: string, many: string): string => `${count === 0 ? 'no' : count} ${count === 1 ? one : many}`
