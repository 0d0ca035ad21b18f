import { describe, expect, it } from 'vitest'
import { proposeChanges, withChanges } from '../../../../electron/domain/retrain/propose-changes'
import type { RunEvidence } from '../../../../electron/domain/retrain/run-evidence'
import { planSteps } from '../../../../electron/domain/training-plan'
import { TrainingSettings } from '../../../../electron/shared/job-spec'
import { commonSettings, madeCurve, madeRun } from './made-runs'

const kinds = (run: RunEvidence): string[] => proposeChanges(run).findings.map(({ kind }) => kind)
const changed = (run: RunEvidence): Record<string, unknown> => Object.fromEntries(proposeChanges(run).changes.map(({ field, to }) => [field, to]))
const falling = (share: number): number => 1 + Math.exp(-share * 12)

describe('what the rules leave alone', () => {
  it('finds nothing in a run that settled, whatever the draw of its noise (catches a rule that reads noise as a trend)', () => {
    const found = Array.from({ length: 300 }, (_, seed) => kinds(madeRun({ loss: madeCurve(300, 1, falling, 0.15, seed + 1), evalLoss: madeCurve(10, 30, (share) => 1.1 + 0.9 * Math.exp(-share * 12), 0.01, seed + 7000) })))
    expect(found.filter((one) => one.length > 0)).toEqual([])
    expect(proposeChanges(madeRun()).note).toBe('Nothing in the curves or the comparisons speaks for another run.')
  })

  it('does not take a single spike at the end for divergence (catches an end that is one point)', () => {
    const loss = madeCurve(300, 1, falling, 0.02)
    loss.value[298] = 40
    expect(kinds(madeRun({ loss }))).toEqual([])
  })

  it('says that there is too little to judge by (catches a proposal from three points)', () => {
    const few = madeRun({ loss: madeCurve(4, 1, (share) => 3 - 2 * share, 0), evalLoss: madeCurve(0, 1, () => 0, 0) })
    expect(proposeChanges(few)).toMatchObject({ changes: [], note: 'There are too few points to judge by: 4 training losses of at least 8.' })
    const blind = madeRun({ evalLoss: madeCurve(2, 150, () => 1, 0) })
    expect(proposeChanges(blind).note).toContain('With 2 evaluations of at least 5 overfitting cannot be seen.')
  })

  it('proposes nothing for a run that another thing ended (catches a new rate for a full disk)', () => {
    expect(proposeChanges(madeRun({ ending: 'failed', cause: 'disk-full' }))).toMatchObject({ changes: [], note: 'The run failed for a reason that no setting of the training changes.' })
  })

  it('does not call a run that was stopped early too short (catches advice against the user)', () => {
    expect(kinds(madeRun({ ending: 'cancelled', loss: madeCurve(60, 1, (share) => 3 - 2 * share, 0.02), evalLoss: madeCurve(3, 20, (share) => 3 - 2 * share, 0) }))).toEqual([])
  })
})

