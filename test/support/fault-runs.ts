import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { seededRandom } from '../../electron/domain/random'
import type { ConnectionId, DatasetId, JobId, ModelId } from '../../electron/shared/ids'
import type { JobRequest } from '../../electron/shared/job-spec'
import { terminalStates } from '../../electron/shared/job-state-groups'
import { connectionKey } from '../../electron/shared/settings'
import { prepareAccount } from '../peers/aws-account'
import { faultKinds, startFaultProxy } from '../peers/fault-proxy'
import type { FaultPlan, MetFault } from '../peers/fault-proxy'
import { startMoto } from '../peers/moto-server'
import { startOpenaiPeer } from '../peers/openai-peer'
import { awsEnv, startSagemakerPeer } from '../peers/sagemaker-peer'
import { buildEngineProcess, engineProcess } from './engine-process'
import type { EngineProcess, EngineProcessOptions } from './engine-process'
import { until } from './run-folders'
import { repository } from './start-engine'

/** What became of many jobs under faults. All lists are of jobs by name; each is to be empty. */
export interface FaultResult {
  readonly jobs: number
  readonly kills: number
  readonly faults: readonly MetFault[]
  /** Made more than once at their place. */
  readonly doubled: readonly string[]
  /** Unknown to the app although they are at the place, or the other way round. */
  readonly lost: readonly string[]
  /** Ended otherwise than they should have, with how. */
  readonly failed: readonly string[]
  /** Whose stored steps are not 1..n, each once. */
  readonly gaps: readonly string[]
  /** Not over when the time was. */
  readonly stuck: readonly string[]
}

/** What is killed and started again: an engine in a process of its own, or the whole app. */
export type Victim = Pick<EngineProcess, 'request' | 'start' | 'kill' | 'close'>

export interface FaultRunOptions {
  /** `engine`: under plain Node, with a script that trains nothing. `app`: the real app, and AWS's toolkit really trains. */
  readonly victim: 'engine' | ((options: EngineProcessOptions) => Victim)
  readonly seed: number
  /** Of each backend. */
  readonly jobs: number
  /** Jobs that run at once. */
  readonly atOnce: number
  /** 0..1 of all requests. */
  readonly rate: number
  /** Longest time between two kills of the engine, in ms; one in three comes within a second. */
  readonly killWithinMs: number
  readonly timeoutMs: number
}

const steps = 20
const base = 'gpt-4.1-mini-2025-04-14'

/** Templates without torch over the real ones, so that a job takes a second. */
export function lightProgram(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-light-'))
  symlinkSync(join(repository, 'resources'), join(folder, 'resources'), 'junction')
  cpSync(join(repository, 'python-templates'), join(folder, 'python-templates'), { recursive: true })
  for (const name of readdirSync(join(repository, 'test', 'fixtures', 'light-templates'))) cpSync(join(repository, 'test', 'fixtures', 'light-templates', name), join(folder, 'python-templates', name))
  return folder
}

