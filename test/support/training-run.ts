import { spawn } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderRun } from '../../electron/codegen/render-run'
import { parseEventLines } from '../../electron/parsing/event-line'
import { loadTemplates } from '../../electron/process/templates'
import { JobSpec } from '../../electron/shared/job-spec'
import type { TrainingSettings } from '../../electron/shared/job-spec'
import type { MetricName, TrainingEvent } from '../../electron/shared/training-event'
import { testPython } from './test-python'

export const templatesFolder = fileURLToPath(new URL('../../python-templates', import.meta.url))
export const testPythonFolder = fileURLToPath(new URL('../python', import.meta.url))

const settings: TrainingSettings = {
  method: 'lora', length: { kind: 'steps', steps: 10 }, learningRate: 0.003, schedule: 'cosine', warmupRatio: 0.1, weightDecay: 0.01,
  maxGradNorm: 1, microBatch: 4, gradientAccumulation: 2, maxLength: 128, packing: false, rank: 8, alpha: 16, dropout: 0,
  targetModules: 'all-linear', gradientCheckpointing: false, answersOnly: true, evaluateEverySteps: 4, checkpointEverySteps: 4,
  keepCheckpoints: 3, logEverySteps: 1, seed: 7,
}

export type SpecChanges = Partial<Omit<JobSpec, 'settings' | 'data' | 'model'>> & {
  readonly settings?: Partial<TrainingSettings>
  readonly data?: Partial<JobSpec['data']>
  readonly model?: Partial<JobSpec['model']>
}

/** A valid spec for a short run on the CPU, one thread. */
export function testSpec(changes: SpecChanges = {}): JobSpec {
  return JobSpec.parse({
    schemaVersion: 1, jobId: 'job_0000000000000001', name: 'Test run', createdAtMs: 1_700_000_000_000, backend: 'huggingface',
    objective: { kind: 'sft' }, device: { kind: 'cpu', threads: 1 }, resume: null,
    ...changes,
    model: { modelId: 'model_0000000000000001', name: 'Tiny model', path: '/nowhere/model', ...changes.model },
    data: {
      datasetId: 'data_0000000000000001', name: 'Tiny data', trainPath: '/nowhere/train.jsonl', evalPath: null, trainRows: 10, evalRows: 0,
      sha256: '0'.repeat(64), ...changes.data,
    },
    settings: { ...settings, ...changes.settings },
  })
}

/** Writes the run folder as the app does. */
export async function writeRun(folder: string, spec: JobSpec): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(renderRun(spec, await loadTemplates(templatesFolder)))) await writeFile(join(folder, name), text)
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
}
export interface Started {
  readonly pid: number
  readonly ended: Promise<Ended>
}

/** Starts the tests' Python; standard output and error come together. */
export function startPython(args: readonly string[], options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {}): Started {
  const child = spawn(testPython(), args, {
    cwd: options.cwd ?? testPythonFolder, stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, OMP_NUM_THREADS: '1', HF_HUB_OFFLINE: '1', PYTHONUTF8: '1', PYTHONUNBUFFERED: '1', ...options.env },
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, output }))
  })
  return { pid: child.pid ?? -1, ended }
}

/** Runs a Python script to its end and fails with its output unless it exits with 0. */
export async function runPython(args: readonly string[], options: Parameters<typeof startPython>[1] = {}): Promise<string> {
  const ended = await startPython(args, options).ended
  if (ended.code !== 0) throw new Error(`python ${args.join(' ')} ended with ${ended.code ?? ended.signal}:\n${ended.output.slice(-6000)}`)
  return ended.output
}

/** Runs train.py of a run folder by hand, as the app's supervisor does. */
export function startTraining(folder: string): Started {
  return startPython([join(folder, 'train.py')], { cwd: folder })
}

/** The events of a run; fails when a line is no event. */
export async function readEvents(folder: string): Promise<readonly TrainingEvent[]> {
  const parsed = parseEventLines(await readFile(join(folder, 'events.jsonl'), 'utf8'))
  if (parsed.malformed + parsed.unknown > 0) throw new Error(`${parsed.malformed} malformed and ${parsed.unknown} unknown event lines`)
  return parsed.events
}

export function eventsOf<K extends TrainingEvent['kind']>(events: readonly TrainingEvent[], kind: K): readonly Extract<TrainingEvent, { kind: K }>[] {
  return events.filter((event): event is Extract<TrainingEvent, { kind: K }> => event.kind === kind)
}

/** One metric as [step, value] pairs. */
export function curve(events: readonly TrainingEvent[], name: MetricName): readonly (readonly [number, number])[] {
  return eventsOf(events, 'metrics').flatMap((event) => {
    const value = event.values[name]
    return value === undefined ? [] : [[event.step, value] as const]
  })
}

/** The largest distance between two curves; infinite when their steps differ. */
export function curveDistance(a: readonly (readonly [number, number])[], b: readonly (readonly [number, number])[]): number {
  if (a.length === 0 || a.length !== b.length || a.some(([step], i) => step !== b[i]?.[0])) return Number.POSITIVE_INFINITY
  return Math.max(...a.map(([, value], i) => Math.abs(value - (b[i]?.[1] ?? Number.NaN))))
}
