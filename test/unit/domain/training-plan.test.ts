import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { estimateDisk } from '../../../electron/domain/disk-estimate'
import { checkpointsKept, epochAt, planSteps } from '../../../electron/domain/training-plan'
import goldenRows from '../../fixtures/trainer-steps.json'

/**
 * Made by calling `Trainer.set_initial_training_values` and `TrainingArguments.get_warmup_steps` of transformers 5.17.0 with a
 * torch DataLoader over range(rows): rows, micro-batch, accumulation, epochs, max_steps, warm-up ratio, then what they returned:
 * steps per epoch, total steps, warm-up steps.
 */
const n = z.number()
const golden = z.array(z.tuple([n, n, n, n, n.nullable(), n, n, n, n])).min(60).parse(goldenRows)

describe('steps of a run', () => {
  test.each(golden)('%i rows, micro-batch %i, accumulation %i, %d epochs, max steps %s, warm-up %d', (...row) => {
    const [rows, microBatch, gradientAccumulation, epochs, steps, warmupRatio, stepsPerEpoch, totalSteps, warmupSteps] = row
    const length = steps === null ? ({ kind: 'epochs', epochs } as const) : ({ kind: 'steps', steps } as const)
    const plan = planSteps(rows, { length, microBatch, gradientAccumulation, warmupRatio, packing: false, schedule: 'cosine' })
    expect(plan).toMatchObject({ stepsPerEpoch, totalSteps, warmupSteps, effectiveBatch: microBatch * gradientAccumulation, exact: true })
  })

  test('packing makes the counts an upper end, a constant schedule has no warm-up', () => {
    const settings = { length: { kind: 'epochs', epochs: 1 }, microBatch: 1, gradientAccumulation: 1, warmupRatio: 0.1, packing: true, schedule: 'constant' } as const
    expect(planSteps(100, settings)).toMatchObject({ exact: false, warmupSteps: 0 })
    expect(epochAt(50, planSteps(100, settings))).toBe(0.5)
  })

  test.each([[100, 0, 3, 1], [100, 10, 3, 3], [100, 60, 3, 2], [100, 100, 3, 1], [100, 500, 3, 1]])(
    '%i steps, a checkpoint every %i, %i kept: %i on the disk', (total, every, keep, expected) => {
      expect(checkpointsKept(total, { checkpointEverySteps: every, keepCheckpoints: keep })).toBe(expected)
    },
  )
})

describe('disk', () => {
  test('a checkpoint of full training holds the weights and both moments', () => {
    const disk = estimateDisk({ method: 'full', trainableParameters: 1e9, savedWeightBytes: 4, optimizer: 'adamw-32-bit', checkpoints: 2 })
    expect(disk.checkpointBytes / 1e9).toBeCloseTo(12, 0)
    expect(disk.totalBytes).toBe(disk.outputBytes + 3 * disk.checkpointBytes)
  })

  test('8-bit moments are a quarter', () => {
    const input = { method: 'lora', trainableParameters: 4e8, savedWeightBytes: 4, checkpoints: 1 } as const
    const difference = estimateDisk({ ...input, optimizer: 'adamw-32-bit' }).checkpointBytes - estimateDisk({ ...input, optimizer: 'adamw-8-bit' }).checkpointBytes
    expect(difference).toBe(6 * 4e8)
  })
})
