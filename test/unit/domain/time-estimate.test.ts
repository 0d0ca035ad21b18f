import { expect, test } from 'vitest'
import { estimateTime, type RunSignature } from '../../../electron/domain/time-estimate'

const signature: RunSignature = {
  modelSha: 'a', backend: 'unsloth', method: 'qlora', deviceName: 'NVIDIA RTX 4090', maxLength: 1024, microBatch: 2, gradientAccumulation: 4,
  gradientCheckpointing: true, packing: false,
}
const run = (change: Partial<RunSignature> = {}, secondsPerStep = 2, startSeconds = 30): { signature: RunSignature; secondsPerStep: number; startSeconds: number } => ({
  signature: { ...signature, ...change }, secondsPerStep, startSeconds,
})

test('nothing to go by: not known, never a guess', () => {
  expect(estimateTime(100, signature, [], null)).toEqual({ kind: 'not-known' })
  expect(estimateTime(100, signature, [], { secondsPerStep: 0, startSeconds: 1, steps: 3 })).toEqual({ kind: 'not-known' })
})

test.each([
  { modelSha: 'b' }, { backend: 'huggingface' }, { method: 'lora' }, { deviceName: 'NVIDIA T4' }, { maxLength: 2048 }, { microBatch: 4 },
  { gradientCheckpointing: false }, { packing: true },
] satisfies Partial<RunSignature>[])('a run that differs by %o says nothing', (change) => {
  expect(estimateTime(100, signature, [run(change)], null)).toEqual({ kind: 'not-known' })
})

test('one run gives a wide range, several theirs', () => {
  expect(estimateTime(100, signature, [run()], null)).toEqual({ kind: 'known', basis: 'earlier-runs', runs: 1, lowSeconds: 184, middleSeconds: 230, highSeconds: 276 })
  const several = estimateTime(100, signature, [run({}, 2), run({}, 2.6), run({}, 1.9)], null)
  expect(several).toMatchObject({ runs: 3, middleSeconds: 230, lowSeconds: 218.5, highSeconds: 290 })
})

test('another accumulation counts by its micro-batches', () => {
  expect(estimateTime(100, signature, [run({ gradientAccumulation: 8 }, 4)], null)).toMatchObject({ middleSeconds: 230 })
})

test('a measured step is used only where no run is comparable', () => {
  const measured = { secondsPerStep: 1, startSeconds: 10, steps: 3 }
  expect(estimateTime(100, signature, [], measured)).toEqual({ kind: 'known', basis: 'measured-step', runs: 0, lowSeconds: 75, middleSeconds: 110, highSeconds: 145 })
  expect(estimateTime(100, signature, [run()], measured)).toMatchObject({ basis: 'earlier-runs' })
})
