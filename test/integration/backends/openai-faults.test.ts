import { createHash } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RunHandle } from '../../../electron/backends/training-backend'
import { requestStop } from '../../../electron/process/run-folder'
import { deleteFiles, deleteModels, listLeftovers } from '../../../electron/remote/openai/leftovers'
import { listAdoptable } from '../../../electron/remote/openai/jobs'
import type { RunPhase } from '../../../electron/shared/cloud'
import { JobId } from '../../../electron/shared/ids'
import type { JobSpec } from '../../../electron/shared/job-spec'
import type { RunObservation } from '../../../electron/shared/run-observation'
import type { TrainingEvent } from '../../../electron/shared/training-event'
import { newControl } from '../../peers/fake-openai-jobs'
import { startOpenaiPeer } from '../../peers/openai-peer'
import type { OpenaiPeer } from '../../peers/openai-peer'
import { openaiBackend, openaiPlace, openaiSpec } from '../../support/openai-place'

let peer: OpenaiPeer
let place: ReturnType<typeof openaiPlace>
let home: string
let count = 0

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tunesmith openai faults '))
  peer = await startOpenaiPeer()
  place = openaiPlace(peer)
  writeFileSync(join(home, 'train.jsonl'), rows(64))
  writeFileSync(join(home, 'eval.jsonl'), rows(8))
})
afterEach(() => {
  Object.assign(peer.control, newControl())
  place.current.key = peer.key
})
afterAll(async () => {
  expect(peer.violations).toEqual([])
  await peer.close()
  rmSync(home, { recursive: true, force: true })
})

function rows(many: number): string {
  return Array.from({ length: many }, (_, index) => `${JSON.stringify({ prompt: `Say ${index}.`, completion: `It is ${index}.` })}\n`).join('')
}

/** A job of its own with 8 steps, prepared. */
async function prepared(changes: Parameters<typeof openaiSpec>[0] = {}, cloud: Parameters<typeof openaiSpec>[1] = {}, backend = openaiBackend(place)) {
  count += 1
  const jobId = JobId.parse(`job_f${String(count).padStart(15, '0')}`)
  const spec: JobSpec = openaiSpec({ jobId, data: { trainPath: join(home, 'train.jsonl'), evalPath: join(home, 'eval.jsonl'), trainRows: 64, evalRows: 8 }, ...changes }, cloud)
  const context = { runFolder: join(home, `run ${count}`), python: '', supervisorPath: '', templates: {}, environment: {} }
  const run = await backend.prepare(spec, context)
  return { spec, run, context, backend, jobId, uploads: () => peer.journal.filter(({ method, path }) => method === 'POST' && path === '/files').length }
}

async function follow(handle: RunHandle, cursor: string | null = null, watch: (piece: RunObservation) => void = () => undefined, signal?: AbortSignal, backend = openaiBackend(place)) {
  const events: TrainingEvent[] = []
  const phases: RunPhase[] = []
  let last = cursor
  let finished: Extract<RunObservation, { kind: 'finished' }> | null = null
  for await (const piece of backend.observe(handle, cursor, signal)) {
    if (piece.kind === 'batch') events.push(...piece.events)
    if (piece.kind === 'phase') phases.push(piece.phase)
    else last = piece.cursor
    if (piece.kind === 'finished') finished = piece
    watch(piece)
  }
  return { events, phases, finished, cursor: last }
}

const stepsOf = (events: readonly TrainingEvent[], name: 'loss' | 'evalLoss') => events.flatMap((event) => (event.kind === 'metrics' && event.values[name] !== undefined ? [event.step] : []))
const eight = [1, 2, 3, 4, 5, 6, 7, 8]

