import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobSpec } from '../../../electron/shared/job-spec'
import type { SpecChanges } from '../../support/training-run'
import { curve, curveDistance, eventsOf, readEvents, runPython, startTraining, testPythonFolder, testSpec, writeRun } from '../../support/training-run'

type Curves = Readonly<Record<'lora' | 'full', Readonly<Record<'loss' | 'eval_loss', readonly (readonly [number, number])[]>>>>

const STEPS = 10
const TOLERANCE = 1e-5
const DROPOUT = 0.05
let folder: string
let reference: Curves

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith-curves-'))
  await runPython([join(testPythonFolder, 'make_tiny_model.py'), folder])
  const options = {
    model: join(folder, 'model'), train: join(folder, 'train.jsonl'), eval: join(folder, 'eval.jsonl'), steps: STEPS, batch: 4, accumulation: 2,
    learning_rate: 0.003, warmup: 0.1, weight_decay: 0.01, max_length: 128, seed: 7, dropout: DROPOUT, eval_steps: 4, methods: ['lora', 'full'],
    out: join(folder, 'reference.json'),
  }
  await writeFile(join(folder, 'options.json'), JSON.stringify(options))
  await runPython([join(testPythonFolder, 'plain_trl_reference.py'), join(folder, 'options.json')])
  reference = JSON.parse(await readFile(options.out, 'utf8')) as Curves
}, 300_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

function spec(changes: SpecChanges): JobSpec {
  return testSpec({
    ...changes,
    model: { path: join(folder, 'model') },
    data: { trainPath: join(folder, 'train.jsonl'), trainRows: 60, evalPath: join(folder, 'eval.jsonl'), evalRows: 12 },
    settings: { dropout: DROPOUT, ...changes.settings },
  })
}

async function train(name: string, job: JobSpec) {
  const run = join(folder, name)
  await writeRun(run, job)
  const ended = await startTraining(run).ended
  expect(ended.code, ended.output.slice(-4000)).toBe(0)
  return readEvents(run)
}

describe.each([['unsloth', 'lora'], ['unsloth', 'full'], ['huggingface', 'lora'], ['huggingface', 'full']] as const)('%s %s', (backend, method) => {
  it('has the loss curves of a plain TRL script (catches: other masks, order, initial weights or schedule than asked for)', async () => {
    const events = await train(`${backend}-${method}`, spec({ backend, settings: { method } }))
    expect(curve(events, 'loss')).toHaveLength(STEPS)
    expect(curveDistance(curve(events, 'loss'), reference[method].loss)).toBeLessThan(TOLERANCE)
    expect(curve(events, 'evalLoss').map(([step]) => step)).toEqual([0, 4, 8, 10])
    expect(curveDistance(curve(events, 'evalLoss'), reference[method].eval_loss)).toBeLessThan(TOLERANCE)
  }, 300_000)
})

describe.each(['unsloth', 'huggingface'] as const)('a resumed %s run', (backend) => {
  it('goes on with the curve of the uninterrupted one (catches: optimiser, schedule, data order or dropout state lost)', async () => {
    const checkpointPath = join(folder, `${backend}-lora`, 'checkpoints', 'checkpoint-4')
    const whole = await readEvents(join(folder, `${backend}-lora`))
    const resumed = await train(`${backend}-resumed`, spec({ backend, resume: { jobId: testSpec().jobId, checkpointPath, step: 4 } }))
    expect(eventsOf(resumed, 'train-begin')[0]?.resumedFromStep).toBe(4)
    for (const metric of ['loss', 'evalLoss', 'learningRate', 'gradNorm', 'numTokens'] as const) {
      const rest = curve(whole, metric).filter(([step]) => step > 4)
      expect(curveDistance(curve(resumed, metric), rest), metric).toBeLessThan(TOLERANCE)
    }
  }, 300_000)
})
