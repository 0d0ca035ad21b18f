import { AppError } from '../shared/app-error'
import type { ComparisonSummary } from '../shared/comparison'
import type { JobId } from '../shared/ids'
import type { JobDetail } from '../shared/job'
import type { JobRequest, TrainingSettings } from '../shared/job-spec'
import type { Plan } from '../shared/plan'
import type { OverviewColumns } from '../shared/requests'
import type { RetrainProposal } from '../shared/retrain'
import { curveOf } from '../domain/retrain/curve-shape'
import { nextName } from '../domain/retrain/next-name'
import { proposeChanges, withChanges } from '../domain/retrain/propose-changes'
import type { Judgement } from '../domain/retrain/propose-changes'
import type { ComparedWithBase, PerplexityRange, RunEvidence } from '../domain/retrain/run-evidence'
import { cloudWith, possibleChanges, readSettings, usualBeside } from '../domain/retrain/service-settings'

export interface ProposalsDeps {
  /** Throws JOB_NOT_FOUND. */
  readonly detail: (jobId: JobId) => JobDetail
  /** A metric of a run in at most `maxBuckets` points; every point where there are no more. */
  readonly curve: (jobId: JobId, metric: 'loss' | 'evalLoss', maxBuckets: number) => Pick<OverviewColumns, 'lastStep' | 'last' | 'nonfiniteStep'>
  /** Newest first. */
  readonly comparisons: () => readonly ComparisonSummary[]
  /** What would be proposed for the model, the data and the method of a request. */
  readonly usual: (request: JobRequest) => Promise<TrainingSettings>
  readonly plan: (request: JobRequest) => Promise<Pick<Plan, 'issues' | 'trainRows' | 'evalRows'>>
  readonly takenNames: () => ReadonlySet<string>
}

/** Points that a rule looks at; the curve of a longer run is thinned. */
const mostPoints = 2000

/** Reads what a run that is over shows and proposes a changed one. Nothing is started or written. */
export function createProposals(deps: ProposalsDeps) {
  const rowsOf = async ({ request, trainRows, evalRows }: JobDetail): Promise<Pick<RunEvidence, 'trainRows' | 'evalRows'>> =>
    trainRows === null ? await deps.plan(request) : { trainRows, evalRows: evalRows ?? 0 }

  const evidenceOf = async (detail: JobDetail, ending: RunEvidence['ending']): Promise<RunEvidence> => {
    const { job, request } = detail
    const [loss, evalLoss] = [deps.curve(job.id, 'loss', mostPoints), deps.curve(job.id, 'evalLoss', mostPoints)]
    const { trainRows, evalRows } = await rowsOf(detail)
    return {
      settings: readSettings(request, job.epoch), usual: usualBeside(request.cloud, await deps.usual(request)), trainRows, evalRows, ending, cause: job.cause?.kind ?? null,
      loss: curveOf(loss.lastStep, loss.last), evalLoss: curveOf(evalLoss.lastStep, evalLoss.last), nonfiniteStep: loss.nonfiniteStep.find((step) => Number.isFinite(step)) ?? null,
      compared: comparedOf(detail, deps.comparisons()),
    }
  }

  const requestOf = (request: JobRequest, judgement: Judgement, evidence: RunEvidence): JobRequest => {
    const settings = withChanges(evidence.settings, judgement.changes)
    return {
      ...request, name: nextName(request.name, deps.takenNames()), cloud: cloudWith(request.cloud, judgement.changes, settings),
      // The settings of a job at a service say nothing there; its options do.
      settings: request.cloud?.kind === 'openai' ? request.settings : settings,
    }
  }

  return {
    /** Throws JOB_NOT_FOUND. */
    async proposal(jobId: JobId): Promise<RetrainProposal> {
      const detail = deps.detail(jobId)
      const nothing = (note: string): RetrainProposal => ({ basedOn: jobId, findings: [], changes: [], request: null, note })
      const { state } = detail.job
      if (state !== 'succeeded' && state !== 'failed' && state !== 'cancelled' && state !== 'interrupted') return nothing('The run is not over yet.')
      try {
        const evidence = await evidenceOf(detail, state)
        const judged = proposeChanges(evidence)
        const changes = possibleChanges(detail.request.cloud, judged.changes)
        const { findings } = judged
        if (changes.length === 0) return { basedOn: jobId, findings, changes, request: null, note: judged.note ?? 'The service offers no setting that would answer this.' }
        const request = requestOf(detail.request, { ...judged, changes }, evidence)
        const refused = (await deps.plan(request)).issues.filter(({ severity }) => severity === 'error')
        if (refused.length > 0) return { basedOn: jobId, findings, changes, request: null, note: `The changed run can't start as it is. ${refused.map(({ message }) => message).join(' ')}` }
        return { basedOn: jobId, findings, changes, request, note: null }
      } catch (error) {
        if (error instanceof AppError && gone.includes(error.code)) return nothing('The model or the data of this run is no longer there.')
        throw error
      }
    },
  }
}
export type Proposals = ReturnType<typeof createProposals>

const gone: readonly AppError['code'][] = ['MODEL_NOT_FOUND', 'DATASET_NOT_FOUND', 'DATASET_INVALID']

/** What the finished comparisons say about the model that a run made, against its own base. */
function comparedOf({ job, outputModelId }: JobDetail, comparisons: readonly ComparisonSummary[]): readonly ComparedWithBase[] {
  return comparisons.flatMap(({ state, promptSetName, promptCount, pairs, scores }) => {
    const pair = pairs.find(({ baseModelId, candidateModelId }) => baseModelId === job.modelId && candidateModelId === outputModelId)
    const [base, tuned] = [scores.find(({ modelId }) => modelId === job.modelId), scores.find(({ modelId }) => modelId === outputModelId)]
    if (state !== 'done' || pair === undefined || base === undefined || tuned === undefined) return []
    return [{
      promptSet: promptSetName, prompts: promptCount, verdict: pair.verdict, baseRight: base.right, tunedRight: tuned.right,
      basePerplexity: rangeOf(base), tunedPerplexity: rangeOf(tuned),
    }]
  })
}

function rangeOf({ perplexity, perplexityLow, perplexityHigh }: ComparisonSummary['scores'][number]): PerplexityRange | null {
  return perplexity === null || perplexityLow === null || perplexityHigh === null ? null : { value: perplexity, low: perplexityLow, high: perplexityHigh }
}
