import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ConnectionId, DatasetId, JobId, ModelId } from '../../../electron/shared/ids'
import type { JobRequest } from '../../../electron/shared/job-spec'
import { prepareAccount } from '../../peers/aws-account'
import { startMoto } from '../../peers/moto-server'
import { startSagemakerPeer } from '../../peers/sagemaker-peer'
import type { SagemakerPeer } from '../../peers/sagemaker-peer'
import { startEngine, useTestPython } from '../../support/start-engine'
import type { TestEngine } from '../../support/start-engine'

let moto: Awaited<ReturnType<typeof startMoto>>
let peer: SagemakerPeer
let engine: TestEngine
let connectionId: ConnectionId
let datasetId: DatasetId
let modelId: ModelId

beforeAll(async () => {
  moto = await startMoto()
  peer = await startSagemakerPeer({ moto: moto.endpoint, graceMs: 20_000 })
  const account = await prepareAccount(moto.endpoint)
  for (const [name, value] of Object.entries({ ...peer.env(), ...account.env })) vi.stubEnv(name, value)
  engine = await startEngine()
  await useTestPython(engine)
  datasetId = (await engine.request('datasets.addSample', undefined)).datasetId
  modelId = await engine.until('the demo model is there', async () => (await engine.request('models.list', undefined)).find(({ kind }) => kind === 'demo')?.id ?? null)
  connectionId = (await engine.request('connections.add', account.connection)).connectionId
})
afterAll(async () => {
  await engine.close()
  await peer.stop()
  await moto.stop()
  vi.unstubAllEnvs()
})

async function requestFor(name: string, steps: number, change: Partial<Extract<NonNullable<JobRequest['cloud']>, { kind: 'sagemaker' }>> = {}): Promise<JobRequest> {
  const { settings } = await engine.request('jobs.defaults', { modelId, datasetId, backend: 'sagemaker', method: 'lora' })
  return {
    name, backend: 'sagemaker', modelId, datasetId, device: { kind: 'auto' }, budget: null,
    settings: { ...settings, length: { kind: 'steps', steps }, evaluateEverySteps: Math.ceil(steps / 2), checkpointEverySteps: Math.ceil(steps / 4) },
    cloud: {
      kind: 'sagemaker', connectionId, trainer: 'huggingface', instanceType: 'ml.g5.xlarge', instanceCount: 1, volumeGb: 30, spot: false, maxRunSeconds: 3600, maxWaitSeconds: null, imageUri: null,
      hubTokenSecret: null, ...change,
    },
  }
}
async function create(request: JobRequest): Promise<JobId> {
  const created = await engine.request('jobs.create', request)
  if ('refused' in created) throw new Error(JSON.stringify(created.refused))
  return created.jobId
}

describe('a job on SageMaker, without a window', () => {
  it('is checked first, and a quota of 0 is named with what it is for', async () => {
    peer.control({ quotas: { 'ml.g5.xlarge for training job usage': 0 } })
    const none = await engine.request('connections.check', { connectionId, instanceType: 'ml.g5.xlarge' })
    expect(none.check?.quotas['ml.g5.xlarge']?.training).toBe(0)
    expect((await engine.request('jobs.plan', await requestFor('No quota', 20))).issues.map(({ code }) => code)).toContain('quota-zero')
    peer.control({ quotas: {} })
    const { check } = await engine.request('connections.check', { connectionId, instanceType: 'ml.g5.xlarge' })
    expect(check?.items.filter(({ state }) => state === 'missing' || state === 'login')).toEqual([])
  })

  it('really trains there, over a restart of the app, with a whole curve, a bill, and an adapter that is compared offline', async () => {
    const jobId = await create(await requestFor('Far away', 60))
    await engine.until('it trains', async () => (await engine.request('jobs.get', { jobId })).job.step >= 2 || null, 120_000)
    await engine.restart()
    const detail = await engine.jobEnds(jobId)
    expect(detail.end?.cause ?? null).toBeNull()
    expect(detail.job).toMatchObject({ state: 'succeeded', device: { kind: 'cloud' }, step: 60 })
    const curve = await engine.request('metrics.tail', { jobId, afterSeq: -1, limit: 50_000 })
    const trained = [...curve.step].filter((_, index) => !Number.isNaN(curve.values.loss?.[index] ?? Number.NaN))
    expect(trained).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
    expect(detail.bill).toMatchObject({ final: true })
    expect(detail.bill?.usd).toBeGreaterThan(0)
    const tuned = (await engine.request('models.list', undefined)).find((model) => model.jobId === jobId && model.kind === 'adapter')
    if (tuned === undefined) throw new Error('no adapter was registered')
    peer.control({ down: true })
    const { comparisonId } = await engine.request('comparisons.create', {
      name: null, modelIds: [modelId, tuned.id], prompts: { kind: 'dataset', datasetId, part: 'held-out', limit: 8 }, sampling: { temperature: 0, topP: 1, maxNewTokens: 32, seed: 1 }, precision: 'float32',
    })
    const done = await engine.until('the comparison ends', async () => {
      const found = await engine.request('comparisons.get', { comparisonId })
      return found.state === 'done' || found.state === 'failed' ? found : null
    }, 180_000)
    expect(done).toMatchObject({ state: 'done', error: null, doneAnswers: 16 })
    peer.control({ down: false })
    expect(peer.jobs()).toHaveLength(1)
  })

  it('is stopped with what it had saved', async () => {
    const jobId = await create(await requestFor('Stopped', 100_000))
    await engine.until('it trains', async () => (await engine.request('jobs.get', { jobId })).job.step >= 2 || null, 120_000)
    await engine.request('jobs.cancel', { jobId, mode: 'save' })
    const detail = await engine.jobEnds(jobId)
    expect(detail.job.state).toBe('cancelled')
    expect((await engine.request('models.list', undefined)).some((model) => model.jobId === jobId)).toBe(true)
  })

  it('names the action that was refused, and fails nothing else', async () => {
    peer.control({ deny: ['sagemaker:CreateTrainingJob'] })
    const jobId = await create(await requestFor('Refused', 20))
    const { job } = await engine.jobEnds(jobId)
    expect(job).toMatchObject({ state: 'failed', cause: { kind: 'access-denied', details: { action: 'sagemaker:CreateTrainingJob' } } })
    peer.control({ deny: [] })
  })

  it('waits with the command to type when the login has run out, and goes on by itself (catches an expired login that fails a job)', async () => {
    peer.control({ loginExpired: true })
    const jobId = await create(await requestFor('Waits for a login', 8))
    const phase = await engine.until('it says what to do', async () => (await engine.request('jobs.get', { jobId })).job.phase?.attention === true ? (await engine.request('jobs.get', { jobId })).job.phase : null)
    expect(phase?.command).toMatch(/^aws /)
    peer.control({ loginExpired: false })
    expect((await engine.jobEnds(jobId)).job.state).toBe('succeeded')
  })
})
