import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PreparedRun, RunContext, RunHandle, TrainingBackend } from '../../../electron/backends/training-backend'
import { readRunStatus } from '../../../electron/process/run-folder'
import { loadTemplates } from '../../../electron/process/templates'
import { JobId } from '../../../electron/shared/ids'
import type { JobSpec } from '../../../electron/shared/job-spec'
import type { RunObservation } from '../../../electron/shared/run-observation'
import type { TrainingEvent } from '../../../electron/shared/training-event'
import { killQuietly, supervisorPath, until } from '../../support/run-folders'
import { testPython } from '../../support/test-python'
import { templatesFolder, testSpec } from '../../support/training-run'

const modelPath = resolve(import.meta.dirname, '..', '..', 'fixtures', 'models', 'tiny-llama')
const RUN_TIMEOUT_MS = 180_000

type Finished = Extract<RunObservation, { kind: 'finished' }>
interface Observed {
  readonly events: readonly TrainingEvent[]
  readonly cursors: readonly string[]
  readonly finished: readonly Finished[]
}

/** All that a run gives from a cursor on; `watch` sees each event and may act. */
async function observeAll(backend: TrainingBackend, handle: RunHandle, cursor: string | null = null, watch?: (event: TrainingEvent) => void): Promise<Observed> {
  const events: TrainingEvent[] = []
  const cursors: string[] = []
  const finished: Finished[] = []
  for await (const piece of backend.observe(handle, cursor)) {
    cursors.push(piece.cursor)
    if (piece.kind === 'finished') finished.push(piece)
    else {
      expect(piece.malformed + piece.unknown).toBe(0)
      for (const event of piece.events) {
        events.push(event)
        watch?.(event)
      }
    }
  }
  return { events, cursors, finished }
}

const ofKind = <K extends TrainingEvent['kind']>(events: readonly TrainingEvent[], kind: K) =>
  events.filter((event): event is Extract<TrainingEvent, { kind: K }> => event.kind === kind)