/** Runs jobs at both kinds of place while requests fail at random and the engine is killed at random, and says what became of them. */
export async function runUnderFaults({ victim, seed, jobs, atOnce, rate, killWithinMs, timeoutMs }: FaultRunOptions): Promise<FaultResult> {
  const random = seededRandom(seed)
  const plan = (offset: number): FaultPlan => ({ seed: seed + offset, rate, retryAfterSeconds: 1, delayMs: 300, stallMs: 4_000 })
  const light = victim === 'engine' ? { build: await buildEngineProcess(), programFolder: lightProgram() } : null
  const engineOf = (options: EngineProcessOptions): Victim => {
    if (victim !== 'engine') return victim(options)
    if (light === null) throw new Error('the engine was not built')
    return engineProcess(light.build.script, { ...options, programFolder: light.programFolder })
  }
  const home = mkdtempSync(join(tmpdir(), 'tunesmith-faults-'))
  const moto = await startMoto()
  const sagemaker = await startSagemakerPeer({ moto: moto.endpoint, runner: light === null ? 'toolkit' : 'direct', graceMs: 3_000 })
  sagemaker.control({ quotas: { 'ml.g5.xlarge for training job usage': 1000 } })
  const openai = await startOpenaiPeer({ stepMs: light === null ? 600 : 60 })
  const account = await prepareAccount(moto.endpoint)
  const awsLine = await startFaultProxy(sagemaker.endpoint)
  const openaiLine = await startFaultProxy(new URL(openai.baseUrl).origin)
  const secrets: Record<string, string> = {}
  const env = { ...awsEnv(awsLine.endpoint), ...account.env }
  const engine = engineOf({ home, env, secrets })
  await engine.start()

  const letRun = (concurrentJobs: number) => engine.request('settings.set', { cloud: { concurrentJobs, monthlyBudgetUsd: null, stopOverBudget: false, fetchPrices: false } })
  const setUp = async () => {
    // Making hundreds of jobs takes a while: but for one they wait, so that they meet the faults and the kills.
    await letRun(1)
    const { datasetId } = await engine.request('datasets.addSample', undefined)
    const { connectionId: aws } = await engine.request('connections.add', account.connection)
    const { connectionId: service } = await engine.request('connections.add', { kind: 'openai', name: 'Service', preset: 'custom', baseUrl: `${openaiLine.endpoint}/v1`, organization: null, project: null })
    secrets[connectionKey(service)] = openai.key
    await engine.request('secrets.set', { name: connectionKey(service), value: openai.key })
    const { modelId: remote } = await engine.request('models.addRemote', { connectionId: service, name: base, deployment: null })
    const demo = await until('the demo model is there', async () => (await engine.request('models.list', undefined)).find(({ kind }) => kind === 'demo')?.id)
    return { aws, service, datasetId, remote, demo }
  }
  const places = await setUp()
  for (let number = 1; number <= jobs; number += 1) {
    await engine.request('jobs.create', await sagemakerRequest(`aws ${number}`, places))
    await engine.request('jobs.create', await serviceRequest(`service ${number}`, places))
  }
  awsLine.setPlan(plan(1))
  // A request that the line repeats makes two jobs at a service, since its protocol has no key against that; SageMaker's name is one.
  openaiLine.setPlan({ ...plan(2), kinds: faultKinds.filter((kind) => kind !== 'repeat') })
  await letRun(atOnce)

  let kills = 0
  const deadline = performance.now() + timeoutMs
  const open = async (): Promise<readonly { readonly name: string }[]> => (await engine.request('jobs.list', undefined)).filter(({ state }) => !terminalStates.includes(state))
  for (let left = await open(); left.length > 0 && performance.now() < deadline; left = await open()) {
    await new Promise((go) => setTimeout(go, random() < 0.33 ? random() * 1000 : random() * killWithinMs))
    await engine.kill()
    kills += 1
    await engine.start()
    // Without faults at the end, what is left must come to its end by itself; with them it must as well, but later.
    if (left.length <= atOnce / 2) {
      await until('the last jobs end', async () => (await open()).length === 0, Math.max(1, deadline - performance.now())).catch(() => undefined)
      break
    }
  }
  const stuck = (await open()).map(({ name }) => name)
  await engine.close()
  awsLine.setPlan(null)
  openaiLine.setPlan(null)

  const found = readJobs(home)
  const atPlace = (job: FoundJob): number => (job.backend === 'sagemaker'
    ? sagemaker.jobs().filter(({ request }) => request.TrainingJobName === `tunesmith-${job.id.replaceAll('_', '')}`).length
    : openai.jobsOf(job.id).length)
  const known = new Set(found.map(({ remoteId }) => remoteId))
  const result: FaultResult = {
    jobs: found.length, kills, faults: [...awsLine.met, ...openaiLine.met], stuck,
    doubled: found.filter((job) => atPlace(job) > 1).map(({ name }) => name),
    lost: [...found.filter((job) => atPlace(job) === 0).map(({ name }) => name), ...sagemaker.jobs().map(({ request }) => request.TrainingJobName).filter((name) => !known.has(name))],
    failed: found.filter(({ state, name }) => state !== 'succeeded' && !stuck.includes(name)).map(({ name, state, end }) => `${name}: ${state} ${end ?? ''}`),
    gaps: found.filter(({ state, steps: seen, expected }) => state === 'succeeded' && JSON.stringify(seen) !== JSON.stringify(expected)).map(({ name, steps: seen }) => `${name}: ${seen.join(' ')}`),
  }
  for (const line of [awsLine, openaiLine]) await line.stop()
  await openai.close()
  await sagemaker.stop()
  await moto.stop()
  for (const folder of light === null ? [home] : [home, light.programFolder]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  light?.build.dispose()
  return result

  async function requestOf(name: string, backend: JobRequest['backend'], modelId: ModelId, datasetId: DatasetId, cloud: NonNullable<JobRequest['cloud']>): Promise<JobRequest> {
    const { settings } = await engine.request('jobs.defaults', { modelId, datasetId, backend, method: 'lora' })
    return { name, backend, modelId, datasetId, device: { kind: 'auto' }, settings: { ...settings, length: { kind: 'steps', steps }, evaluateEverySteps: 0, checkpointEverySteps: 5 }, cloud, budget: null }
  }
  function sagemakerRequest(name: string, { aws, datasetId, demo }: { readonly aws: ConnectionId; readonly datasetId: DatasetId; readonly demo: ModelId }): Promise<JobRequest> {
    return requestOf(name, 'sagemaker', demo, datasetId, {
      kind: 'sagemaker', connectionId: aws, trainer: 'huggingface', instanceType: 'ml.g5.xlarge', instanceCount: 1, volumeGb: 30, spot: false, maxRunSeconds: 3600, maxWaitSeconds: null, imageUri: null,
      hubTokenSecret: null,
    })
  }
  function serviceRequest(name: string, { service, datasetId, remote }: { readonly service: ConnectionId; readonly datasetId: DatasetId; readonly remote: ModelId }): Promise<JobRequest> {
    return requestOf(name, 'openai', remote, datasetId, { kind: 'openai', connectionId: service, epochs: 1, batchSize: 'auto', learningRateMultiplier: 'auto', suffix: null, trainingType: null })
  }
}

interface FoundJob {
  readonly id: JobId
  readonly name: string
  readonly backend: string
  readonly state: string
  readonly remoteId: string | null
  readonly end: string | null
  readonly steps: readonly number[]
  readonly expected: readonly number[]
}

/** Straight from the database, so that no code under test says what it holds. */
function readJobs(home: string): readonly FoundJob[] {
  const database = new Sqlite(join(home, 'tunesmith.db'), { readonly: true })
  const jobs = database.prepare<[], { row_id: number; id: JobId; name: string; backend: string; state: string; remote_id: string | null; run_end: string | null }>('SELECT row_id, id, name, backend, state, remote_id, run_end FROM training_jobs').all()
  const points = database.prepare<[number], number>('SELECT step FROM metric_points WHERE job = ? AND loss IS NOT NULL ORDER BY seq').pluck()
  const found = jobs.map(({ row_id, id, name, backend, state, remote_id, run_end }): FoundJob => {
    const seen = points.all(row_id)
    const most = backend === 'sagemaker' ? steps : Math.max(0, ...seen)
    return { id, name, backend, state, remoteId: remote_id, end: run_end, steps: seen, expected: Array.from({ length: most }, (_, index) => index + 1) }
  })
  database.close()
  return found
}
