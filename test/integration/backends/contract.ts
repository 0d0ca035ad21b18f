import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PreparedRun, RunContext, RunHandle, TrainingBackend } from '../../../electron/backends/training-backend'
import { loadTemplates } from '../../../electron/process/templates'
import { JobId } from '../../../electron/shared/ids'
import type { JobSpec } from '../../../electron/shared/job-spec'
import type { RunObservation } from '../../../electron/shared/run-observation'
import type { TrainingEvent } from '../../../electron/shared/training-event'
import { until } from '../../support/run-folders'
import { templatesFolder } from '../../support/training-run'
import type { SpecChanges } from '../../support/training-run'

type Finished = Extract<RunObservation, { kind: 'finished' }>

/** A way for a run to end badly. */
export interface Mishap {
  /** Goes into the test's name: `kill -9 of the trainer`. */
  readonly what: string
  /** Prepares the place before the run starts. */
  readonly arm?: () => Promise<void> | void
  /** Makes it happen to a run that has started. */
  readonly strike?: (handle: RunHandle) => Promise<void>
  /** What `finished` must hold. */
  readonly finished: Readonly<Partial<Omit<Finished, 'end'>>> & { readonly end: Readonly<Record<string, unknown>> }
}

/**
 * What is particular to a place. The cases below are the same for all; `capabilities` of the backend decide which of them apply, so a
 * stage says how to do or see a thing at its place, never what should come of it.
 */
export interface Stage {
  /** Starts what the place needs, once, before the first case; `home` is an empty folder that is removed at the end. */
  setUp?(home: string): Promise<void>
  /** A valid spec of a short run: 8 steps where the place counts steps. `data` are files with 64 and 8 rows; `changes` come on top. */
  spec(changes: SpecChanges, data: NonNullable<SpecChanges['data']>): JobSpec
  context(runFolder: string, templates: Readonly<Record<string, string>>): RunContext
  /** Changes that make a run long enough to be interrupted, however slow the test is. */
  readonly long: SpecChanges
  /** What `end` holds, besides `cause: null`, after a run went well. */
  readonly completedEnd: Readonly<Record<string, unknown>>
  /** Whether something works on this run at its place now; it may take a while after the start. */
  isAtWork(handle: RunHandle): Promise<boolean>
  /** Something that a run must survive, done to the run that was resumed; `end` of that run then. */
  readonly nuisance?: { inflict(handle: RunHandle): Promise<void>; readonly end: Readonly<Record<string, unknown>> }
  readonly mishaps: readonly Mishap[]
  /** Jobs that the place holds for this run; at most one, ever. Absent where the place keeps no list. */
  jobsAtPlace?(spec: JobSpec): Promise<number>
  /** Ends what still runs in these run folders, and the place. */
  cleanUp(runFolders: readonly string[]): Promise<void>
}

const RUN_TIMEOUT_MS = 180_000

interface Observed {
  readonly events: readonly TrainingEvent[]
  /** With each cursor, how many events came up to it. */
  readonly cursors: readonly { readonly cursor: string; readonly upTo: number }[]
  readonly finished: readonly Finished[]
}

/** All that a run gives from a cursor on; `watch` sees each event and may act. */
async function observeAll(backend: TrainingBackend, handle: RunHandle, cursor: string | null = null, watch?: (event: TrainingEvent) => void): Promise<Observed> {
  const events: TrainingEvent[] = []
  const cursors: { cursor: string; upTo: number }[] = []
  const finished: Finished[] = []
  for await (const piece of backend.observe(handle, cursor)) {
    if (piece.kind === 'finished') finished.push(piece)
    else if (piece.kind === 'batch') {
      expect(piece.malformed + piece.unknown).toBe(0)
      for (const event of piece.events) {
        events.push(event)
        watch?.(event)
      }
    }
    if (piece.kind !== 'phase') cursors.push({ cursor: piece.cursor, upTo: events.length })
  }
  return { events, cursors, finished }
}

const ofKind = <K extends TrainingEvent['kind']>(events: readonly TrainingEvent[], kind: K) =>
  events.filter((event): event is Extract<TrainingEvent, { kind: K }> => event.kind === kind)