describe('one job, once', () => {
  it('a creation whose answer was cut off is found, and not asked for again (catches two bills for one run)', async () => {
    peer.control.loseCreated = 1
    const { run, context, backend, jobId } = await prepared()
    const handle = await backend.start(run, context)
    expect(peer.jobsOf(jobId).map(({ id }) => id)).toEqual([handle.kind === 'remote' && handle.remoteId])
    expect((await follow(handle)).finished?.ending).toBe('completed')
  })

  it('a creation that failed on the service\'s side is asked for again (catches a run that never starts)', async () => {
    peer.control.failCreated = 2
    const { run, context, backend, jobId } = await prepared()
    await backend.start(run, context)
    expect(peer.jobsOf(jobId)).toHaveLength(1)
  })

  it('an app that died between the call and its answer finds job and files after its restart (catches a second job, and data sent twice)', async () => {
    for (const forgetMetadata of [false, true]) {
      Object.assign(peer.control, { loseCreated: 1, forgetMetadata })
      const { run, context, backend, jobId, uploads } = await prepared()
      const before = uploads()
      const abort = new AbortController()
      const onPhase = ({ text }: RunPhase) => void (text.startsWith('Waiting for the place') && abort.abort())
      await expect(backend.start(run, { ...context, onPhase, signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
      const handle = await openaiBackend(place).start(run, context)
      expect(peer.jobsOf(jobId).map(({ id }) => id)).toEqual([handle.kind === 'remote' && handle.remoteId])
      expect(uploads() - before).toBe(2)
    }
  })

  it('lists without an end are left (catches an app that pages for ever)', async () => {
    Object.assign(peer.control, { endlessLists: true, loseCreated: 1 })
    const { run, context, backend, jobId } = await prepared()
    const { finished, events } = await follow(await backend.start(run, context))
    expect(finished?.ending).toBe('completed')
    expect(stepsOf(events, 'loss')).toEqual(eight)
    expect(peer.jobsOf(jobId)).toHaveLength(1)
  })

  it('a run stopped while nobody knows whether its job exists ends it there (catches a job that goes on unseen)', async () => {
    Object.assign(peer.control, { loseCreated: 1, stepMs: 200 })
    const { run, context, backend, jobId } = await prepared()
    const abort = new AbortController()
    const onPhase = ({ text }: RunPhase) => {
      if (!text.startsWith('Waiting for the place')) return
      void requestStop(context.runFolder, 'force').then(() => abort.abort())
    }
    const handle = await backend.start(run, { ...context, onPhase, signal: abort.signal })
    expect((await follow(handle)).finished).toMatchObject({ ending: 'stopped', end: { cause: null } })
    expect(peer.jobsOf(jobId).map(({ status }) => status)).toEqual(['cancelled'])
  })

  it('a refused creation leaves no file behind and says why (catches orphans of the user\'s data)', async () => {
    const { run, context, backend, jobId } = await prepared({ model: { remote: { connectionId: place.open().id, name: 'gpt-9-nano', deployment: null, shutdownDate: null } } })
    await expect(backend.start(run, context)).rejects.toMatchObject({ fault: { kind: 'final', cause: { kind: 'unsupported-base' } } })
    expect(peer.files().filter(({ name }) => name.includes(jobId))).toEqual([])
  })
})

describe('following', () => {
  it('an app that is closed at any batch gives every event once, in order (catches points lost or doubled by a restart)', async () => {
    Object.assign(peer.control, { stepMs: 10, skipMetrics: 3, base64Results: true })
    const { run, context, backend } = await prepared()
    const handle = await backend.start(run, context)
    const events: TrainingEvent[] = []
    let cursor: string | null = null
    for (let restarts = 0; ; restarts += 1) {
      const abort = new AbortController()
      const part = await follow(handle, cursor, ({ kind }) => void (kind === 'batch' && abort.abort()), abort.signal, openaiBackend(place))
      events.push(...part.events)
      cursor = part.cursor
      // What an app wrote ahead of the cursor that it stored.
      if (restarts === 0) appendFileSync(join(context.runFolder, 'console.log'), 'Training started, by an app that died\n')
      if (part.finished === null && restarts < 100) continue
      expect(part.finished).toMatchObject({ ending: 'completed', usage: { kind: 'tokens', model: 'gpt-4.1-mini-2025-04-14' } })
      expect(part.finished?.outputs?.map(({ step }) => step)).toEqual([null])
      break
    }
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index))
    // Steps 3 and 6 came with the result file only.
    expect([...stepsOf(events, 'loss')].sort((a, b) => a - b)).toEqual(eight)
    expect(stepsOf(events, 'evalLoss')).toEqual([4, 8])
    expect(readFileSync(join(context.runFolder, 'console.log'), 'utf8').match(/Training started/g)).toHaveLength(1)
  })

  it('an unknown status is shown and ends nothing (catches a run given up because a service learnt a word)', async () => {
    Object.assign(peer.control, { unknownStatus: 'recalibrating', hold: true })
    const { run, context, backend } = await prepared()
    const { phases, finished } = await follow(await backend.start(run, context), null, (piece) => {
      if (piece.kind === 'phase' && piece.phase.text === 'The service says: recalibrating') Object.assign(peer.control, { unknownStatus: null, hold: false })
    })
    expect(phases.map(({ text }) => text)).toContain('The service says: recalibrating')
    expect(finished?.ending).toBe('completed')
  })

  it('a key that is refused waits for a new one, and the run goes on (catches a login that fails a job)', async () => {
    peer.control.hold = true
    const { run, context, backend } = await prepared()
    const handle = await backend.start(run, context)
    place.current.key = 'sk-old-0000000000000000000000'
    let asked = 0
    const { phases, finished } = await follow(handle, null, (piece) => {
      if (piece.kind !== 'phase') return
      if (!piece.phase.attention) peer.control.hold = false
      else if ((asked += 1) >= 3) place.current.key = peer.key
    })
    expect(phases.filter(({ attention }) => attention).length).toBeGreaterThan(2)
    expect(phases.at(-1)?.attention).toBe(false)
    expect(JSON.stringify(phases)).not.toContain('sk-old')
    expect(finished?.ending).toBe('completed')
  })

  it('an outage, throttling and broken bodies are waited out (catches a job that a bad minute ends)', async () => {
    peer.control.stepMs = 20
    const { run, context, backend } = await prepared()
    const handle = await backend.start(run, context)
    const troubles = [{ status: 503, body: {} }, { status: 429, body: {}, headers: { 'retry-after': '0' } }, { status: 200, body: { ok: true } }]
    let trouble = 0
    const { events, finished } = await follow(handle, null, (piece) => {
      const next = piece.kind === 'batch' ? troubles[trouble++] : undefined
      if (next !== undefined) peer.control.failNext = { count: 5, ...next }
    })
    expect(trouble).toBeGreaterThan(2)
    expect(finished?.ending).toBe('completed')
    expect(stepsOf(events, 'loss')).toEqual(eight)
  })

  it('a cancel that does not come through is asked for again (catches a job that runs on after a stop)', async () => {
    peer.control.stepMs = 500
    const { run, context, backend, jobId } = await prepared()
    const handle = await backend.start(run, context)
    peer.control.failNext = { count: 4, status: 503, body: {} }
    await backend.cancel(handle, 'force')
    expect(peer.jobsOf(jobId)[0]?.status).not.toBe('cancelled')
    expect((await follow(handle)).finished).toMatchObject({ ending: 'stopped' })
    expect(peer.jobsOf(jobId)[0]?.status).toBe('cancelled')
  })

  it('a job too small for the service fails with the number it told (catches a failure without its reason)', async () => {
    writeFileSync(join(home, 'few.jsonl'), rows(7))
    // The spec says more rows than the file has, so only the service sees it.
    const { run, context, backend } = await prepared({ data: { trainPath: join(home, 'few.jsonl'), evalPath: null, trainRows: 64, evalRows: 0 } })
    const { events, finished } = await follow(await backend.start(run, context))
    expect(finished).toMatchObject({ ending: 'failed', end: { cause: { kind: 'too-few-examples', details: { have: 7, need: 10 } } } })
    expect(events.at(-1)).toMatchObject({ kind: 'error', type: 'invalid_n_examples' })
  })

  it('a job of another installation is offered and can be followed from nothing (catches a run that is lost with its folder)', async () => {
    const { run, context, backend, jobId } = await prepared()
    const handle = await backend.start(run, context)
    const found = (await listAdoptable(place.open(), Date.now())).find((job) => job.jobId === jobId)
    expect(found).toMatchObject({ remoteId: handle.kind === 'remote' && handle.remoteId, name: 'Test run' })
    const { events, finished } = await follow({ ...handle, runFolder: join(home, 'adopted') })
    expect(finished?.ending).toBe('completed')
    expect(stepsOf(events, 'loss')).toEqual(eight)
  })
})

describe('files', () => {
  const text = `${JSON.stringify({ prompt: 'a'.repeat(20_000), completion: 'b' })}\n`.repeat(2_000)

  it('a large file goes up in parts, whole and with an end (catches an upload that breaks silently)', async () => {
    writeFileSync(join(home, 'large.jsonl'), text)
    const backend = openaiBackend(place, { singleBytes: 1_000_000 })
    const { run, context, jobId } = await prepared({ data: { trainPath: join(home, 'large.jsonl'), evalPath: null, trainRows: 2_000, evalRows: 0 } }, {}, backend)
    const phases: RunPhase[] = []
    await backend.start(run, { ...context, onPhase: (phase) => phases.push(phase) })
    const [file] = peer.files().filter(({ name }) => name.includes(jobId))
    const sha = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')
    expect(sha(file?.path ?? '')).toBe(sha(join(context.runFolder, 'training.jsonl')))
    expect(peer.journal.filter(({ path }) => /^\/uploads\/.*\/parts$/.test(path))).toHaveLength(2)
    expect((file?.expiresAt ?? 0) - Date.now() / 1000).toBeGreaterThan(3600)
    expect(phases.filter(({ ratio }) => ratio !== null).map(({ ratio }) => ratio).at(-1)).toBe(1)
  }, 60_000)

  it('an upload that a crash cut is given up and begun anew (catches parts that stay behind, and a file of two halves)', async () => {
    writeFileSync(join(home, 'large.jsonl'), text)
    const { run, context, jobId } = await prepared({ data: { trainPath: join(home, 'large.jsonl'), evalPath: null, trainRows: 2_000, evalRows: 0 } })
    const crashing = { ...place, connections: { openai: () => (peer.openUploads() > 0 ? Promise.reject(new TypeError('the app dies here')) : place.connections.openai()) } }
    const onPhase = ({ ratio }: RunPhase) => {
      if (ratio !== null && ratio > 0) peer.control.failNext = { count: 3, status: 503, body: {} }
    }
    await expect(openaiBackend(crashing, { singleBytes: 1_000_000 }).start(run, { ...context, onPhase })).rejects.toThrow('the app dies here')
    expect(peer.openUploads()).toBe(1)
    peer.control.failNext = { count: 0, status: 500, body: {} }
    await openaiBackend(place, { singleBytes: 1_000_000 }).start(run, context)
    expect(peer.openUploads()).toBe(0)
    expect(peer.files().filter(({ name }) => name.includes(jobId))).toHaveLength(1)
  }, 60_000)

  it('a start that is cancelled while it sends leaves nothing at the service, in one piece or in parts (catches data that stays behind)', async () => {
    for (const singleBytes of [1_000_000, 1_000_000_000]) {
      writeFileSync(join(home, 'large.jsonl'), text)
      const backend = openaiBackend(place, { singleBytes })
      const { run, context, jobId } = await prepared({ data: { trainPath: join(home, 'large.jsonl'), evalPath: null, trainRows: 2_000, evalRows: 0 } }, {}, backend)
      const abort = new AbortController()
      const onPhase = ({ ratio }: RunPhase) => {
        if (ratio === null || ratio === 0) return
        void backend.cancel(run, 'force').then(() => abort.abort())
      }
      const handle = await backend.start(run, { ...context, onPhase, signal: abort.signal })
      expect(handle).toMatchObject({ remoteId: null })
      expect(peer.jobsOf(jobId)).toEqual([])
      expect(peer.files().filter(({ name }) => name.includes(jobId))).toEqual([])
      expect(peer.openUploads()).toBe(0)
      expect((await follow(handle)).finished?.ending).toBe('stopped')
    }
  }, 60_000)

  it('a row that the protocol refuses is named by its line before anything is sent (catches an upload that can only fail)', async () => {
    writeFileSync(join(home, 'bad.jsonl'), `${rows(11)}${JSON.stringify({ messages: [{ role: 'user', content: 'x' }] })}\n`)
    await expect(prepared({ data: { trainPath: join(home, 'bad.jsonl'), evalPath: null, trainRows: 12, evalRows: 0 } })).rejects.toMatchObject({ code: 'JOB_REFUSED', data: { reason: 'bad-row', line: 12 } })
  })

  it('what a job left is listed and deleted on request (catches models that are paid for ever)', async () => {
    const { run, context, backend, jobId } = await prepared()
    const handle = await backend.start(run, context)
    const { finished } = await follow(handle)
    const remoteId = handle.kind === 'remote' ? handle.remoteId : null
    const left = await listLeftovers(place.open(), jobId, remoteId)
    expect(left.files.map(({ purpose }) => purpose).sort()).toEqual(['fine-tune', 'fine-tune', 'fine-tune-results'])
    expect(left.models.map(({ name }) => name)).toEqual(finished?.outputs?.map(({ name }) => name))
    await deleteFiles(place.open(), left.files.map(({ id }) => id))
    await deleteModels(place.open(), left.models.map(({ name }) => name))
    expect(await listLeftovers(place.open(), jobId, remoteId)).toEqual({ jobId, files: [], models: [] })
    await deleteFiles(place.open(), left.files.map(({ id }) => id))
  })
})
