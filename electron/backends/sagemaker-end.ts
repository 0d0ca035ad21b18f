import { readFile } from 'node:fs/promises'
import { AppError, isErrno } from '../shared/app-error'
import type { RunPhase, RunUsage } from '../shared/cloud'
import { JobSpec } from '../shared/job-spec'
import type { FailureCause, RunEnd } from '../shared/job-state'
import type { RunEnding, RunObservation } from '../shared/run-observation'
import type { TrainingEvent } from '../shared/training-event'
import { sagemakerFailureCause } from '../parsing/cloud-cause'
import { failureCause } from '../parsing/failure-cause'
import { parseKeptEvents, reconcile, supersededFrom } from '../parsing/marked-lines'
import type { KeptEvent } from '../parsing/marked-lines'
import { meaningfulLines } from '../parsing/meaningful-lines'
import { readStopRequest, readTail, runPath } from '../process/run-folder'
import type { TrainingJobFacts } from '../remote/aws/training-jobs'
import { fetchArtifact, fetchCheckpoints, fetchKeptEvents } from './sagemaker-artifact'
import type { Fetching } from './sagemaker-artifact'
import { writePosition } from './sagemaker-cursor'
import type { Position } from './sagemaker-cursor'
import { keysOf } from './sagemaker-dispatch'
import type { Dispatch } from './sagemaker-dispatch'
import { atHome } from './sagemaker-logs'

export interface Ended {
  readonly facts: TrainingJobFacts
  readonly kind: 'completed' | 'stopped' | 'time-limit' | 'failed'
  readonly region: string
}

/** What a job has cost so far in machine time. While it runs the place does not tell, so the time since the training began stands for both. */
export function usageOf(facts: TrainingJobFacts, region: string, nowMs: number): RunUsage | null {
  const { trainingStartedAtMs, billableSeconds, trainingSeconds, instanceType, instanceCount, spot } = facts
  if (trainingStartedAtMs === null && billableSeconds === null) return null
  const running = trainingStartedAtMs === null ? 0 : Math.max(0, Math.round((nowMs - trainingStartedAtMs) / 1000))
  return { kind: 'instances', instanceType, region, instanceCount, billableSeconds: billableSeconds ?? running, trainingSeconds: trainingSeconds ?? running, spot }
}

/** Fetches what the job left, adds the events that the log lost, and says how it ended. Can be called again. Throws CloudError, DISK_FULL, FILE_WRITE, CANCELLED. */
export async function* conclude(fetching: Fetching, ended: Ended, dispatch: Dispatch, from: Position, nowMs: () => number): AsyncGenerator<RunObservation, void, undefined> {
  const { runFolder } = fetching
  const { facts, kind } = ended
  const usage = usageOf(facts, ended.region, nowMs())
  const keys = keysOf(dispatch)
  const hostile = kind === 'failed' ? null : yield* reporting(nowMs, usage, fetching, (reported) => fetchResult(reported, dispatch))
  await fetchKeptEvents(fetching, keys.checkpoints)
  const kept = parseKeptEvents(await readText(runPath(runFolder, 'events')))
  let position = from
  for (const [batch, after] of settle(kept, from)) {
    position = after
    if (batch.length > 0) yield { kind: 'batch', events: batch.map((event) => atHome(event, runFolder)), cursor: writePosition(position), unknown: 0, malformed: 0 }
  }
  const steps = await checkpointsWorthFetching(runFolder, kept)
  if (steps.size > 0) yield* reporting(nowMs, usage, fetching, (reported) => fetchCheckpoints(reported, keys.checkpoints, steps).then(() => null))
  position = { ...position, hosts: {}, marked: { ...position.marked, partial: '' }, settled: true }
  const { ending, end } = await howItEnded(runFolder, ended, kept.map(({ event }) => event), hostile)
  yield { kind: 'finished', ending, end, finishedAtMs: facts.endedAtMs ?? facts.createdAtMs, cursor: writePosition(position), usage }
}

/** The result as a job leaves it: in the folder of its name, beside its checkpoints. Null, or the cause for which it was refused. */
async function fetchResult(fetching: Fetching, dispatch: Dispatch): Promise<FailureCause | null> {
  try {
    await fetchArtifact(fetching, `${dispatch.folderKey}/output/model.tar.gz`, dispatch.modelBytes)
    return null
  } catch (error) {
    // What can be mended (a full disk, a line that is cut) is tried again; a refused or broken archive stays so.
    if (!(error instanceof AppError) || error.code !== 'CLOUD_FAILED' || error.name === 'CloudError') throw error
    return { kind: error.data?.['cause'] === 'hostile-artifact' ? 'hostile-artifact' : 'unknown', evidence: error.message.slice(0, 2000), details: {} }
  }
}

const batchEvents = 500

/** The events that the log lost, in batches, each with the position after it. */
function* settle(kept: readonly KeptEvent[], from: Position): Generator<readonly [readonly TrainingEvent[], Position]> {
  if (from.settled) return
  const until = supersededFrom(kept)
  const sorted = kept.toSorted((a, b) => a.attempt - b.attempt || a.event.seq - b.event.seq)
  let position = from
  for (let at = 0; at < sorted.length; at += batchEvents) {
    const { events, state } = reconcile(sorted.slice(at, at + batchEvents), position.marked, until)
    const attempts = state.attempts.map(({ id, next, missing }) => ({ id, next, missing: missing.map(([low, high]): [number, number] => [low, high]) }))
    position = { ...position, marked: { seq: state.seq, partial: '', attempts } }
    yield [events, position]
  }
}

