import type { HardwareSample } from '../../electron/shared/hardware'
import type { Checkpoint, JobDetail, JobSummary } from '../../electron/shared/job'
import type { PointColumns } from '../../electron/shared/requests'
import type { FakeState, FakeTunesmith } from './fake-tunesmith'
import { fakePoints, overviewOf, sliceOf } from './fake-curves'
import { fakeSample, modelId } from './fake-data'

const GIB = 2 ** 30

/** Lines of a run's console, as Unsloth and the trainer print them. */
const consoleText = [
  '\u001b[90m==((====))==  Unsloth 2026.10.9: Fast Qwen3 patching. Transformers: 5.17.0.',
  '   \\\\   /|    NVIDIA GeForce RTX 4090. Num GPUs = 1. Max memory: 23.645 GB. Platform: Linux.',
  'O^O/ \\_/ \\    Torch: 2.13.0+cu130. CUDA: 8.9. Bfloat16 = TRUE.',
  '     Num examples = 6,091 | Num Epochs = 2 | Total steps = 762',
  '     Trainable parameters = 43,646,976 of 8,234,382,336 (0.53% trained)\u001b[0m',
  "\u001b[36m{'eval_loss': 1.1458, 'eval_runtime': 29.1, 'eval_samples_per_second': 11.03, 'epoch': 1.18}\u001b[0m",
  "{'loss': 0.9351, 'grad_norm': 0.3862, 'learning_rate': 6.435e-5, 'epoch': 1.27}",
  "{'loss': 1.1292, 'grad_norm': 0.4138, 'learning_rate': 6.395e-5, 'epoch': 1.27}",
  "{'loss': 0.9692, 'grad_norm': 0.3701, 'learning_rate': 6.354e-5, 'epoch': 1.28}",
  ' 64%|███████████████████           | 486/762 [37:24<18:30,  4.02s/it]',
].join('\r\n')

const traceback = [
  "{'loss': 1.0315, 'grad_norm': 0.4127, 'learning_rate': 1.509e-04, 'epoch': 0.73}",
  'Traceback (most recent call last):',
  '  File "train.py", line 118, in <module>',
  '    trainer.train(resume_from_checkpoint=job.resume_from)',
  '  File ".../transformers/loss/loss_utils.py", line 57, in ForCausalLMLoss',
  '    logits = logits.float()',
  'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 3.91 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.12 GiB is free.',
]
export const fakeOutOfMemory: NonNullable<JobSummary['cause']> = {
  kind: 'out-of-memory',
  evidence: traceback.at(-1) ?? '',
  details: { memory: 'gpu', requestedBytes: 3.91 * GIB, freeBytes: 1.12 * GIB, totalBytes: 23.64 * GIB },
}

const script = '"""Fine-tunes Qwen3-8B with QLoRA. Runs by hand: python train.py"""\nimport json\nfrom pathlib import Path\n\nJOB = json.loads(Path(__file__).with_name("job.json").read_text(encoding="utf-8"))\n\n\ndef main() -> None:\n    # The chat template is the model\'s own.\n    rate = 2e-4\n    print(JOB["name"], rate)\n\n\nif __name__ == "__main__":\n    main()\n'

/** Curves of the fake jobs that have started; made when first asked for. */
export function fakeCurves(state: FakeState): (id: string) => PointColumns {
  const made = new Map<string, PointColumns>()
  return (id) => {
    const known = made.get(id)
    if (known !== undefined) return known
    const job = state.jobs.find((one) => one.id === id)
    const number = Number.parseInt(id.slice(-4), 36)
    const steps = (job?.startedAtMs ?? null) === null ? 0 : (job?.step ?? 0)
    const points = fakePoints({ steps, totalSteps: job?.totalSteps ?? 762, stepsPerEpoch: 381, evaluateEverySteps: 50, startedAtMs: job?.startedAtMs ?? 0, secondsPerStep: 4.7, seed: number, floor: 0.9 + 0.02 * (number % 5), nanSteps: job?.state === 'interrupted' ? [300, 301, 302] : [] })
    made.set(id, points)
    return points
  }
}

