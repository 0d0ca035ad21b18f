import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { CloudWatchLogsClient, DeleteLogStreamCommand, DescribeLogStreamsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RunContext } from '../../../electron/backends/training-backend'
import { runPath } from '../../../electron/process/run-folder'
import { loadTemplates } from '../../../electron/process/templates'
import { jobNameOf } from '../../../electron/remote/aws/training-jobs'
import type { RunPhase } from '../../../electron/shared/cloud'
import { JobId } from '../../../electron/shared/ids'
import type { TrainingSettings } from '../../../electron/shared/job-spec'
import type { RunObservation } from '../../../electron/shared/run-observation'
import type { TrainingEvent } from '../../../electron/shared/training-event'
import { peerClient } from '../../peers/s3-folder'
import { testBucket } from '../../peers/script-jobs'
import { until } from '../../support/run-folders'
import { sagemakerBackend, sagemakerSpec, startSagemakerPlace } from '../../support/sagemaker-place'
import type { SagemakerPlace } from '../../support/sagemaker-place'
import { templatesFolder } from '../../support/training-run'

let place: SagemakerPlace
let home: string
let templates: Readonly<Record<string, string>>
let count = 0
const fakeTrainer = resolve(import.meta.dirname, '..', '..', 'fixtures', 'fake-trainer', 'cloud_train.py')
const backend = sagemakerBackend(() => place)

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tunesmith sagemaker '))
  templates = await loadTemplates(templatesFolder)
  writeFileSync(join(home, 'train.jsonl'), '{"prompt":"a","completion":"b"}\n'.repeat(10))
  place = await startSagemakerPlace({ runner: 'direct', scriptHearsStop: true, graceMs: 10_000 })
})
afterEach(() => place.peer.control({ loginExpired: false, deny: [], down: false, hostileArtifact: null, quotas: {}, throttle: 0 }))
afterAll(async () => {
  await place.stop()
  rmSync(home, { recursive: true, force: true })
})

/** A job of its own, prepared, with a script that trains nothing. */
async function prepared(name = 'quick', steps = 8, cloud: Parameters<typeof sagemakerSpec>[1] = {}, changes: Parameters<typeof sagemakerSpec>[0] = {}, settings: Partial<TrainingSettings> = {}) {
  count += 1
  const jobId = JobId.parse(`job_f${String(count).padStart(15, '0')}`)
  const spec = sagemakerSpec({ jobId, name, data: { trainPath: join(home, 'train.jsonl') }, ...changes, settings: { length: { kind: 'steps', steps }, evaluateEverySteps: 0, ...settings } }, cloud)
  const context: RunContext = { runFolder: join(home, `run ${count}`), python: '', supervisorPath: '', templates, environment: {} }
  const run = await backend.prepare(spec, context)
  copyFileSync(fakeTrainer, join(context.runFolder, 'train.py'))
  return { spec, run, context, jobName: jobNameOf(jobId), runFolder: context.runFolder }
}
type Finished = Extract<RunObservation, { kind: 'finished' }>

async function follow(handle: Parameters<typeof backend.observe>[0], watch: (piece: RunObservation) => unknown = () => undefined, cursor: string | null = null) {
  const events: TrainingEvent[] = []
  const phases: RunPhase[] = []
  let finished: Finished | null = null
  for await (const piece of backend.observe(handle, cursor)) {
    if (piece.kind === 'batch') events.push(...piece.events)
    if (piece.kind === 'phase') phases.push(piece.phase)
    if (piece.kind === 'finished') finished = piece
    await watch(piece)
  }
  if (finished === null) throw new Error('no finished came')
  return { events, phases, finished }
}
const losses = (events: readonly TrainingEvent[]) => events.flatMap((event) => (event.kind === 'metrics' && event.values.loss !== undefined ? [event.step] : []))
const asked = (action: string) => place.peer.requests().filter((request) => request.action === action)
const keys = async (prefix: string) => ((await place.s3.send(new ListObjectsV2Command({ Bucket: testBucket, Prefix: prefix }))).Contents ?? []).map(({ Key }) => Key ?? '')
const gapless = (events: readonly TrainingEvent[]) => expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index))

