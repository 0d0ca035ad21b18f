import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { JobId } from '../../../electron/shared/ids'
import type { JobSpec } from '../../../electron/shared/job-spec'
import type { SpecChanges } from '../../support/training-run'
import { curve, eventsOf, readEvents, runPython, startTraining, testPythonFolder, testSpec, writeRun } from '../../support/training-run'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith-stopping-'))
  await runPython([join(testPythonFolder, 'make_tiny_model.py'), folder])
}, 240_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

function spec(changes: SpecChanges = {}): JobSpec {
  return testSpec({ ...changes, model: { path: join(folder, 'model') }, data: { trainPath: join(folder, 'turns.jsonl'), trainRows: 40, ...changes.data } })
}

const endless = { length: { kind: 'steps', steps: 100_000 }, checkpointEverySteps: 0, evaluateEverySteps: 0 } as const

describe('a stop that saves', () => {
  it.each([
    ['the stop file', 'unsloth', (run: string) => writeFile(join(run, 'stop.request'), '')],
    ['SIGTERM', 'huggingface', (_: string, pid: number) => Promise.resolve(process.kill(pid, 'SIGTERM')).then(() => undefined)],
  ] as const)('by %s leaves a checkpoint and an adapter, and exits with 0 (catches: work lost when a run is stopped)', async (name, backend, stop) => {
    const run = join(folder, `stop-${backend}`)
    await writeRun(run, spec({ backend, settings: endless }))
    const started = startTraining(run)
    await vi.waitUntil(async () => (await access(join(run, 'events.jsonl')).then(() => true, () => false)) && curve(await readEvents(run), 'loss').length >= 3, { timeout: 90_000, interval: 100 })
    await stop(run, started.pid)
    const ended = await started.ended
    expect(ended.code, `${name}: ${ended.output.slice(-3000)}`).toBe(0)
    const events = await readEvents(run)
    const step = eventsOf(events, 'stop-requested')[0]?.step ?? -1
    expect(step).toBeGreaterThanOrEqual(3)
    expect(eventsOf(events, 'checkpoint').map((event) => event.step)).toEqual([step])
    expect(eventsOf(events, 'train-end')).toMatchObject([{ outcome: 'stopped', step, outputPath: join(run, 'adapter') }])
    await access(join(run, 'checkpoints', `checkpoint-${step}`, 'optimizer.pt'))
    await access(join(run, 'adapter', 'adapter_model.safetensors'))
    await expect(access(join(run, 'stop.request'))).rejects.toThrow()
  }, 240_000)

  it('before the first step trains nothing (catches: a stop that is forgotten while the libraries load)', async () => {
    const run = join(folder, 'stop-early')
    await writeRun(run, spec({ settings: endless }))
    await writeFile(join(run, 'stop.request'), '')
    const ended = await startTraining(run).ended
    expect(ended.code, ended.output.slice(-3000)).toBe(0)
    const events = await readEvents(run)
    expect(eventsOf(events, 'train-begin')).toEqual([])
    expect(eventsOf(events, 'train-end')).toMatchObject([{ outcome: 'stopped', step: 0, outputPath: null }])
  }, 240_000)
})

describe('going on from a checkpoint that is the end', () => {
  it.each(['unsloth', 'huggingface'] as const)('%s saves what the checkpoint holds and learns nothing more (catches a run of 4 steps that ends at step 5)', async (backend) => {
    const [first, second] = [join(folder, `end-${backend}`), join(folder, `again-${backend}`)]
    const settings = { length: { kind: 'steps', steps: 4 }, checkpointEverySteps: 4, evaluateEverySteps: 0 } as const
    await writeRun(first, spec({ backend, settings }))
    expect((await startTraining(first).ended).code).toBe(0)
    const checkpointPath = join(first, 'checkpoints', 'checkpoint-4')
    await writeRun(second, spec({ backend, settings, resume: { jobId: JobId.parse('job_0000000000000009'), checkpointPath, step: 4 } }))
    const ended = await startTraining(second).ended
    expect(ended.code, ended.output.slice(-3000)).toBe(0)
    const events = await readEvents(second)
    expect(curve(events, 'loss')).toEqual([])
    expect(eventsOf(events, 'train-end')).toMatchObject([{ outcome: 'completed', step: 4 }])
    const weights = (run: string): Promise<Buffer> => readFile(join(run, 'adapter', 'adapter_model.safetensors'))
    expect((await weights(second)).equals(await weights(first))).toBe(true)
  }, 240_000)
})