describe('overfitting', () => {
  const rising = (rise: number, from: number) => madeCurve(10, 30, (share) => 1.2 + 0.4 * Math.max(0, from - share) + rise * Math.max(0, share - from) / (1 - from), 0.002)
  const deeper = madeCurve(300, 1, (share) => 1.6 - 1.2 * share, 0.05)

  it('ends a little after the best step when the rise is large, and keeps about ten evaluations (catches a shorter run that is never evaluated)', () => {
    const run = madeRun({ evalLoss: rising(0.5, 0.3), loss: deeper, settings: { ...commonSettings, evaluateEverySteps: 60, checkpointEverySteps: 500 } })
    const judged = proposeChanges(run)
    expect(judged.findings[0]).toMatchObject({ kind: 'overfitting', step: 90 })
    expect(judged.findings[0]?.evidence).toMatch(/^The evaluation loss was lowest at step 90 \(1\.\d{3}\) and ended at 1\.\d{3}, \d+% higher/)
    // 90 x 1.15 steps of 100 an epoch, in half epochs.
    expect(changed(run)).toEqual({ length: { kind: 'epochs', epochs: 1.5 }, evaluateEverySteps: 15, checkpointEverySteps: 15 })
  })

  it('is gentler at the same length when the rise is slight and late', () => {
    expect(changed(madeRun({ evalLoss: rising(0.09, 0.7), loss: deeper }))).toEqual({ learningRate: 1e-4, dropout: 0.05 })
    expect(changed(madeRun({ evalLoss: rising(0.09, 0.7), loss: deeper, settings: { ...commonSettings, method: 'full' } }))).toEqual({ learningRate: 1e-4, weightDecay: 0.05 })
  })

  it('needs a training loss that falls, and a rise beyond the noise of the evaluations (catches a jumping evaluation set)', () => {
    expect(kinds(madeRun({ evalLoss: rising(0.5, 0.3), loss: madeCurve(300, 1, () => 1.2, 0.05) }))).not.toContain('overfitting')
    const jumping = Array.from({ length: 100 }, (_, seed) => kinds(madeRun({ evalLoss: madeCurve(12, 25, () => 1.2, 0.1, seed + 1), loss: deeper })))
    expect(jumping.filter((one) => one.includes('overfitting')).length).toBeLessThanOrEqual(2)
  })
})

describe('underfitting', () => {
  const steep = { loss: madeCurve(300, 1, (share) => 3 - 1.5 * share, 0.1), evalLoss: madeCurve(10, 30, (share) => 3 - 1.5 * share, 0.003) }

  it('goes on for twice as long while both losses fall', () => {
    expect(kinds(madeRun(steep))).toEqual(['underfitting'])
    expect(changed(madeRun(steep))).toEqual({ length: { kind: 'epochs', epochs: 6 } })
  })

  it('goes on for as long as is usual where the run was shorter than half of that (catches 8 steps that become 16)', () => {
    const short = { loss: madeCurve(20, 1, (share) => 3 - 0.5 * share, 0.01), evalLoss: madeCurve(4, 5, (share) => 3 - 0.5 * share, 0), settings: { ...commonSettings, length: { kind: 'steps', steps: 20 } as const, evaluateEverySteps: 5, checkpointEverySteps: 5 } }
    expect(changed(madeRun(short))).toEqual({ length: { kind: 'steps', steps: 300 }, evaluateEverySteps: 30, checkpointEverySteps: 30 })
  })

  it('raises a rate far below the usual one instead', () => {
    expect(changed(madeRun({ ...steep, settings: { ...commonSettings, learningRate: 5e-5 } }))).toEqual({ learningRate: 2e-4 })
  })

  it('is silent when the evaluation loss has settled (catches more epochs into overfitting)', () => {
    expect(kinds(madeRun({ loss: steep.loss, evalLoss: madeCurve(10, 30, (share) => 1.5 + Math.exp(-share * 12) + 0.01 * share, 0) }))).toEqual([])
  })
})

describe('divergence', () => {
  it('answers NaN and explosions with a tenth of the rate, a warm-up and clipping', () => {
    const settings: TrainingSettings = { ...commonSettings, learningRate: 2e-3, schedule: 'constant', warmupRatio: 0, maxGradNorm: 0 }
    const calm = { learningRate: 2e-4, schedule: 'constant_with_warmup', warmupRatio: 0.1, maxGradNorm: 1 }
    expect(changed(madeRun({ settings, nonfiniteStep: 41, ending: 'failed', cause: 'nan-loss' }))).toEqual(calm)
    expect(changed(madeRun({ settings, loss: madeCurve(4, 1, () => 2, 0), ending: 'failed', cause: 'nan-loss' }))).toEqual(calm)
    expect(changed(madeRun({ settings, loss: madeCurve(100, 1, (share) => (share < 0.4 ? 2 - share : 6), 0.1) }))).toEqual(calm)
    expect(kinds(madeRun({ settings, loss: madeCurve(100, 1, (share) => (share < 0.4 ? 2 - share : 6), 0.1) }))[0]).toBe('divergence')
  })

  it('sees a loss that fell far and came half way back, but no swing near zero (catches a ratio of tiny numbers)', () => {
    expect(kinds(madeRun({ loss: madeCurve(100, 1, (share) => (share < 0.5 ? 3 - 5 * share : 2), 0.05), evalLoss: madeCurve(0, 1, () => 0, 0) }))).toContain('divergence')
    expect(kinds(madeRun({ loss: madeCurve(100, 1, (share) => (share < 0.5 ? 3 - 5.9 * share : 0.15), 0.02), evalLoss: madeCurve(0, 1, () => 0, 0) }))).not.toContain('divergence')
  })
})