/** The same cases for every backend, with the real libraries or a real peer: what the rest of the app relies on. */
export function backendContract(backend: TrainingBackend, stage: Stage): void {
  const { capabilities } = backend
  const exact = capabilities.metrics === 'live'
  let home: string
  let templates: Readonly<Record<string, string>>
  let runs = 0
  const folders: string[] = []

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), `tunesmith ${backend.id} `))
    templates = await loadTemplates(templatesFolder)
    const rows = Array.from({ length: 64 }, (_, index) => ({ messages: [{ role: 'user', content: `Say ${index}.` }, { role: 'assistant', content: `It is ${index}.` }] }))
    writeFileSync(join(home, 'train.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    writeFileSync(join(home, 'eval.jsonl'), rows.slice(0, 8).map((row) => `${JSON.stringify(row)}\n`).join(''))
    await stage.setUp?.(home)
  })
  afterAll(async () => {
    await stage.cleanUp(folders)
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  })

  /** Each with a job id of its own. */
  function spec(changes: SpecChanges = {}): JobSpec {
    runs += 1
    const jobId = JobId.parse(`job_${String(runs).padStart(16, '0')}`)
    return stage.spec({ jobId, ...changes }, { trainPath: join(home, 'train.jsonl'), evalPath: join(home, 'eval.jsonl'), trainRows: 64, evalRows: 8 })
  }
  function context(): RunContext {
    return stage.context(join(home, `run ${runs}`), templates)
  }
  async function begin(job: JobSpec): Promise<{ run: PreparedRun; handle: RunHandle; where: RunContext }> {
    const where = context()
    const run = await backend.prepare(job, where)
    folders.push(where.runFolder)
    return { run, handle: await backend.start(run, where), where }
  }
  const untilAtWork = (handle: RunHandle) => until('the run to be at work', () => stage.isAtWork(handle), 60_000)

  describe(`${backend.id}: a run to the end`, () => {
    let whole: Observed
    let handle: RunHandle
    let job: JobSpec
    beforeAll(async () => {
      job = spec()
      const begun = await begin(job)
      // A handle is stored as JSON and read back after a restart.
      handle = JSON.parse(JSON.stringify(begun.handle)) as RunHandle
      whole = await observeAll(backend, handle)
      // Starting again, as after a crash between start and store, must give the same run and train nothing.
      expect(await backend.start(begun.run, begun.where)).toEqual(begun.handle)
      const file = join(begun.where.runFolder, 'job.json')
      const before = statSync(file).mtimeMs
      await backend.prepare({ ...job, settings: { ...job.settings, rank: 4 } }, begun.where)
      expect(statSync(file).mtimeMs).toBe(before)
    }, RUN_TIMEOUT_MS)

    it('ends with exactly one finished, after every event, by the trainer\'s own word', () => {
      expect(whole.finished).toHaveLength(1)
      expect(whole.finished[0]).toMatchObject({ ending: 'completed', end: { signal: null, cause: null, ...stage.completedEnd } })
    })

    it('gives the events of a whole run in order, and each once', () => {
      expect(whole.events.map((event) => event.seq)).toEqual(whole.events.map((_, index) => index))
      const losses = ofKind(whole.events, 'metrics').filter((event) => event.values.loss !== undefined).map((event) => event.step)
      expect(losses.length).toBeGreaterThan(0)
      expect(losses).toEqual([...new Set(losses)].sort((a, b) => a - b))
      const result = ofKind(whole.events, 'train-end')[0]?.outputPath
      if (exact) {
        expect(ofKind(whole.events, 'train-begin')[0]?.totalSteps).toBe(8)
        expect(losses).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
        expect(ofKind(whole.events, 'metrics').filter((event) => event.values.evalLoss !== undefined).map((event) => event.step)).toContain(8)
        expect(result !== null && result !== undefined && existsSync(result)).toBe(true)
      } else expect(whole.finished[0]?.outputs?.some(({ step }) => step === null)).toBe(true)
    })

    it('goes on from any stored cursor with no event twice and none missing', async () => {
      expect(whole.cursors.length).toBeGreaterThan(2)
      for (const { cursor, upTo } of whole.cursors) {
        const rest = await observeAll(backend, handle, cursor)
        expect(rest.finished).toEqual(whole.finished)
        expect(rest.events).toEqual(whole.events.slice(upTo))
      }
    })

    it('is one job at its place, however often it was started', async () => {
      if (stage.jobsAtPlace !== undefined) expect(await stage.jobsAtPlace(job)).toBe(1)
    })

    it('force after the end changes nothing', async () => {
      await backend.cancel(handle, 'force')
      const again = await observeAll(backend, handle)
      expect(again.finished).toMatchObject([{ ending: 'completed' }])
    })
  })

  it.runIf(capabilities.cancel.includes('graceful') && capabilities.resume)(`${backend.id}: a graceful stop saves, and a new run goes on from there, also after something went wrong beside it`, async () => {
    const first = await begin(spec({ ...stage.long, settings: { ...stage.long.settings, checkpointEverySteps: 0, evaluateEverySteps: 0 } }))
    let asked = false
    const stopped = await observeAll(backend, first.handle, null, (event) => {
      if (event.kind !== 'metrics' || asked) return
      asked = true
      void backend.cancel(first.handle, 'graceful')
    })
    expect(stopped.finished).toMatchObject([{ ending: 'stopped', end: { cause: null, ...stage.completedEnd } }])
    const checkpoint = ofKind(stopped.events, 'checkpoint').at(-1)
    expect(checkpoint !== undefined && existsSync(join(checkpoint.path, 'trainer_state.json'))).toBe(true)
    expect(ofKind(stopped.events, 'train-end')[0]).toMatchObject({ outcome: 'stopped', step: checkpoint?.step })

    const step = checkpoint?.step ?? 0
    const resume = { jobId: JobId.parse('job_0000000000000001'), checkpointPath: checkpoint?.path ?? '', step }
    const second = await begin(spec({ resume, settings: { length: { kind: 'steps', steps: step + 3 }, evaluateEverySteps: 0 } }))
    await stage.nuisance?.inflict(second.handle)
    const resumed = await observeAll(backend, second.handle)
    expect(ofKind(resumed.events, 'train-begin')[0]?.resumedFromStep).toBe(step)
    expect(ofKind(resumed.events, 'metrics').map((event) => event.step)).toEqual([step + 1, step + 2, step + 3])
    expect(resumed.finished).toMatchObject([{ ending: 'completed', end: stage.nuisance?.end ?? stage.completedEnd }])
  }, RUN_TIMEOUT_MS)

  it.runIf(capabilities.cancel.includes('force'))(`${backend.id}: force ends it at once, whatever it does`, async () => {
    const { handle } = await begin(spec(stage.long))
    await untilAtWork(handle)
    await backend.cancel(handle, 'force')
    const { finished } = await observeAll(backend, handle)
    expect(finished).toMatchObject([{ ending: 'stopped', end: { cause: null } }])
    expect(await stage.isAtWork(handle)).toBe(false)
  }, RUN_TIMEOUT_MS)

  for (const mishap of stage.mishaps) {
    it(`${backend.id}: ${mishap.what} ends as ${mishap.finished.ending}, with that name`, async () => {
      await mishap.arm?.()
      const { handle } = await begin(spec(stage.long))
      if (mishap.strike !== undefined) await untilAtWork(handle)
      await mishap.strike?.(handle)
      const { finished } = await observeAll(backend, handle)
      expect(finished).toMatchObject([mishap.finished])
    }, RUN_TIMEOUT_MS)
  }

  it(`${backend.id}: a run that is cancelled before its start never trains`, async () => {
    const job = spec()
    const where = context()
    const run = await backend.prepare(job, where)
    await backend.cancel(run, 'graceful')
    const handle = await backend.start(run, where)
    const { finished, events } = await observeAll(backend, handle)
    expect(finished).toMatchObject([{ ending: 'stopped' }])
    expect(events).toEqual([])
    if (stage.jobsAtPlace !== undefined) expect(await stage.jobsAtPlace(job)).toBe(0)
  }, RUN_TIMEOUT_MS)

  it(`${backend.id}: an abort ends observing without a finished, and leaves the run alone`, async () => {
    const { handle } = await begin(spec(stage.long))
    const abort = new AbortController()
    const pieces: RunObservation[] = []
    for await (const piece of backend.observe(handle, null, abort.signal)) {
      pieces.push(piece)
      abort.abort()
    }
    expect(pieces.every((piece) => piece.kind !== 'finished')).toBe(true)
    await untilAtWork(handle)
    await backend.cancel(handle, 'force')
    expect((await observeAll(backend, handle)).finished).toHaveLength(1)
  }, RUN_TIMEOUT_MS)

  it(`${backend.id}: what it does not claim is refused, by validate and by prepare`, async () => {
    const other = backend.id === 'unsloth' ? 'huggingface' : 'unsloth'
    const unclaimed: [string, JobSpec][] = [['wrong-backend', { ...spec(), backend: other }]]
    const [device] = capabilities.devices
    if (device === 'cloud') unclaimed.push(['device-unsupported', spec({ device: { kind: 'cpu', threads: 1 } })])
    else if (!capabilities.packing.includes('cpu')) unclaimed.push(['packing-unsupported', spec({ settings: { packing: true } })])
    for (const [code, job] of unclaimed) {
      expect(backend.validate(job).filter((issue) => issue.severity === 'error').map((issue) => issue.code)).toEqual([code])
      const where = { ...context(), runFolder: join(home, `refused ${code}`) }
      await expect(backend.prepare(job, where)).rejects.toMatchObject({ code: 'JOB_REFUSED', data: { reason: code } })
      expect(existsSync(where.runFolder)).toBe(false)
    }
    expect(backend.validate(spec()).filter((issue) => issue.severity === 'error')).toEqual([])
  })
}