/** The same cases for every local backend, with the real libraries: what the rest of the app relies on. */
export function backendContract(backend: TrainingBackend): void {
  let home: string
  let templates: Readonly<Record<string, string>>
  let runs = 0
  const started: string[] = []

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), `tunesmith ${backend.id} `))
    templates = await loadTemplates(templatesFolder)
    const rows = Array.from({ length: 64 }, (_, index) => ({ messages: [{ role: 'user', content: `Say ${index}.` }, { role: 'assistant', content: `It is ${index}.` }] }))
    writeFileSync(join(home, 'train.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    writeFileSync(join(home, 'eval.jsonl'), rows.slice(0, 8).map((row) => `${JSON.stringify(row)}\n`).join(''))
  })
  afterAll(async () => {
    for (const folder of started) {
      const status = await readRunStatus(folder)
      if (status !== null && status.state !== 'exited') for (const pid of [status.trainerPid, status.supervisorPid]) if (pid !== null) killQuietly(pid)
    }
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  })

  function spec(changes: Parameters<typeof testSpec>[0] = {}): JobSpec {
    return testSpec({
      backend: backend.id, ...changes, model: { path: modelPath },
      data: { trainPath: join(home, 'train.jsonl'), evalPath: join(home, 'eval.jsonl'), trainRows: 64, evalRows: 8 },
      settings: { length: { kind: 'steps', steps: 8 }, ...changes.settings },
    })
  }
  function context(): RunContext {
    runs += 1
    return { runFolder: join(home, `run ${runs}`), python: testPython(), supervisorPath, templates, environment: {} }
  }
  async function begin(job: JobSpec): Promise<{ run: PreparedRun; handle: RunHandle; where: RunContext }> {
    const where = context()
    const run = await backend.prepare(job, where)
    started.push(where.runFolder)
    return { run, handle: await backend.start(run, where), where }
  }
  async function pids(handle: RunHandle) {
    const status = await until('both processes', async () => {
      const current = await readRunStatus(handle.runFolder)
      return current?.trainerPid !== null && current
    })
    return { trainer: status.trainerPid ?? 0, supervisor: status.supervisorPid }
  }

  describe(`${backend.id}: a run to the end`, () => {
    let whole: Observed
    let handle: RunHandle
    beforeAll(async () => {
      const begun = await begin(spec())
      // A handle is stored as JSON and read back after a restart.
      handle = JSON.parse(JSON.stringify(begun.handle)) as RunHandle
      whole = await observeAll(backend, handle)
      // Starting again, as after a crash between start and store, must give the same run and train nothing.
      expect(await backend.start(begun.run, begun.where)).toEqual(begun.handle)
      const script = join(begun.where.runFolder, 'train.py')
      const before = statSync(script).mtimeMs
      await backend.prepare(spec({ settings: { rank: 4 } }), begun.where)
      expect(statSync(script).mtimeMs).toBe(before)
    }, RUN_TIMEOUT_MS)

    it('ends with exactly one finished, after every event, by the trainer\'s own word', () => {
      expect(whole.finished).toHaveLength(1)
      expect(whole.finished[0]).toMatchObject({ ending: 'completed', end: { exitCode: 0, signal: null, cause: null } })
      expect(whole.finished[0]?.end.peakMemoryBytes).toBeGreaterThan(100e6)
    })

    it('gives the events of a whole run in order, and each once', () => {
      expect(whole.events.map((event) => event.seq)).toEqual(whole.events.map((_, index) => index))
      expect(ofKind(whole.events, 'train-begin')[0]?.totalSteps).toBe(8)
      const losses = ofKind(whole.events, 'metrics').filter((event) => event.values.loss !== undefined)
      expect(losses.map((event) => event.step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      expect(ofKind(whole.events, 'metrics').filter((event) => event.values.evalLoss !== undefined).map((event) => event.step)).toContain(8)
      const result = ofKind(whole.events, 'train-end')[0]?.outputPath
      expect(result !== null && result !== undefined && existsSync(result)).toBe(true)
    })

    it('goes on from any stored cursor with no event twice and none missing', async () => {
      expect(whole.cursors.length).toBeGreaterThan(2)
      for (const cursor of whole.cursors) {
        const rest = await observeAll(backend, handle, cursor)
        expect(rest.finished).toEqual(whole.finished)
        const upTo = await countUpTo(cursor)
        expect(rest.events).toEqual(whole.events.slice(upTo))
      }
      async function countUpTo(cursor: string) {
        let count = 0
        for await (const piece of replay()) {
          if (piece.kind === 'batch') count += piece.count
          if (piece.cursor === cursor) return count
        }
        throw new Error('the cursor is not one of this run')
      }
      // A file that is complete comes in one batch, so cursors of the live run are counted by their byte offset.
      async function* replay() {
        const text = readFileSync(join(handle.runFolder, 'events.jsonl'))
        let before = 0
        for (const cursor of whole.cursors) {
          const offset = Number(cursor.split(':')[0])
          yield { kind: 'batch' as const, cursor, count: text.subarray(before, offset).toString('utf8').split('\n').length - 1 }
          before = offset
        }
      }
    })

    it('force after the end changes nothing', async () => {
      await backend.cancel(handle, 'force')
      const again = await observeAll(backend, handle)
      expect(again.finished).toMatchObject([{ ending: 'completed' }])
    })
  })

  it(`${backend.id}: a graceful stop saves, and a new run goes on from there, also without its supervisor`, async () => {
    const first = await begin(spec({ settings: { length: { kind: 'steps', steps: 100_000 }, checkpointEverySteps: 0, evaluateEverySteps: 0 } }))
    let asked = false
    const stopped = await observeAll(backend, first.handle, null, (event) => {
      if (event.kind !== 'metrics' || asked) return
      asked = true
      void backend.cancel(first.handle, 'graceful')
    })
    expect(stopped.finished).toMatchObject([{ ending: 'stopped', end: { exitCode: 0, cause: null } }])
    const checkpoint = ofKind(stopped.events, 'checkpoint').at(-1)
    expect(checkpoint !== undefined && existsSync(join(checkpoint.path, 'trainer_state.json'))).toBe(true)
    expect(ofKind(stopped.events, 'train-end')[0]).toMatchObject({ outcome: 'stopped', step: checkpoint?.step })

    const step = checkpoint?.step ?? 0
    const resume = { jobId: JobId.parse('job_0000000000000001'), checkpointPath: checkpoint?.path ?? '', step }
    const second = await begin(spec({ jobId: JobId.parse('job_0000000000000002'), resume, settings: { length: { kind: 'steps', steps: step + 3 }, evaluateEverySteps: 0 } }))
    killQuietly((await pids(second.handle)).supervisor)
    const resumed = await observeAll(backend, second.handle)
    expect(ofKind(resumed.events, 'train-begin')[0]?.resumedFromStep).toBe(step)
    expect(ofKind(resumed.events, 'metrics').map((event) => event.step)).toEqual([step + 1, step + 2, step + 3])
    expect(resumed.finished).toMatchObject([{ ending: 'completed', end: { exitCode: null } }])
  }, RUN_TIMEOUT_MS)

  it(`${backend.id}: force ends it at once, whatever it does`, async () => {
    const { handle } = await begin(spec())
    const { trainer } = await pids(handle)
    await backend.cancel(handle, 'force')
    const { finished } = await observeAll(backend, handle)
    expect(finished).toMatchObject([{ ending: 'stopped', end: { cause: null } }])
    expect(() => process.kill(trainer, 0)).toThrow()
  }, RUN_TIMEOUT_MS)

  it(`${backend.id}: kill -9 of the trainer is a failure with that name`, async () => {
    const { handle } = await begin(spec())
    killQuietly((await pids(handle)).trainer)
    const { finished } = await observeAll(backend, handle)
    expect(finished).toMatchObject([{ ending: 'failed', end: { signal: 'SIGKILL', cause: { kind: 'killed' } } }])
  }, RUN_TIMEOUT_MS)

  it(`${backend.id}: kill -9 of trainer and supervisor is a lost run`, async () => {
    const { handle } = await begin(spec())
    const { trainer, supervisor } = await pids(handle)
    killQuietly(supervisor)
    killQuietly(trainer)
    const { finished } = await observeAll(backend, handle)
    expect(finished).toMatchObject([{ ending: 'lost', end: { exitCode: null, signal: null, cause: null } }])
  }, RUN_TIMEOUT_MS)

  it(`${backend.id}: a run that is cancelled before its start never trains`, async () => {
    const where = context()
    const run = await backend.prepare(spec(), where)
    await backend.cancel(run, 'graceful')
    const handle = await backend.start(run, where)
    const { finished, events } = await observeAll(backend, handle)
    expect(finished).toMatchObject([{ ending: 'stopped' }])
    expect(events).toEqual([])
  }, RUN_TIMEOUT_MS)

  it(`${backend.id}: an abort ends observing without a finished, and leaves the run alone`, async () => {
    const { handle } = await begin(spec())
    const abort = new AbortController()
    const pieces: RunObservation[] = []
    for await (const piece of backend.observe(handle, null, abort.signal)) {
      pieces.push(piece)
      abort.abort()
    }
    expect(pieces.every((piece) => piece.kind === 'batch')).toBe(true)
    expect((await readRunStatus(handle.runFolder))?.state).toBe('running')
    await backend.cancel(handle, 'force')
    expect((await observeAll(backend, handle)).finished).toHaveLength(1)
  }, RUN_TIMEOUT_MS)

  it(`${backend.id}: what it does not claim is refused, by validate and by prepare`, async () => {
    const other = backend.id === 'unsloth' ? 'huggingface' : 'unsloth'
    const unclaimed: [string, JobSpec][] = [['wrong-backend', { ...spec(), backend: other }]]
    if (!backend.capabilities.packing.includes('cpu')) unclaimed.push(['packing-unsupported', spec({ settings: { packing: true } })])
    for (const [code, job] of unclaimed) {
      expect(backend.validate(job).filter((issue) => issue.severity === 'error').map((issue) => issue.code)).toEqual([code])
      const where = context()
      await expect(backend.prepare(job, where)).rejects.toMatchObject({ code: 'JOB_REFUSED', data: { reason: code } })
      expect(existsSync(where.runFolder)).toBe(false)
    }
    expect(backend.validate(spec()).filter((issue) => issue.severity === 'error')).toEqual([])
  })
}