describe('events and files of a whole run', () => {
  it.each(['unsloth', 'huggingface'] as const)('%s QLoRA ends with an adapter that learned something (catches: a 4-bit run that does not learn, or an adapter that can not be loaded)', async (backend) => {
    const run = join(folder, `qlora-${backend}`)
    const data = { trainPath: join(folder, 'turns.jsonl'), evalPath: join(folder, 'eval.jsonl'), evalRows: 12 }
    const length = { kind: 'epochs', epochs: 2 } as const
    await writeRun(run, spec({ backend, data, settings: { method: 'qlora', dropout: 0.05, length, evaluateEverySteps: 2, checkpointEverySteps: 2, keepCheckpoints: 1, learningRate: 0.01, gradientCheckpointing: true } }))
    const ended = await startTraining(run).ended
    expect(ended.code, ended.output.slice(-3000)).toBe(0)
    const events = await readEvents(run)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index))
    expect(eventsOf(events, 'status').map((event) => event.stage)).toEqual(['importing', 'loading-model', 'reading-data', 'checking-data', 'training', 'saving', 'done'])
    expect(eventsOf(events, 'init')).toMatchObject([{ device: 'cpu', dtype: 'float32', versions: { torch: expect.any(String), trl: expect.any(String), bitsandbytes: expect.any(String) } }])
    expect(eventsOf(events, 'data-check')).toMatchObject([{ trainRows: 40, evalRows: 12, cutRows: 0, endOfTurnTrained: true }])
    expect(eventsOf(events, 'train-begin')).toMatchObject([{ totalSteps: 10, totalEpochs: 2, stepsPerEpoch: 5, resumedFromStep: 0 }])
    const evaluations = curve(events, 'evalLoss')
    expect(evaluations[0]?.[0]).toBe(0)
    expect(evaluations.at(-1)?.[1]).toBeLessThan((evaluations[0]?.[1] ?? 0) - 0.5)
    for (const metric of ['learningRate', 'gradNorm', 'tokensPerSecond', 'samplesPerSecond', 'numTokens', 'meanTokenAccuracy'] as const) expect(curve(events, metric), metric).toHaveLength(10)
    const checkpoints = eventsOf(events, 'checkpoint')
    expect(checkpoints.map((event) => event.step)).toEqual([2, 4, 6, 8, 10])
    const best = [...checkpoints].sort((a, b) => (a.evalLoss ?? 0) - (b.evalLoss ?? 0))[0]
    expect(checkpoints.filter((event) => event.best).at(-1)?.step).toBe(best?.step)
    await access(best?.path ?? '')
    expect(JSON.parse(await readFile(join(run, 'adapter', 'tunesmith.json'), 'utf8'))).toEqual({ jobId: spec().jobId, baseModelPath: join(folder, 'model'), method: 'qlora', precision: 'nf4' })
    await access(join(run, 'adapter', 'chat_template.jinja'))
    const layers = await runPython(['-c', `
import sys, torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer
base = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(sys.argv[2])
model = PeftModel.from_pretrained(base, sys.argv[2])
print("CHANGES", any(float(p.abs().max()) > 0 for n, p in model.named_parameters() if "lora_B" in n), bool(tokenizer.chat_template))`, join(folder, 'model'), join(run, 'adapter')])
    expect(layers).toContain('CHANGES True True')
  }, 300_000)
})

