import type { DatasetSummary, NormalRow, TokenCheck } from '../../electron/shared/dataset'
import type { EnvironmentSummary } from '../../electron/shared/environment'
import { environmentSteps } from '../../electron/shared/environment-steps'
import type { HardwareSample, HardwareState } from '../../electron/shared/hardware'
import { DatasetId, EnvironmentId, JobId, ModelId } from '../../electron/shared/ids'
import type { JobSummary } from '../../electron/shared/job'
import type { TrainingSettings } from '../../electron/shared/job-spec'
import type { ModelSummary } from '../../electron/shared/model'
import type { Plan } from '../../electron/shared/plan'

/** Made-up but plausible values for tests and the gallery; one story: Qwen3-8B, QLoRA, an RTX 4090. */

const GIB = 2 ** 30
export const fakeNowMs = Date.UTC(2026, 10, 20, 14, 48)
const minute = 60_000

const tail = (n: number): string => n.toString(36).padStart(16, '0')
export const jobId = (n: number): JobId => JobId.parse(`job_${tail(n)}`)
export const modelId = (n: number): ModelId => ModelId.parse(`model_${tail(n)}`)
export const datasetId = (n: number): DatasetId => DatasetId.parse(`data_${tail(n)}`)
export const environmentId = (n: number): EnvironmentId => EnvironmentId.parse(`env_${tail(n)}`)

export const fakeSettings: TrainingSettings = {
  method: 'qlora', length: { kind: 'epochs', epochs: 2 }, learningRate: 2e-4, schedule: 'cosine', warmupRatio: 0.05, weightDecay: 0.01, maxGradNorm: 1,
  microBatch: 4, gradientAccumulation: 4, maxLength: 2048, packing: false, rank: 16, alpha: 32, dropout: 0, targetModules: 'all-linear',
  gradientCheckpointing: true, answersOnly: true, evaluateEverySteps: 50, checkpointEverySteps: 100, keepCheckpoints: 3, logEverySteps: 1, seed: 3407,
}

const curve = (start: number, end: number, points: number): number[] => Array.from({ length: points }, (_, i) => end + (start - end) * Math.exp(-i / 4) + Math.sin(i * 1.7) * 0.006)

export function fakeJob(n: number, part: Partial<JobSummary> = {}): JobSummary {
  return {
    id: jobId(n), name: `run-${n}`, state: 'succeeded', backend: 'unsloth', modelId: modelId(1), modelName: 'Qwen3-8B', datasetId: datasetId(1), datasetName: 'support-replies.jsonl',
    settings: fakeSettings, device: { kind: 'cuda', gpuUuid: 'GPU-1', gpuIndex: 0, gpuName: 'NVIDIA GeForce RTX 4090' },
    createdAtMs: fakeNowMs - n * 86_400_000, startedAtMs: fakeNowMs - n * 86_400_000, finishedAtMs: fakeNowMs - n * 86_400_000 + 34 * minute,
    queuePosition: null, waitingFor: null, stage: null, step: 762, totalSteps: 762, epoch: 2, etaSeconds: null, loss: 1.08, evalLoss: 1.2101, bestEvalLoss: 1.2087, bestStep: 600,
    tokensPerSecond: 2412, samplesPerSecond: 5.9, learningRate: 2e-4, lastSeq: 1800, cause: null, tags: [], note: '', colour: 1, dashed: false,
    resumedFrom: null, retryOf: null, basedOn: null, phase: null, environmentId: environmentId(1), spark: curve(1.9, 1.2087, 16), ...part,
  }
}

const ended = (minutes: number, daysAgo: number): Pick<JobSummary, 'startedAtMs' | 'finishedAtMs' | 'createdAtMs'> => ({
  createdAtMs: fakeNowMs - daysAgo * 86_400_000, startedAtMs: fakeNowMs - daysAgo * 86_400_000, finishedAtMs: fakeNowMs - daysAgo * 86_400_000 + minutes * minute,
})
const waiting = { state: 'queued', startedAtMs: null, finishedAtMs: null, device: null, step: 0, totalSteps: 762, loss: null, evalLoss: null, bestEvalLoss: null, bestStep: null, spark: [], createdAtMs: fakeNowMs - 5 * minute } as const

