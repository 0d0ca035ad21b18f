import { appendFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { cancelLocalRun, howItEnded, observeLocalRun, startLocalRun } from '../../../electron/process/local-run'
import type { TrainingEvent } from '../../../electron/shared/training-event'
import { fakeRuns, killQuietly, supervisorPath, systemPython, until } from '../../support/run-folders'

const runs = fakeRuns()
const folders: string[] = []
afterEach(async () => {
  await runs.cleanUp()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const start = (runFolder: string) => startLocalRun({ runFolder, python: systemPython(), supervisorPath, device: { kind: 'cpu', threads: 1 } })

interface Facts {
  readonly exitCode?: number | null
  readonly signal?: string
  readonly state?: 'running' | 'exited'
  readonly stop?: 'graceful' | 'force'
  readonly events?: readonly object[]
  readonly console?: string
}

/** A folder as a run leaves it, with a supervisor and a trainer that are long gone. */
function left(facts: Facts): string {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-left-'))
  folders.push(folder)
  const { exitCode = null, signal = null, state = 'exited', stop, events = [], console: text = '' } = facts
  writeFileSync(join(folder, 'status.json'), JSON.stringify({
    schemaVersion: 1, state, supervisorPid: 999_999, supervisorStartTime: 'long ago', trainerPid: 999_998, trainerStartTime: 'long ago', startedAtMs: 1_000,
    finishedAtMs: state === 'exited' ? 9_000 : null, exitCode, signal, peakMemoryBytes: 5, oomKills: 0, stopRequested: stop !== undefined,
  }))
  writeFileSync(join(folder, 'events.jsonl'), events.map((event, seq) => `${JSON.stringify({ seq, t: 5 + seq, ...event })}\n`).join(''))
  writeFileSync(join(folder, 'console.log'), text)
  if (stop !== undefined) writeFileSync(join(folder, 'stop.request'), `${stop}\n`)
  return folder
}

const completed = { event: 'train_end', step: 3, outcome: 'completed', output_path: '/r/adapter', peak_gpu_memory_bytes: 77 }
const stopped = { event: 'train_end', step: 3, outcome: 'stopped' }
const error = { event: 'error', type: 'ValueError', message: 'odd', traceback: '' }

describe('howItEnded', () => {
  const cases: readonly (readonly [string, Facts, string, string | null])[] = [
    ['all steps done', { exitCode: 0, events: [completed] }, 'completed', null],
    ['done, then a library crashed while Python wound down (the result is on disk)', { signal: 'SIGSEGV', events: [completed] }, 'completed', null],
    ['supervisor lost, but the trainer said that it was done', { state: 'running', events: [completed] }, 'completed', null],
    ['stopped with its state saved', { exitCode: 0, stop: 'graceful', events: [stopped] }, 'stopped', null],
    ['stopped before it began', { stop: 'graceful' }, 'stopped', null],
    ['stopped while loading', { exitCode: 0, stop: 'graceful' }, 'stopped', null],
    ['killed on request', { signal: 'SIGKILL', stop: 'force' }, 'stopped', null],
    ['killed on request, supervisor gone too', { state: 'running', stop: 'force' }, 'stopped', null],
    ['asked to save, then killed from outside: nothing was saved', { signal: 'SIGKILL', stop: 'graceful' }, 'failed', 'killed'],
    ['asked to save, and broke over it', { exitCode: 1, stop: 'graceful', events: [error] }, 'failed', 'unknown'],
    ['exit code 0 without a word: it did not get to the end', { exitCode: 0 }, 'failed', 'unknown'],
    ['an exception', { exitCode: 1, events: [error] }, 'failed', 'unknown'],
    ['an exception, supervisor gone', { state: 'running', events: [error] }, 'failed', 'unknown'],
    ['killed from outside', { signal: 'SIGKILL' }, 'failed', 'killed'],
    ['NaN in the last metrics, then a crash', { exitCode: 1, events: [{ event: 'log', step: 1, nonfinite: ['loss'] }] }, 'failed', 'nan-loss'],
    ['both gone without a word', { state: 'running' }, 'lost', null],
    ['both gone after being asked to save', { state: 'running', stop: 'graceful' }, 'lost', null],
  ]
  for (const [name, facts, ending, cause] of cases)
    it(`${name}: ${ending}`, async () => {
      const found = await howItEnded(left(facts))
      expect(found.ending).toBe(ending)
      expect(found.end.cause?.kind ?? null).toBe(cause)
    })

  it('tells memory peaks, times and the last lines', async () => {
    const found = await howItEnded(left({ exitCode: 1, console: 'Loading\nValueError: odd\n', events: [{ event: 'log', step: 1, gpu_memory_bytes: 50 }, { event: 'log', step: 2, gpu_memory_bytes: 40 }] }))
    expect(found).toMatchObject({ finishedAtMs: 9_000, end: { exitCode: 1, peakMemoryBytes: 5, peakGpuMemoryBytes: 50, lastLines: ['Loading', 'ValueError: odd'] } })
    expect((await howItEnded(left({ exitCode: 0, events: [completed] }))).end.peakGpuMemoryBytes).toBe(77)
    expect((await howItEnded(left({ state: 'running', events: [error] }))).finishedAtMs).toBe(5_000)
  })

  it('takes a damaged status for none (an unreadable file must not keep a job running for ever)', async () => {
    const folder = left({ exitCode: 0 })
    writeFileSync(join(folder, 'status.json'), '')
    expect((await howItEnded(folder)).ending).toBe('lost')
  })

  it('calls a run whose folder was deleted lost (an error instead would be tried again for ever)', async () => {
    expect(await howItEnded(join(left({}), 'deleted'))).toMatchObject({ ending: 'lost', end: { cause: null } })
  })

  it.runIf(process.platform !== 'win32')('says nothing while the status can\'t be read (a run that is done would be told as lost)', async () => {
    const folder = left({ exitCode: 0, events: [completed] })
    rmSync(join(folder, 'status.json'))
    symlinkSync('status.json', join(folder, 'status.json'))
    await expect(howItEnded(folder)).rejects.toMatchObject({ code: 'RUN_FOLDER' })
  })
})

describe('observeLocalRun', () => {
  it('gives every event once to observers that come and go during a run (the engine is killed at any moment)', async () => {
    const folder = runs.create({ steps: 200, stepSeconds: 0.01 })
    await start(folder)
    const events: TrainingEvent[] = []
    let cursor: string | null = null
    let ending: string | null = null
    let observers = 0
    while (ending === null) {
      observers += 1
      let batches = 0
      for await (const piece of observeLocalRun(folder, cursor)) {
        cursor = piece.cursor
        if (piece.kind === 'finished') ending = piece.ending
        else events.push(...piece.events)
        batches += 1
        if (batches === 1 + (observers % 3)) break
      }
    }
    expect(observers).toBeGreaterThan(5)
    expect(events.map((event) => event.seq)).toEqual(Array.from({ length: 203 }, (_, seq) => seq))
    expect(ending).toBe('completed')
  })

  it('gives no event twice when the file was cut and written anew', async () => {
    const folder = left({ state: 'exited', exitCode: 0, events: [{ event: 'stop_requested', step: 1 }, { event: 'stop_requested', step: 2 }] })
    const path = join(folder, 'events.jsonl')
    const all = readFileSync(path, 'utf8')
    const first: string[] = []
    for await (const piece of observeLocalRun(folder, null)) first.push(piece.cursor)
    truncateSync(path, 0)
    appendFileSync(path, all.split('\n')[0] ?? '')
    const events: TrainingEvent[] = []
    for await (const piece of observeLocalRun(folder, first.at(-1) ?? null)) if (piece.kind === 'batch') events.push(...piece.events)
    expect(events).toEqual([])
  })

  it('starts over from a cursor that is none, rather than lose an event', async () => {
    const folder = left({ exitCode: 0, events: [completed] })
    for (const cursor of [null, '', 'nonsense', '-1:0', '1e3:0']) {
      const pieces = []
      for await (const piece of observeLocalRun(folder, cursor)) pieces.push(piece.kind)
      expect(pieces).toEqual(['batch', 'finished'])
    }
  })

  it('follows a trainer whose supervisor is dead, and notices when it dies too', async () => {
    const folder = runs.create({ steps: 10_000, stepSeconds: 0.02 })
    await start(folder)
    const status = JSON.parse(readFileSync(join(folder, 'status.json'), 'utf8')) as { supervisorPid: number; trainerPid: number }
    killQuietly(status.supervisorPid)
    let seen = 0
    const endings: string[] = []
    for await (const piece of observeLocalRun(folder, null)) {
      if (piece.kind === 'finished') endings.push(piece.ending)
      else seen += piece.events.length
      if (seen > 60) killQuietly(status.trainerPid)
    }
    expect(endings).toEqual(['lost'])
  })

  it('a force at any moment of the start ends it (looked for too early, the trainer would run for hours)', async () => {
    for (const delayMs of [0, 20, 40, 60, 80, 100, 130, 160, 200]) {
      const folder = runs.create({ steps: 100_000, stepSeconds: 0.02, ignoreStop: true })
      const starting = start(folder)
      await new Promise((done) => setTimeout(done, delayMs))
      await cancelLocalRun(folder, 'force')
      await starting
      const endings: string[] = []
      for await (const piece of observeLocalRun(folder, null)) if (piece.kind === 'finished') endings.push(piece.ending)
      expect(endings).toEqual(['stopped'])
    }
  })

  it('a job that is cancelled before it has a folder never trains', async () => {
    const folder = join(runs.create({ steps: 1 }), 'later')
    await cancelLocalRun(folder, 'graceful')
    expect(readFileSync(join(folder, 'stop.request'), 'utf8')).toBe('graceful\n')
  })

  it('a graceful stop of a run whose trainer hangs changes nothing until it is forced', async () => {
    const folder = runs.create({ steps: 10_000, stepSeconds: 0.02, ignoreStop: true })
    await start(folder)
    await cancelLocalRun(folder, 'graceful')
    const observed: string[] = []
    const watching = (async () => {
      for await (const piece of observeLocalRun(folder, null)) observed.push(piece.kind === 'finished' ? piece.ending : piece.kind)
    })()
    await until('events after the request', () => observed.length > 3)
    await cancelLocalRun(folder, 'force')
    await watching
    expect(observed.at(-1)).toBe('stopped')
  })
})
