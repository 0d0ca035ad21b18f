import type { JobRequest } from '../../electron/shared/job-spec'
import type { RetrainProposal } from '../../electron/shared/retrain'
import { AppError } from '../../electron/shared/app-error'
import { jobId } from './fake-data'
import type { FakeTunesmith } from './fake-tunesmith'

/** Answers of 'jobs.proposal': out of memory for a run that failed, overfitting for one that succeeded, nothing for the others. */
export function answerProposals(fake: FakeTunesmith): void {
  fake.answer('jobs.createFrom', () => ({ jobId: jobId(2) }))
  fake.answer('jobs.proposal', ({ jobId: id }): RetrainProposal => {
    const job = fake.state.jobs.find((one) => one.id === id)
    if (job === undefined) throw new AppError('JOB_NOT_FOUND', id)
    const { settings, name, backend, modelId, datasetId } = job
    const { microBatch, gradientAccumulation } = settings
    const request = (change: Partial<JobRequest['settings']>): JobRequest => ({ name: `${name}-2`, backend, modelId, datasetId, device: { kind: 'auto' }, settings: { ...settings, ...change }, cloud: null, budget: null })
    if (job.cause?.kind === 'out-of-memory') {
      const to = { microBatch: microBatch / 2, gradientAccumulation: gradientAccumulation * 2 }
      return {
        basedOn: job.id, note: null, request: request(to),
        findings: [{ kind: 'out-of-memory', step: job.step, evidence: `The run ran out of memory with ${microBatch} rows of up to 2048 tokens at once, with gradient checkpointing.` }],
        changes: [
          { field: 'microBatch', from: microBatch, to: to.microBatch, finding: 'out-of-memory', reason: 'Fewer rows at once need less memory.' },
          { field: 'gradientAccumulation', from: gradientAccumulation, to: to.gradientAccumulation, finding: 'out-of-memory', reason: 'Keeps the effective batch of 16, so the result stays comparable.' },
        ],
      }
    }
    if (job.state !== 'succeeded' || job.id === jobId(9)) return { basedOn: job.id, findings: [], changes: [], request: null, note: 'Nothing in the curves or the comparisons speaks for another run.' }
    return {
      basedOn: job.id, note: null, request: request({ length: { kind: 'epochs', epochs: 1.5 } }),
      findings: [
        { kind: 'overfitting', step: 600, evidence: 'The evaluation loss was lowest at step 600 (1.209) and ended at 1.412, 17% higher, while the training loss fell from 1.041 to 0.702.' },
        { kind: 'forgetting', step: null, evidence: 'Of 150 prompts (support-replies.jsonl, evaluation rows) the base answered 92 right and the tuned model 61, although its loss fell.' },
      ],
      changes: [
        { field: 'length', from: settings.length, to: { kind: 'epochs', epochs: 1.5 }, finding: 'overfitting', reason: '1.5 epochs end a little after step 600, where the evaluation loss was lowest.' },
        { field: 'evaluateEverySteps', from: 50, to: 57, finding: 'overfitting', reason: '570 steps are evaluated about ten times.' },
      ],
    }
  })
}