describe('a job at SageMaker', () => {
  it('goes on from its checkpoint after a spot interruption, in one curve, and says what it cost (catches a run that is lost, or begins anew)', async () => {
    const { run, context, jobName, runFolder } = await prepared('slow', 60, { spot: true, maxWaitSeconds: 7200 })
    const handle = await backend.start(run, context)
    let interrupted = false
    const { events, phases, finished } = await follow(handle, async (piece) => {
      if (interrupted || piece.kind !== 'batch' || !piece.events.some((event) => event.kind === 'checkpoint' && event.step >= 8)) return
      interrupted = true
      await until('a checkpoint in S3', async () => (await keys(`tunesmith/test/${jobName}/checkpoints/`)).some((key) => key.endsWith('checkpoint-8/tunesmith-files.json')))
      place.peer.interruptSpot(jobName)
    })
    gapless(events)
    const begins = events.flatMap((event) => (event.kind === 'train-begin' ? [event.resumedFromStep] : []))
    expect(begins).toHaveLength(2)
    expect(begins[1]).toBeGreaterThanOrEqual(8)
    expect(losses(events).at(-1)).toBe(60)
    expect(phases.map(({ text }) => text).join()).toContain('Training')
    expect(finished).toMatchObject({ ending: 'completed', end: { cause: null }, usage: { kind: 'instances', instanceType: 'ml.g5.xlarge', spot: true } })
    if (finished.usage?.kind === 'instances') expect(finished.usage.billableSeconds).toBeLessThanOrEqual(finished.usage.trainingSeconds)
    expect(existsSync(join(runFolder, 'adapter', 'adapter_config.json'))).toBe(true)
    expect(readFileSync(join(runFolder, 'console.log'), 'utf8')).toContain('step 60 of the fake')
    expect(existsSync(join(runFolder, 'checkpoints', 'checkpoint-60', 'trainer_state.json'))).toBe(true)
  })

  it('adds from the result what the log lost (catches a curve with a hole)', async () => {
    const { run, context, jobName } = await prepared()
    const handle = await backend.start(run, context)
    await until('the end', () => place.peer.jobs().some((job) => job.request.TrainingJobName === jobName && job.status === 'Completed'))
    const logs = new CloudWatchLogsClient(peerClient(place.peer.endpoint))
    const group = { logGroupName: '/aws/sagemaker/TrainingJobs' }
    const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ ...group, logStreamNamePrefix: jobName }))
    for (const { logStreamName } of logStreams) await logs.send(new DeleteLogStreamCommand({ ...group, logStreamName }))
    const { events, finished } = await follow(handle)
    gapless(events)
    expect(losses(events)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(finished.ending).toBe('completed')
  })

  it('names the cause that the script reported, and keeps the events of a job that failed (catches a failure without a name)', async () => {
    const { run, context } = await prepared('crash')
    const { events, finished } = await follow(await backend.start(run, context))
    expect(losses(events)).toEqual([1, 2, 3, 4])
    expect(events.at(-1)).toMatchObject({ kind: 'error', type: 'RuntimeError' })
    expect(finished).toMatchObject({ ending: 'failed', end: { cause: { kind: 'out-of-memory' } } })
  })

  it.each(['outside-path', 'link'] as const)('refuses a result with %s and leaves nothing of it (catches a file outside of the run folder)', async (hostileArtifact) => {
    place.peer.control({ hostileArtifact })
    const { run, context, runFolder } = await prepared()
    const { events, finished } = await follow(await backend.start(run, context))
    expect(finished).toMatchObject({ ending: 'failed', end: { cause: { kind: 'hostile-artifact' } } })
    expect(losses(events)).toHaveLength(8)
    expect(existsSync(join(runFolder, 'adapter'))).toBe(false)
  })

  it('waits for a login that ran out and shows the command (catches a failed job where only a login is missing)', async () => {
    const { run, context } = await prepared('slow', 40)
    place.peer.control({ loginExpired: true })
    const said: RunPhase[] = []
    const handle = await backend.start(run, { ...context, onPhase(phase) {
      said.push(phase)
      if (phase.attention) place.peer.control({ loginExpired: false })
    } })
    expect(said.find(({ attention }) => attention)?.command).toBe('aws sso login')
    let expired = false
    const { phases, finished } = await follow(handle, (piece) => {
      if (!expired && piece.kind === 'batch') {
        expired = true
        place.peer.control({ loginExpired: true })
      }
      if (piece.kind === 'phase' && piece.phase.attention) place.peer.control({ loginExpired: false })
    })
    expect(phases.some(({ attention, command }) => attention && command === 'aws sso login')).toBe(true)
    expect(finished.ending).toBe('completed')
  })

  it('says quota and denied action with their names when it is created (catches an unnamed refusal)', async () => {
    const quota = await prepared()
    place.peer.control({ quotas: { 'ml.g5.xlarge for training job usage': 0 } })
    await expect(backend.start(quota.run, quota.context)).rejects.toMatchObject({ fault: { kind: 'final', cause: { kind: 'quota', details: { limit: 0 } } } })
    place.peer.control({ quotas: {}, deny: ['iam:PassRole'] })
    const denied = await prepared()
    await expect(backend.start(denied.run, denied.context)).rejects.toMatchObject({ fault: { kind: 'final', cause: { kind: 'access-denied', details: { action: 'iam:PassRole' } } } })
    place.peer.control({ deny: [] })
    // The user mended it: the same run starts.
    const { finished } = await follow(await backend.start(denied.run, denied.context))
    expect(finished.ending).toBe('completed')
  })
})