const checkpoint = (job: JobSummary, step: number): Checkpoint => ({
  step, path: `/home/ada/runs/${job.name}/checkpoint-${step}`, evalLoss: 1.1431 + Math.abs(step - 400) / 10_000, best: step === job.bestStep, sizeBytes: 0.27 * GIB, present: true, modelId: null,
})

/** Answers of the run page: series, files, terminal, hardware of a run. */
export function answerRuns(fake: FakeTunesmith): void {
  const { state } = fake
  const curves = fakeCurves(state)
  const base = fake.answerOf('jobs.get')
  fake.answer('jobs.get', (input) => {
    const detail = base?.(input)
    if (detail === undefined) throw new Error('the fake has no jobs.get')
    const { job } = detail
    const steps = [100, 200, 300, 400, 500, 600, 700].filter((step) => step <= job.step)
    const end: JobDetail['end'] = job.state === 'failed' ? { exitCode: 1, signal: null, peakMemoryBytes: 11.8 * GIB, peakGpuMemoryBytes: 22.5 * GIB, lastLines: traceback, cause: job.cause } : null
    return { ...detail, checkpoints: steps.map((step) => checkpoint(job, step)), end, outputModelId: job.state === 'succeeded' ? modelId(11) : null, versions: { torch: '2.13.0+cu130', transformers: '5.17.0', trl: '1.13.0', peft: '0.21.0', unsloth: '2026.10.9', bitsandbytes: '0.50.2' } }
  })
  fake.answer('metrics.tail', ({ jobId, afterSeq, limit }) => sliceOf(curves(jobId), afterSeq + 1, afterSeq + 1 + limit))
  fake.answer('metrics.overview', ({ jobId, metric, maxBuckets }) => overviewOf(curves(jobId), metric, maxBuckets))
  fake.answer('metrics.window', ({ jobId, fromStep, toStep, limit }) => {
    const all = curves(jobId)
    const from = all.step.findIndex((step) => step >= fromStep)
    const end = all.step.findLastIndex((step) => step <= toStep)
    return { ...sliceOf(all, from, Math.min(end + 1, from + limit)), more: end + 1 > from + limit }
  })
  fake.answer('metrics.saveCsv', () => ({ path: '/home/ada/curves.csv' }))
  fake.answer('metrics.savePng', () => ({ path: '/home/ada/loss.png' }))
  fake.answer('jobs.file', ({ file }) => ({ truncated: false, text: file === 'script' ? script : file === 'spec' ? JSON.stringify({ schemaVersion: 1, name: 'qwen3-8b-support-r16' }, null, 2) : '{"seq":0,"kind":"init"}\n' }))
  fake.answer('jobs.openFolder', () => null)
  let terminals = 0
  fake.answer('terminal.open', () => {
    const terminalId = ++terminals
    setTimeout(() => { fake.push('terminal.data', { terminalId, text: consoleText }) }, 0)
    return { terminalId }
  })
  for (const route of ['terminal.ack', 'terminal.close', 'terminal.resize'] as const) fake.answer(route, () => null)
  const samples = (count: number): HardwareSample[] => Array.from({ length: count }, (_, index) => {
    const sample = fakeSample(state.machine)
    const dip = index % 37 === 20 || index % 37 === 21
    return { ...sample, tMs: sample.tMs - (count - index) * 1000, cpuPercent: 12 + (index % 7), gpus: sample.gpus.map((gpu) => ({ ...gpu, utilisationPercent: dip ? 71 : 97 + (index % 3), temperatureCelsius: 65 + (index % 20) / 8, powerWatts: dip ? 260 : 342 + (index % 11) })) }
  })
  fake.answer('hardware.recent', ({ seconds }) => samples(seconds))
  fake.answer('hardware.ofJob', ({ maxSamples }) => samples(Math.min(200, maxSamples)))
}