describe('plateau', () => {
  const flat = { loss: madeCurve(300, 1, (share) => 2.4 + 0.3 * Math.exp(-share * 40), 0.1), evalLoss: madeCurve(10, 30, () => 2.4, 0.002) }
  const of = (settings: Partial<TrainingSettings>): Record<string, unknown> => changed(madeRun({ ...flat, settings: { ...commonSettings, ...settings } }))

  it('changes what explains it: the rate, with a tiny adapter beside it, a long warm-up, or the adapter', () => {
    expect(of({ learningRate: 1e-6, schedule: 'constant' })).toEqual({ learningRate: 2e-4, schedule: 'cosine' })
    expect(of({ learningRate: 1e-6, rank: 1, alpha: 1 })).toEqual({ learningRate: 2e-4, rank: 16, alpha: 32 })
    expect(of({ warmupRatio: 0.8 })).toEqual({ warmupRatio: 0.05 })
    expect(of({ rank: 1, alpha: 2, targetModules: ['q_proj'] })).toEqual({ rank: 16, alpha: 32, targetModules: 'all-linear' })
  })

  it('is silent for a loss that settled where nothing explains more (catches every finished run of a language model)', () => {
    expect(kinds(madeRun({ ...flat }))).toEqual([])
    expect(kinds(madeRun({ loss: madeCurve(300, 1, (share) => 0.1 + Math.exp(-share * 40), 0.01), settings: { ...commonSettings, rank: 1 }, evalLoss: flat.evalLoss }))).not.toContain('plateau')
  })
})

describe('forgetting', () => {
  const range = (value: number) => ({ value, low: value * 0.95, high: value * 1.05 })
  const worse = { promptSet: 'general', prompts: 150, verdict: 'worse' as const, baseRight: 120, tunedRight: 60, basePerplexity: range(3), tunedPerplexity: range(6) }

  it('answers a worse verdict with a lower rate and half the length, and a large rank with a smaller one', () => {
    expect(kinds(madeRun({ compared: [worse] }))).toEqual(['forgetting'])
    expect(changed(madeRun({ compared: [worse], settings: { ...commonSettings, learningRate: 1e-3, rank: 64, alpha: 128 } }))).toMatchObject({ learningRate: 2e-4, length: { kind: 'epochs', epochs: 1.5 }, rank: 16, alpha: 32 })
    expect(proposeChanges(madeRun({ compared: [worse] })).findings[0]?.evidence).toBe('Of 150 prompts (general) the base answered 120 right and the tuned model 60, although its loss fell. The perplexity of the reference answers went from 3.00 to 6.00.')
  })

  it('takes a perplexity that is surely worse, and no verdict that is open (catches a difference within its intervals)', () => {
    expect(kinds(madeRun({ compared: [{ ...worse, verdict: 'not-enough-data' }] }))).toEqual(['forgetting'])
    expect(kinds(madeRun({ compared: [{ ...worse, verdict: 'not-enough-data', tunedPerplexity: range(3.1) }] }))).toEqual([])
    expect(kinds(madeRun({ compared: [{ ...worse, verdict: 'better' }] }))).toEqual([])
  })

  it('needs a run that learned (catches a model that is worse because it is broken)', () => {
    expect(kinds(madeRun({ compared: [worse], loss: madeCurve(300, 1, () => 2, 0.01), evalLoss: madeCurve(10, 30, () => 2, 0.001) }))).not.toContain('forgetting')
  })
})