/** Of adapters: what a local run would have kept. The checkpoints of a whole model stay in S3, where a new run goes on from them. */
async function checkpointsWorthFetching(runFolder: string, kept: readonly KeptEvent[]): Promise<ReadonlySet<number>> {
  const spec = await readText(runPath(runFolder, 'spec'))
  if (spec === '') return new Set() // a job that was taken up from the place
  const { settings } = JobSpec.parse(JSON.parse(spec))
  if (settings.method === 'full') return new Set()
  const checkpoints = kept.flatMap(({ event }) => (event.kind === 'checkpoint' ? [event] : []))
  const steps = [...new Set(checkpoints.map(({ step }) => step))].sort((a, b) => b - a).slice(0, settings.keepCheckpoints)
  const best = checkpoints.findLast((checkpoint) => checkpoint.best)
  return new Set(best === undefined ? steps : [...steps, best.step])
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return ''
    throw error
  }
}

const consoleTailBytes = 64 * 1024

async function howItEnded(runFolder: string, { facts, kind }: Ended, events: readonly TrainingEvent[], hostile: FailureCause | null): Promise<{ readonly ending: RunEnding; readonly end: RunEnd }> {
  const consoleText = await readTail(runPath(runFolder, 'console'), consoleTailBytes)
  const trainEnd = events.findLast((event) => event.kind === 'train-end')
  const said = trainEnd?.outcome ?? null
  const cause = hostile ?? (await causeOf(runFolder, facts, kind, events, consoleText, said))
  const ending = cause !== null ? 'failed' : said ?? (kind === 'completed' ? 'completed' : 'stopped')
  const exitCode = cause?.details['exitCode']
  const seenGpuBytes = events.reduce((most, event) => (event.kind === 'metrics' ? Math.max(most, event.gpuMemoryBytes ?? 0) : most), 0)
  return {
    ending,
    end: {
      exitCode: typeof exitCode === 'number' ? exitCode : cause === null && said !== null ? 0 : null, signal: null, peakMemoryBytes: null,
      peakGpuMemoryBytes: trainEnd?.peakGpuMemoryBytes ?? (seenGpuBytes > 0 ? seenGpuBytes : null), lastLines: [...meaningfulLines(consoleText)], cause,
    },
  }
}

/** Null where nothing went wrong: the trainer said its last word, or somebody stopped the job. */
async function causeOf(runFolder: string, facts: TrainingJobFacts, kind: Ended['kind'], events: readonly TrainingEvent[], consoleText: string, said: string | null): Promise<FailureCause | null> {
  if (kind === 'completed' || kind === 'stopped') return null
  const atPlace = sagemakerFailureCause(facts.failureReason, facts.secondary)
  if (kind === 'time-limit') return said === null ? atPlace : null
  if ((await readStopRequest(runFolder)) === 'force') return null
  // What the script itself reported names the cause best.
  if (atPlace.kind !== 'unknown' && !facts.failureReason.startsWith('AlgorithmError')) return atPlace
  const error = events.findLast((event) => event.kind === 'error') ?? null
  const lastMetrics = events.findLast((event) => event.kind === 'metrics' && ('loss' in event.values || event.nonfinite.includes('loss')))
  const exitCode = atPlace.details['exitCode']
  const own = failureCause({
    exitCode: typeof exitCode === 'number' ? exitCode : null, signal: null, consoleText, error,
    lossNonfinite: lastMetrics?.kind === 'metrics' && lastMetrics.nonfinite.includes('loss'), oomKills: null, freeDiskBytes: null,
  })
  return own.kind === 'unknown' ? atPlace : { ...own, details: { ...own.details, ...(typeof exitCode === 'number' ? { exitCode } : {}) } }
}

/** Gives phases while something is fetched, and what comes of it. */
async function* reporting<T>(nowMs: () => number, usage: RunUsage | null, fetching: Fetching, work: (fetching: Fetching) => Promise<T>): AsyncGenerator<RunObservation, T, undefined> {
  let latest: RunPhase | null = null
  let wake = (): void => undefined
  let saidAtMs = -Infinity
  const onBytes: Fetching['onBytes'] = (label, done, total) => {
    if (nowMs() - saidAtMs < 250) return
    saidAtMs = nowMs()
    const megabytes = Math.round(done / 1e6).toLocaleString('en-US')
    latest = { text: `Fetching ${label}${done >= 1e6 ? `, ${megabytes} MB` : ''}`, ratio: total > 0 ? done / total : null, atMs: nowMs(), attention: false, command: null }
    wake()
  }
  const outcome = work({ ...fetching, onBytes }).then((value) => ({ value }), (error: unknown) => ({ error }))
  for (;;) {
    const woken = new Promise<null>((resolve) => (wake = () => resolve(null)))
    const result = await Promise.race([outcome, woken])
    if (latest !== null) yield { kind: 'phase', phase: latest, usage }
    latest = null
    if (result === null) continue
    if ('error' in result) throw result.error
    return result.value
  }
}
