import { describe, expect, it } from 'vitest'
import { createProposals } from '../../../electron/services/proposals'
import type { ProposalsDeps } from '../../../electron/services/proposals'
import { AppError } from '../../../electron/shared/app-error'
import type { ComparisonSummary, ModelScore, PairResult } from '../../../electron/shared/comparison'
import type { CloudOptions } from '../../../electron/shared/cloud'
import { ConnectionId } from '../../../electron/shared/ids'
import type { JobDetail, JobSummary } from '../../../electron/shared/job'
import { JobRequest } from '../../../electron/shared/job-spec'
import { fakeComparison } from '../../support/fake-comparison'
import { datasetId, fakeJob, fakePlan, jobId, modelId } from '../../support/fake-data'
import { commonSettings, madeRun } from '../domain/retrain/made-runs'
import type { RunEvidence } from '../../../electron/domain/retrain/run-evidence'

interface Case {
  readonly job?: Partial<JobSummary>
  readonly request?: Partial<JobRequest>
  readonly curves?: Partial<RunEvidence>
  readonly comparisons?: readonly ComparisonSummary[]
}

/** A service over one run; what it asks to be planned is kept. */
function setUp({ job = {}, request = {}, curves = {}, comparisons = [] }: Case, change: Partial<ProposalsDeps> = {}) {
  const planned: JobRequest[] = []
  const { loss, evalLoss, nonfiniteStep } = madeRun(curves)
  const summary = fakeJob(1, { name: 'support-r16', settings: commonSettings, modelId: modelId(1), epoch: 3, ...job })
  const asked: JobRequest = { name: summary.name, backend: 'huggingface', modelId: modelId(1), datasetId: datasetId(1), device: { kind: 'auto' }, settings: commonSettings, cloud: null, budget: null, ...request }
  const detail: JobDetail = {
    job: summary, request: asked, runFolder: null, end: null, checkpoints: [], versions: {}, trainableParameters: null, totalParameters: null, trainRows: 1600, evalRows: 100,
    trainedTokens: null, totalTokens: null, warnings: [], outputModelId: modelId(2), lineage: [], remoteId: null, quote: null, bill: null,
  }
  const proposals = createProposals({
    detail: () => detail,
    curve: (_id, metric) => {
      const { step, value } = metric === 'loss' ? loss : evalLoss
      return { lastStep: step, last: value, nonfiniteStep: Float64Array.from(step, (at) => (metric === 'loss' && nonfiniteStep === at ? at : NaN)) }
    },
    comparisons: () => comparisons, usual: () => Promise.resolve(commonSettings), takenNames: () => new Set([summary.name, `${summary.name}-2`]),
    plan: (wanted) => {
      planned.push(wanted)
      return Promise.resolve({ ...fakePlan, issues: [] })
    },
    ...change,
  })
  return { proposal: () => proposals.proposal(summary.id), planned, asked }
}

const diverged = { curves: { nonfiniteStep: 41 } }

describe('the proposal after a run', () => {
  it('is the same request with the changes, the seed kept, under a free name, and was planned (catches a proposal that the start refuses)', async () => {
    const { proposal, planned, asked } = setUp(diverged)
    const { basedOn, findings, changes, request, note } = await proposal()
    expect({ basedOn, note }).toEqual({ basedOn: jobId(1), note: null })
    expect(findings.map(({ kind }) => kind)).toEqual(['divergence'])
    expect(request).toEqual({ ...asked, name: 'support-r16-3', settings: { ...asked.settings, ...Object.fromEntries(changes.map(({ field, to }) => [field, to])) } })
    expect(JobRequest.safeParse(request).success).toBe(true)
    expect(planned).toEqual([request])
  })

  it('is none while the run goes on, and none when nothing speaks for one', async () => {
    expect(await setUp({ job: { state: 'running' } }).proposal()).toMatchObject({ request: null, findings: [], note: 'The run is not over yet.' })
    expect(await setUp({}).proposal()).toMatchObject({ request: null, changes: [], note: 'Nothing in the curves or the comparisons speaks for another run.' })
  })

  it('keeps its findings but offers no request that the plan refuses (catches a button that only fails)', async () => {
    const { proposal } = setUp(diverged, { plan: () => Promise.resolve({ ...fakePlan, issues: [{ severity: 'error', code: 'does-not-fit', message: 'It needs more memory than there is.', field: null }] }) })
    expect(await proposal()).toMatchObject({ findings: [{ kind: 'divergence' }], request: null, note: "The changed run can't start as it is. It needs more memory than there is." })
  })

  it('says that model or data are gone, and passes other faults on (catches a bug that reads as an answer)', async () => {
    const usual = (code: AppError['code']) => ({ usual: () => Promise.reject(new AppError(code, 'x')) })
    expect(await setUp(diverged, usual('MODEL_NOT_FOUND')).proposal()).toMatchObject({ request: null, note: 'The model or the data of this run is no longer there.' })
    await expect(setUp(diverged, usual('INTERNAL')).proposal()).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('reads the finished comparisons of its own model against its own base, and no others (catches forgetting that another run did)', async () => {
    const score = (n: number, right: number): ModelScore => ({ modelId: modelId(n), prompts: 100, right, rate: right / 100, rateLow: 0, rateHigh: 1, perplexity: null, perplexityLow: null, perplexityHigh: null, tokensPerSecond: null, firstTokenMs: null })
    const compared = (candidate: number, state: ComparisonSummary['state'] = 'done'): ComparisonSummary => ({
      ...fakeComparison, state, promptSetName: 'general', promptCount: 100, modelIds: [modelId(1), modelId(candidate)], scores: [score(1, 80), score(candidate, 40)],
      pairs: [{ baseModelId: modelId(1), candidateModelId: modelId(candidate), baseWins: 40, candidateWins: 0, ties: 60, pValue: 1e-9, differencePoints: -40, differenceLow: -50, differenceHigh: -30, verdict: 'worse' } satisfies PairResult],
    })
    expect((await setUp({ comparisons: [compared(2)] }).proposal()).findings).toMatchObject([{ kind: 'forgetting', evidence: 'Of 100 prompts (general) the base answered 80 right and the tuned model 40, although its loss fell.' }])
    expect((await setUp({ comparisons: [compared(9), compared(2, 'cancelled')] }).proposal()).findings).toEqual([])
  })

  it('speaks in the terms of a service: whole epochs and its multiplier, and nothing it does not know (catches a rank for a service)', async () => {
    const cloud: CloudOptions = { kind: 'openai', connectionId: ConnectionId.parse('conn_0000000000000001'), epochs: 3, batchSize: 'auto', learningRateMultiplier: 'auto', suffix: null, trainingType: null }
    const { proposal, asked } = setUp({ ...diverged, request: { backend: 'openai', cloud } })
    const { changes, request } = await proposal()
    expect(changes).toMatchObject([{ field: 'learningRate', from: 1, to: 0.1 }])
    expect(request).toEqual({ ...asked, name: 'support-r16-3', cloud: { ...cloud, learningRateMultiplier: 0.1 } })
  })
})