export const fakeJobs: readonly JobSummary[] = [
  fakeJob(1, { name: 'qwen3-8b-support-r16', state: 'running', stage: 'training', createdAtMs: fakeNowMs - 39 * minute, startedAtMs: fakeNowMs - 38 * minute, finishedAtMs: null, step: 486, epoch: 1.27, etaSeconds: 1320, bestEvalLoss: 1.1512, bestStep: 450, spark: curve(1.8, 1.15, 9), tags: ['overnight'] }),
  fakeJob(2, { name: 'qwen3-8b-support-r32-lr1e4', ...waiting, queuePosition: 1 }),
  fakeJob(3, { name: 'qwen3-4b-support-seed2', modelName: 'Qwen3-4B', ...waiting, queuePosition: 2 }),
  fakeJob(4, { name: 'qwen3-14b-support-r16', modelName: 'Qwen3-14B', ...waiting, queuePosition: 3 }),
  fakeJob(5, { name: 'qwen3-4b-support-r16', modelName: 'Qwen3-4B', ...ended(34, 1) }),
  fakeJob(6, { name: 'llama-3.1-8b-support-r16', modelName: 'Llama-3.1-8B', state: 'failed', step: 231, cause: { kind: 'out-of-memory', evidence: 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.94 GiB.', details: {} }, spark: curve(1.8, 1.4, 5), ...ended(44, 1.2) }),
  fakeJob(7, { name: 'qwen3-4b-support-lr5e4', modelName: 'Qwen3-4B', state: 'cancelled', step: 400, bestEvalLoss: 1.2463, spark: curve(1.6, 1.2463, 9), ...ended(18, 1.3) }),
  fakeJob(8, { name: 'qwen3-1.7b-support-lora', modelName: 'Qwen3-1.7B', settings: { ...fakeSettings, method: 'lora' }, bestEvalLoss: 1.3415, spark: curve(1.9, 1.3415, 14), ...ended(21, 2.2) }),
  fakeJob(9, { name: 'demo-dates', modelName: 'Demo model', datasetName: 'Sample: dates', settings: { ...fakeSettings, method: 'lora' }, bestEvalLoss: 0.4118, spark: curve(2.4, 0.4118, 12), ...ended(2, 2.3), note: 'The first run on this machine.' }),
  fakeJob(10, { name: 'qwen3-4b-threads-r16', modelName: 'Qwen3-4B', datasetName: 'support-threads.jsonl', state: 'interrupted', step: 402, bestEvalLoss: 1.3077, spark: curve(1.8, 1.3077, 8), ...ended(26, 3) }),
  fakeJob(11, { name: 'qwen3-4b-threads-r8', modelName: 'Qwen3-4B', datasetName: 'support-threads.jsonl', bestEvalLoss: 1.2961, ...ended(41, 4) }),
]

export function fakeModel(n: number, part: Partial<ModelSummary> = {}): ModelSummary {
  return {
    id: modelId(n), name: 'Qwen3-8B', kind: 'folder', path: '/home/ada/models/Qwen3-8B', sizeBytes: 16.4 * GIB, parameters: 8.19e9, architecture: 'Qwen3ForCausalLM', contextLength: 40_960,
    hasChatTemplate: true, endOfTurn: '<|im_end|>', license: 'Apache-2.0', hubId: null, createdAtMs: fakeNowMs - 8 * 86_400_000, baseModelId: null, jobId: null, method: null, backend: null,
    checkpointStep: null, version: null, environmentId: null, bestEvalLoss: null, remote: null, problem: null, ...part,
  }
}
const tuned = { kind: 'adapter', method: 'qlora', backend: 'unsloth', version: 1, license: null, baseModelId: modelId(1), environmentId: environmentId(1) } as const
export const fakeModels: readonly ModelSummary[] = [
  fakeModel(1),
  fakeModel(2, { name: 'Qwen3-4B', kind: 'hub', hubId: 'Qwen/Qwen3-4B@main', parameters: 4.02e9, sizeBytes: 8.1 * GIB, createdAtMs: fakeNowMs - 11 * 86_400_000 }),
  fakeModel(3, { name: 'Demo model', kind: 'demo', parameters: 5.1e6, sizeBytes: 12 * 2 ** 20, license: null, architecture: 'LlamaForCausalLM', contextLength: 512, endOfTurn: '<|end|>', createdAtMs: 0 }),
  fakeModel(11, { name: 'qwen3-8b-support-r16', ...tuned, jobId: jobId(1), sizeBytes: 175 * 2 ** 20, bestEvalLoss: 1.1392, checkpointStep: 600, createdAtMs: fakeNowMs - 20 * minute }),
  fakeModel(12, { name: 'qwen3-4b-support-r16', ...tuned, baseModelId: modelId(2), jobId: jobId(5), sizeBytes: 132 * 2 ** 20, bestEvalLoss: 1.2087, createdAtMs: fakeNowMs - 86_400_000 }),
  fakeModel(13, { name: 'demo-dates', ...tuned, method: 'lora', baseModelId: modelId(3), jobId: jobId(9), sizeBytes: 2 ** 20, bestEvalLoss: 0.4118, createdAtMs: fakeNowMs - 2 * 86_400_000 }),
]

export function fakeDataset(n: number, part: Partial<DatasetSummary> = {}): DatasetSummary {
  return {
    id: datasetId(n), name: 'support-replies.jsonl', kind: 'file', format: 'messages', sourcePath: '/home/ada/data/support-replies.jsonl', createdAtMs: fakeNowMs - 3 * 86_400_000, sizeBytes: 11.2 * 2 ** 20,
    rows: 6412, trainRows: 6091, evalRows: 321, heldOutRows: 0, sha256: '93d2'.padEnd(60, '0') + '1f5e',
    report: { format: 'messages', mapping: 'messages[].role and content, as they are', rows: 6412, validRows: 6412, emptyLines: 0, duplicateRows: 0, issues: [], issueCounts: {}, characters: 9_400_000 }, ...part,
  }
}
export const fakeThreads = fakeDataset(2, {
  name: 'support-threads.jsonl', format: 'sharegpt', rows: 5318, trainRows: 5044, evalRows: 266,
  report: {
    format: 'sharegpt', mapping: 'conversations[].from: human to user, gpt to assistant', rows: 5318, validRows: 5310, emptyLines: 1, duplicateRows: 2, characters: 15_100_000,
    issues: [
      { line: 412, code: 'unknown-role', message: 'Role "bot" is unknown', severity: 'error' }, { line: 418, code: 'unknown-role', message: 'Role "bot" is unknown', severity: 'error' },
      { line: 1877, code: 'no-answer', message: 'No answer to train on', severity: 'error' }, { line: 2906, code: 'no-answer', message: 'No answer to train on', severity: 'error' },
      { line: 3305, code: 'not-json', message: 'Not JSON: ends in a string', severity: 'error' }, { line: 4871, code: 'duplicate', message: 'The same row as line 2210', severity: 'warning' },
    ],
    issueCounts: { 'unknown-role': 5, 'no-answer': 2, 'not-json': 1, duplicate: 2 },
  },
})
export const fakeDatasets: readonly DatasetSummary[] = [fakeDataset(1), fakeThreads, fakeDataset(3, { name: 'Sample: dates', kind: 'sample', rows: 800, trainRows: 600, evalRows: 40, heldOutRows: 160, sizeBytes: 140_000 })]

const questions = ['How do I open a port for a game server?', 'The app says that the serial is unknown.', 'Speed drops every evening around eight.', 'Can I use my own cable?', "The light blinks orange since last night's update. What now?", 'Moving house, what do I need to bring?', 'Guest network without the main password?']
export const fakeRows: readonly NormalRow[] = Array.from({ length: 40 }, (_, n) => ({
  messages: [
    { role: 'system', content: 'You answer support questions about a home router. Be brief and exact.' },
    { role: 'user', content: questions[n % questions.length] ?? '' },
    { role: 'assistant', content: 'Blinking orange means that the router runs but has no line. Check the cable at the port marked WAN, then hold Reset for 3 seconds.' },
    { role: 'user', content: 'Still orange after that.' },
    { role: 'assistant', content: 'Then the update did not finish. Open 192.168.1.1, choose System, Restore previous version.' },
  ],
}))

const pieces = (text: string, trained: boolean): { text: string; trained: boolean; special: boolean }[] => (text.match(/\s?\S+|\s+/g) ?? []).map((piece) => ({ text: piece, trained, special: false }))
const special = (text: string, trained = false): { text: string; trained: boolean; special: boolean } => ({ text, trained, special: true })
export const fakeTokenCheck: TokenCheck = {
  rows: 6412, encodedRows: 6412, totalTokens: 2_641_744, trainedTokens: 1_082_310, cutRows: 14, rowsLosingAnswer: 6, endOfTurnTrained: true, endOfTurnToken: '<|im_end|>', lengths: { p50: 388, p95: 1306, max: 4611 }, problem: null,
  // As check_data.py gives it: the first three training rows.
  samples: fakeRows.slice(0, 3).map((row) => ('messages' in row ? row.messages : []).flatMap(({ role, content }) => {
    const trained = role === 'assistant'
    return [special('<|im_start|>'), ...pieces(`${role}\n`, false), ...pieces(content, trained), special('<|im_end|>', trained), ...pieces('\n', false)]
  })),
}

export const fakeMachine: HardwareState = {
  probedAtMs: fakeNowMs, platform: 'linux', otherGpus: [], cpu: { model: 'AMD Ryzen 9 7950X', physicalCores: 16, logicalCores: 32 },
  memory: { totalBytes: 63.9 * GIB, availableBytes: 50.5 * GIB }, disk: { path: '/home/ada', totalBytes: 1000 * GIB, freeBytes: 612 * GIB },
  gpus: {
    kind: 'ok', driverVersion: '580.95.05', cudaVersion: '13.0', warnings: [],
    gpus: [{
      index: 0, uuid: 'GPU-1', name: 'NVIDIA GeForce RTX 4090', pciBusId: '00000000:01:00.0', memoryTotalBytes: 24 * GIB, memoryUsedBytes: 1.2 * GIB, memoryFreeBytes: 22.8 * GIB, utilisationPercent: 2,
      temperatureCelsius: 41, powerWatts: 24, powerLimitWatts: 450, computeCapability: '8.9', migEnabled: false, migDevices: [],
      processes: [{ pid: 2211, name: 'gnome-shell', memoryUsedBytes: 0.4 * GIB }, { pid: 4812, name: 'firefox', memoryUsedBytes: 0.3 * GIB }],
    }],
  },
}
/** Two equal cards, a larger one, and one that tells only its memory. */
export const fakeMachineWithGpus: HardwareState = {
  ...fakeMachine,
  gpus: {
    kind: 'ok', driverVersion: '580.95.05', cudaVersion: '13.0', warnings: [],
    gpus: ['NVIDIA GeForce RTX 4090', 'NVIDIA GeForce RTX 4090', 'NVIDIA RTX PRO 6000 Blackwell Workstation Edition', 'Tesla T4'].map((name, index) => ({
      index, uuid: `GPU-${index + 1}`, name, pciBusId: `00000000:0${index + 1}:00.0`, memoryTotalBytes: [24, 24, 96, 15][index] as number * GIB, memoryUsedBytes: 1.2 * GIB, memoryFreeBytes: 13 * GIB,
      utilisationPercent: index === 3 ? null : 10 * index, temperatureCelsius: index === 3 ? null : 41, powerWatts: index === 3 ? null : 24, powerLimitWatts: 450, computeCapability: '8.9', migEnabled: false, migDevices: [], processes: [],
    })),
  },
}
export const fakeMachineWithoutGpu: HardwareState = { ...fakeMachine, gpus: { kind: 'no-gpu' }, otherGpus: [{ vendor: 'amd', name: 'AMD Radeon 780M', memoryTotalBytes: null }] }
export const fakeSample = (machine: HardwareState): HardwareSample => ({
  tMs: fakeNowMs, cpuPercent: 12, memoryUsedBytes: 13.4 * GIB, memoryTotalBytes: 63.9 * GIB,
  gpus: machine.gpus.kind === 'ok' ? machine.gpus.gpus.map((gpu) => ({ index: gpu.index, uuid: gpu.uuid, utilisationPercent: 98 - 31 * gpu.index, memoryUsedBytes: (15.9 - 4 * gpu.index) * GIB, memoryTotalBytes: gpu.memoryTotalBytes, temperatureCelsius: 67, powerWatts: 348, powerLimitWatts: 450, smClockMhz: 2520, throttled: false })) : [],
})

export function fakeEnvironment(n: number, part: Partial<EnvironmentSummary> = {}): EnvironmentSummary {
  return {
    id: environmentId(n), name: 'cuda', profile: 'cuda', state: 'ready', path: '/home/ada/.local/share/tunesmith/environments/cuda', pythonPath: '/home/ada/.local/share/tunesmith/environments/cuda/bin/python', pythonVersion: '3.11.9',
    steps: environmentSteps.map((step, index) => ({ step, state: 'done', detail: { 'find-python': '3.11.9', 'choose-build': 'cu130, for driver 580.95', create: '', 'install-torch': 'torch 2.13.0+cu130', 'install-packages': '62 packages, all pinned', verify: 'imports, versions, one step on the GPU' }[step], durationMs: 1200 * (index + 1), doneRatio: null })),
    packages: { torch: '2.13.0+cu130', transformers: '5.17.0', trl: '1.13.0', peft: '0.21.0', unsloth: '2026.10.9', bitsandbytes: '0.50.2', accelerate: '1.15.0', datasets: '4.8.5' },
    sizeBytes: 8.4 * GIB, createdAtMs: fakeNowMs - 9 * 86_400_000, verifiedAtMs: fakeNowMs - 180 * minute, problem: null, installer: 'uv', ...part,
  }
}
export const fakeInstalling = fakeEnvironment(2, {
  name: 'cpu', profile: 'cpu', state: 'installing', verifiedAtMs: null, sizeBytes: null, packages: {},
  steps: environmentSteps.map((step, index) => ({ step, state: index < 3 ? 'done' : index === 3 ? 'running' : 'waiting', detail: { 'find-python': '3.11.9', 'choose-build': 'cpu', create: '', 'install-torch': 'torch-2.13.0, 118 of 184 MB', 'install-packages': '', verify: '' }[step], durationMs: index < 3 ? 900 * (index + 1) : null, doneRatio: index === 3 ? 0.64 : null })),
})
export const fakeFailed = fakeEnvironment(3, {
  name: 'cuda-2', state: 'failed', verifiedAtMs: null, sizeBytes: 2.2 * GIB,
  steps: environmentSteps.map((step, index) => ({ step, state: index < 4 ? 'done' : index === 4 ? 'failed' : 'waiting', detail: index === 4 ? 'bitsandbytes 0.50.2' : '', durationMs: index < 4 ? 1000 : null, doneRatio: null })),
  problem: { code: 'disk-full', message: 'The disk was full while writing bitsandbytes 0.50.2.', next: 'free some space, then go on from this step; 71 of 88 packages are kept.' },
})

export const fakePlan: Plan = {
  issues: [{ severity: 'warning', code: 'rows-cut', message: '14 rows are longer; 2,560 would cut none.', field: 'maxLength' }],
  effectiveBatch: 16, stepsPerEpoch: 381, totalSteps: 762, warmupSteps: 38, epochs: 2, trainRows: 6091, evalRows: 321, trainableParameters: 43.6e6, totalParameters: 8.23e9,
  memory: {
    verdict: 'fits', device: 'cuda', deviceName: 'RTX 4090', total: { lowBytes: 13.1 * GIB, middleBytes: 14.6 * GIB, highBytes: 16.2 * GIB },
    parts: [{ name: 'weights', lowBytes: 5.7 * GIB, highBytes: 5.7 * GIB }, { name: 'adapter', lowBytes: 0.2 * GIB, highBytes: 0.2 * GIB }, { name: 'optimizer', lowBytes: 0.2 * GIB, highBytes: 0.2 * GIB }, { name: 'activations', lowBytes: 6.2 * GIB, highBytes: 8.5 * GIB }, { name: 'overhead', lowBytes: 0.8 * GIB, highBytes: 1.6 * GIB }],
    freeBytes: 22.8 * GIB, capacityBytes: 24 * GIB, usedBy: [{ name: 'gnome-shell', bytes: 0.4 * GIB }, { name: 'firefox', bytes: 0.3 * GIB }],
  },
  time: { lowSeconds: 52 * 60, highSeconds: 66 * 60, basis: 'earlier-runs', runs: 3 },
  disk: { checkpointBytes: 0.27 * GIB, checkpoints: 3, totalBytes: 0.8 * GIB, freeBytes: 612 * GIB },
  environment: { id: environmentId(1), name: 'cuda', ready: true }, cloud: null, changed: ['microBatch'],
}