describe('a start at SageMaker', () => {
  it('finds the job of a start that died before it heard the answer (catches a job that is created twice)', async () => {
    const { run, context, jobName, runFolder } = await prepared()
    const handle = await backend.start(run, context)
    const path = join(runFolder, 'dispatch.json')
    // As the disk is between the request and its answer.
    writeFileSync(path, readFileSync(path, 'utf8').replace('"there"', '"asked"'))
    const creates = asked('sagemaker:CreateTrainingJob').length
    expect(await backend.start(run, context)).toEqual(handle)
    // Nothing is known any more, not even that something was asked.
    rmSync(path)
    expect(await backend.start(run, context)).toMatchObject({ remoteId: jobName })
    expect(asked('sagemaker:CreateTrainingJob')).toHaveLength(creates + 1)
    expect(place.peer.jobs().filter(({ request }) => request.TrainingJobName === jobName)).toHaveLength(1)
    expect((await follow(handle)).finished.ending).toBe('completed')
  })

  it('sends an input once, and the script with each job (catches gigabytes that go up again)', async () => {
    const first = await prepared()
    await follow(await backend.start(first.run, first.context))
    const before = place.peer.requests().length
    const second = await prepared()
    await follow(await backend.start(second.run, second.context))
    const sent = place.peer.requests().slice(before).filter(({ method }) => method === 'PUT').map(({ url }) => url)
    expect(sent.some((url) => url.includes(`${second.jobName}/sourcedir.tar.gz`))).toBe(true)
    expect(sent.filter((url) => url.includes('/inputs/'))).toEqual([])
  })

  it('leaves nothing behind when it is stopped while it sends (catches data that stays in the bucket)', async () => {
    const own = join(home, 'own.jsonl')
    writeFileSync(own, `${JSON.stringify({ prompt: 'x'.repeat(20_000_000), completion: 'y' })}\n`)
    const { run, context } = await prepared('quick', 8, {}, { data: { trainPath: own } })
    const before = await keys('')
    const abort = new AbortController()
    const phases: RunPhase[] = []
    const start = backend.start(run, { ...context, signal: abort.signal, onPhase(phase) {
      phases.push(phase)
      if (!phase.text.startsWith('Sending the data')) return
      writeFileSync(runPath(context.runFolder, 'stopRequest'), 'force\n')
      abort.abort()
    } })
    await expect(start).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(phases.map(({ text }) => text)).toContainEqual(expect.stringMatching(/^Sending the data, \d+ of 20 MB$/))
    expect(await keys('')).toEqual(before)
    expect((await place.s3.send(new ListMultipartUploadsCommand({ Bucket: testBucket }))).Uploads ?? []).toEqual([])
  })

  it('goes on where it was when the app is closed while it sends (catches a quit that throws away what was sent)', async () => {
    const own = join(home, 'kept.jsonl')
    writeFileSync(own, '{"prompt":"kept","completion":"b"}\n'.repeat(10))
    const { run, context, jobName } = await prepared('quick', 8, {}, { data: { trainPath: own } })
    const abort = new AbortController()
    const start = backend.start(run, { ...context, signal: abort.signal, onPhase: ({ text }) => void (text.startsWith('Sending the script') && abort.abort()) })
    await expect(start).rejects.toMatchObject({ code: 'CANCELLED' })
    const before = place.peer.requests().length
    expect((await follow(await backend.start(run, context))).finished.ending).toBe('completed')
    const later = place.peer.requests().slice(before)
    expect(later.filter(({ method, url }) => method === 'PUT' && url.includes('/inputs/'))).toEqual([])
    expect(place.peer.jobs().filter(({ request }) => request.TrainingJobName === jobName)).toHaveLength(1)
  })

  it('goes on from a checkpoint that never left S3 (catches a whole model that must come home first)', async () => {
    const first = await prepared('slow', 100, {}, {}, { method: 'full' })
    let asking = false
    const handle = await backend.start(first.run, first.context)
    const stopped = await follow(handle, async (piece) => {
      if (asking || piece.kind !== 'batch' || losses(piece.events).length === 0) return
      asking = true
      await backend.cancel(handle, 'graceful')
    })
    const saved = stopped.events.findLast((event) => event.kind === 'checkpoint')
    expect(stopped.finished.ending).toBe('stopped')
    expect(saved?.kind === 'checkpoint' && !existsSync(saved.path)).toBe(true)
    if (saved?.kind !== 'checkpoint') return
    const resume = { jobId: first.spec.jobId, checkpointPath: saved.path, step: saved.step }
    const second = await prepared('quick', saved.step + 2, {}, { resume }, { method: 'full' })
    const { events, finished } = await follow(await backend.start(second.run, second.context))
    expect(losses(events)).toEqual([saved.step + 1, saved.step + 2])
    expect(finished.ending).toBe('completed')
  })

  it('sends our wheels where the account has no way to PyPI (catches an install that waits for a network that is not there)', async () => {
    const wheels = join(home, 'wheels')
    mkdirSync(wheels, { recursive: true })
    writeFileSync(join(wheels, 'trl-1.13.0-py3-none-any.whl'), 'a wheel')
    const open = { ...place.open, config: { ...place.open.config, reachesPypi: false } }
    const { run, context, jobName } = await prepared()
    const without = sagemakerBackend(() => place, { connections: { aws: () => Promise.resolve(open) } })
    await expect(without.start(run, context)).rejects.toMatchObject({ code: 'JOB_REFUSED', data: { reason: 'wheels-missing' } })
    const closed = sagemakerBackend(() => place, { connections: { aws: () => Promise.resolve(open) }, wheelsFolder: () => Promise.resolve(wheels) })
    expect((await follow(await closed.start(run, context))).finished.ending).toBe('completed')
    const channels = place.peer.jobs().find(({ request }) => request.TrainingJobName === jobName)?.request.InputDataConfig ?? []
    expect(channels.map(({ ChannelName }) => ChannelName).sort()).toEqual(['model', 'train', 'wheels'])
  })

  it('writes no secret and no place of this machine to AWS (catches a token or a home folder in a request)', () => {
    const bodies = place.peer.requests().map(({ body, url }) => url + body).join('\n')
    expect(bodies).not.toContain('peer-secret-of-the-tests')
    expect(asked('sagemaker:CreateTrainingJob').map(({ body }) => body).join('\n')).not.toContain(home)
  })
})