describe('packing', () => {
  it('keeps rows apart with Transformers on the CPU (catches: rows in one sequence that see each other)', async () => {
    const settings = { length: { kind: 'steps', steps: 1 }, microBatch: 12, maxLength: 512, evaluateEverySteps: 1, gradientAccumulation: 1 } as const
    const data = { evalPath: join(folder, 'eval.jsonl'), evalRows: 12 }
    const losses = []
    for (const packing of [true, false]) {
      const run = join(folder, `packing-${packing}`)
      await writeRun(run, spec({ data, settings: { ...settings, packing } }))
      const ended = await startTraining(run).ended
      expect(ended.code, ended.output.slice(-3000)).toBe(0)
      const events = await readEvents(run)
      losses.push(curve(events, 'evalLoss')[0]?.[1] ?? Number.NaN)
      expect(eventsOf(events, 'train-begin')[0]?.stepsPerEpoch).toBe(packing ? 1 : 4)
    }
    expect(Math.abs((losses[0] ?? 0) - (losses[1] ?? 1))).toBeLessThan(1e-5)
  }, 240_000)

  it('is refused aloud by Unsloth on the CPU (catches: fewer steps planned than are run, and nobody told)', async () => {
    const run = join(folder, 'packing-unsloth')
    await writeRun(run, spec({ backend: 'unsloth', settings: { packing: true, length: { kind: 'epochs', epochs: 1 }, checkpointEverySteps: 0 } }))
    const ended = await startTraining(run).ended
    expect(ended.code, ended.output.slice(-3000)).toBe(0)
    const events = await readEvents(run)
    expect(eventsOf(events, 'warning')).toMatchObject([{ code: 'packing-unavailable' }])
    expect(eventsOf(events, 'train-begin')[0]?.totalSteps).toBe(5)
  }, 240_000)
})

describe('a run that must not go on', () => {
  it('stops when the loss is not a number, and names it (catches: hours of training on NaN)', async () => {
    const run = join(folder, 'nan')
    await runPython(['-c', `
import sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32)
model.model.layers[0].mlp.down_proj.weight.data.fill_(float("nan"))
model.save_pretrained(sys.argv[2]); AutoTokenizer.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[2])`, join(folder, 'model'), join(folder, 'broken')])
    await writeRun(run, { ...spec({ settings: endless }), model: { ...spec().model, path: join(folder, 'broken') } })
    const ended = await startTraining(run).ended
    expect(ended.code).toBe(1)
    const events = await readEvents(run)
    expect(eventsOf(events, 'metrics').slice(0, 3).map((event) => event.nonfinite.includes('loss'))).toEqual([true, true, true])
    expect(eventsOf(events, 'metrics')).toHaveLength(3)
    expect(eventsOf(events, 'error')).toMatchObject([{ type: 'NonFiniteLoss' }])
    expect(eventsOf(events, 'train-end')).toEqual([])
  }, 240_000)

  it('refuses data without a trained token (catches: a run that learns nothing)', async () => {
    const run = join(folder, 'nothing')
    await writeRun(run, spec({ settings: { maxLength: 16 }, data: { trainPath: join(folder, 'long.jsonl') } }))
    await writeFile(join(folder, 'long.jsonl'), `${JSON.stringify({ messages: [{ role: 'user', content: 'long '.repeat(40) }, { role: 'assistant', content: 'no' }] })}\n`)
    const ended = await startTraining(run).ended
    expect(ended.code).toBe(1)
    const events = await readEvents(run)
    expect(eventsOf(events, 'error')).toMatchObject([{ type: 'DataProblem', message: expect.stringContaining('Nothing in the data would be trained') }])
    expect(eventsOf(events, 'train-begin')).toEqual([])
  }, 240_000)

  it('reports a library that is missing, and continues the count of an older events file (catches: an exit without a reason; seq that starts again)', async () => {
    const run = join(folder, 'missing')
    await writeRun(run, spec())
    await writeFile(join(run, 'trl.py'), 'raise ModuleNotFoundError("No module named \'trl\'", name="trl")\n')
    await writeFile(join(run, 'events.jsonl'), '{"seq":41,"t":1,"event":"status","stage":"done","message":"earlier"}\n{"seq":42,"t":1,"eve')
    const ended = await startTraining(run).ended
    expect(ended.code).toBe(1)
    expect(ended.output).toContain('ModuleNotFoundError')
    const lines = (await readFile(join(run, 'events.jsonl'), 'utf8')).split('\n')
    expect(lines[1]).toBe('{"seq":42,"t":1,"eve')
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ seq: 42, event: 'status', stage: 'importing' })
    expect(JSON.parse(lines.at(-2) ?? '')).toMatchObject({ event: 'error', type: 'ModuleNotFoundError', message: "No module named 'trl'", traceback: expect.stringContaining('train.py') })
  }, 240_000)
})