describe('out of memory', () => {
  const of = (settings: Partial<TrainingSettings>): Record<string, unknown> => changed(madeRun({ ending: 'failed', cause: 'out-of-memory', settings: { ...commonSettings, ...settings } }))

  it('halves the micro-batch and keeps the effective batch, also of odd ones (catches an effective batch of 6 that becomes 8)', () => {
    expect(of({ microBatch: 4, gradientAccumulation: 4 })).toEqual({ microBatch: 2, gradientAccumulation: 8 })
    expect(of({ microBatch: 6, gradientAccumulation: 1 })).toEqual({ microBatch: 3, gradientAccumulation: 2 })
    expect(of({ microBatch: 7, gradientAccumulation: 3 })).toEqual({ microBatch: 3, gradientAccumulation: 7 })
  })

  it('checkpoints gradients, then shortens rows, where one row is too much', () => {
    expect(of({ microBatch: 1, gradientCheckpointing: false })).toEqual({ gradientCheckpointing: true })
    expect(of({ microBatch: 1, maxLength: 1000 })).toEqual({ maxLength: 512 })
    expect(proposeChanges(madeRun({ ending: 'failed', cause: 'out-of-memory', settings: { ...commonSettings, microBatch: 1, maxLength: 64 } }))).toMatchObject({ changes: [], note: expect.stringContaining('at their end') })
  })
})

describe('any proposal', () => {
  it('stays within the bounds of every setting, from wherever it starts (catches a rate of 3 or a length of 0)', () => {
    const rates = [1e-9, 1e-6, 2e-4, 0.3, 1]
    const lengths = [{ kind: 'epochs', epochs: 0.1 }, { kind: 'epochs', epochs: 1000 }, { kind: 'steps', steps: 1 }, { kind: 'steps', steps: 10_000_000 }] as const
    const ranks = [[1, 0.1], [16, 32], [1024, 4096]] as const
    const shapes: Partial<RunEvidence>[] = [
      { nonfiniteStep: 3 }, { cause: 'out-of-memory', ending: 'failed' },
      { evalLoss: madeCurve(10, 30, (share) => 1 + Math.abs(share - 0.3), 0), loss: madeCurve(300, 1, (share) => 1.6 - 1.2 * share, 0.05) },
      { loss: madeCurve(300, 1, (share) => 3 - 1.5 * share, 0.1), evalLoss: madeCurve(10, 30, (share) => 3 - 1.5 * share, 0.003) },
      { loss: madeCurve(300, 1, () => 2.4, 0.1), evalLoss: madeCurve(10, 30, () => 2.4, 0.002) },
      { compared: [{ promptSet: 'general', prompts: 150, verdict: 'worse', baseRight: 120, tunedRight: 60, basePerplexity: null, tunedPerplexity: null }] },
    ]
    let proposed = 0
    for (const learningRate of rates) for (const length of lengths) for (const [rank, alpha] of ranks) for (const shape of shapes) {
      const settings: TrainingSettings = { ...commonSettings, learningRate, length, rank, alpha, microBatch: rank > 16 ? 1024 : 4, gradientAccumulation: rank > 16 ? 4096 : 4 }
      const run = madeRun({ ...shape, settings })
      const { changes } = proposeChanges(run)
      const next = withChanges(settings, changes)
      expect(TrainingSettings.safeParse(next).error?.message).toBeUndefined()
      expect(next.seed).toBe(settings.seed)
      expect(planSteps(run.trainRows, next).totalSteps).toBeGreaterThan(0)
      for (const { field, from, to, reason } of changes) {
        expect(from).toEqual(settings[field])
        expect(to).not.toEqual(from)
        expect(reason).toMatch(/\.$/)
      }
      expect(new Set(changes.map(({ field }) => field)).size).toBe(changes.length)
      proposed += changes.length > 0 ? 1 : 0
    }
    expect(proposed).toBeGreaterThan(250)
  })
})
