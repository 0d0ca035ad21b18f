import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConnectionId, DatasetId, JobId, ModelId } from '../../../electron/shared/ids'
import { connectionKey } from '../../../electron/shared/settings'
import type { JobRequest } from '../../../electron/shared/job-spec'
import { startOpenaiPeer } from '../../peers/openai-peer'
import type { OpenaiPeer } from '../../peers/openai-peer'
import { sampleKnowledge } from '../../peers/sample-knowledge'
import { startEngine, useTestPython } from '../../support/start-engine'
import type { TestEngine } from '../../support/start-engine'

const base = 'gpt-4.1-mini-2025-04-14'
let peer: OpenaiPeer
let engine: TestEngine
let connectionId: ConnectionId
let datasetId: DatasetId
let modelId: ModelId

beforeAll(async () => {
  peer = await startOpenaiPeer({ stepMs: 40, knows: sampleKnowledge() })
  engine = await startEngine()
  // Nothing here needs it; where there is one, it must not be asked about a model that only the service has.
  await useTestPython(engine)
  datasetId = (await engine.request('datasets.addSample', undefined)).datasetId
  connectionId = (await engine.request('connections.add', { kind: 'openai', name: 'Peer', preset: 'custom', baseUrl: peer.baseUrl, organization: null, project: null })).connectionId
})
afterAll(async () => {
  await engine.close()
  await peer.close()
})

async function requestFor(name: string, change: Partial<JobRequest> = {}): Promise<JobRequest> {
  const { settings } = await engine.request('jobs.defaults', { modelId, datasetId, backend: 'openai', method: null })
  return {
    name, backend: 'openai', modelId, datasetId, device: { kind: 'auto' }, settings, budget: null,
    cloud: { kind: 'openai', connectionId, epochs: 2, batchSize: 'auto', learningRateMultiplier: 'auto', suffix: 'test', trainingType: null }, ...change,
  }
}
async function create(request: JobRequest): Promise<JobId> {
  const created = await engine.request('jobs.create', request)
  if ('refused' in created) throw new Error(JSON.stringify(created.refused))
  return created.jobId
}

describe('a job at a service, without a window', () => {
  it('is checked before anything is sent: first no key, then a key that is taken (catches a key that stays unread until a restart)', async () => {
    const before = await engine.request('connections.check', { connectionId, instanceType: null })
    expect(before.check?.items.find(({ id }) => id === 'key')?.state).not.toBe('ok')
    await engine.request('secrets.set', { name: connectionKey(connectionId), value: peer.key })
    expect(await engine.request('secrets.state', undefined)).toContainEqual({ name: connectionKey(connectionId), hasKey: true, kept: 'session-only' })
    const { check } = await engine.request('connections.check', { connectionId, instanceType: null })
    expect(check?.items.filter(({ state }) => state !== 'ok' && state !== 'warning')).toEqual([])
    expect(check?.bases.map(({ name }) => name)).toContain(base)
    modelId = (await engine.request('models.addRemote', { connectionId, name: base, deployment: null })).modelId
  })

  it('is quoted, runs with a live curve, is billed, and its model answers beside its base', async () => {
    const request = await requestFor('At a service')
    const plan = await engine.request('jobs.plan', request)
    expect(plan.issues.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(plan.cloud?.quote.lowUsd).toBeGreaterThan(0)
    const jobId = await create(request)
    const detail = await engine.jobEnds(jobId)
    expect(detail.job).toMatchObject({ state: 'succeeded', phase: null, device: { kind: 'cloud' } })
    const curve = await engine.request('metrics.tail', { jobId, afterSeq: -1, limit: 50_000 })
    const steps = [...curve.step]
    expect(steps.length).toBeGreaterThan(3)
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    expect(detail.quote).toEqual(plan.cloud?.quote)
    expect(detail.bill).toMatchObject({ final: true })
    expect(detail.bill?.usd).toBeGreaterThan(0)
    const tuned = (await engine.request('models.list', undefined)).find((model) => model.jobId === jobId && model.checkpointStep === null)
    expect(tuned).toMatchObject({ kind: 'remote-tuned', baseModelId: modelId, remote: { connectionId } })
    if (tuned === undefined) throw new Error('no model was registered')
    const { comparisonId } = await engine.request('comparisons.create', {
      name: null, modelIds: [modelId, tuned.id], prompts: { kind: 'dataset', datasetId, part: 'held-out', limit: 40 }, sampling: { temperature: 0, topP: 1, maxNewTokens: 64, seed: 1 }, precision: 'float32',
    })
    const done = await engine.until('the comparison ends', async () => {
      const found = await engine.request('comparisons.get', { comparisonId })
      return found.state === 'done' || found.state === 'failed' ? found : null
    })
    expect(done).toMatchObject({ state: 'done', error: null })
    expect(done.pairs[0]?.verdict).toBe('better')
    const { rows, budget } = await engine.request('ledger.get', undefined)
    expect(rows.map(({ kind }) => kind).toSorted()).toEqual(['answers', 'answers', 'training'])
    expect(budget.usedUsd).toBeGreaterThan(detail.bill?.usd ?? 0)
    expect(peer.violations).toEqual([])
    expect(peer.jobsOf(jobId)).toHaveLength(1)
  })

  it('goes on while the app is closed, and is caught up with no event twice (catches a job that is made again by a restart)', async () => {
    const jobId = await create(await requestFor('Outlives the app'))
    await engine.until('it trains', async () => (await engine.request('jobs.get', { jobId })).job.step >= 2 || null)
    await engine.restart()
    const { job } = await engine.jobEnds(jobId)
    expect(job.state).toBe('succeeded')
    const steps = [...(await engine.request('metrics.tail', { jobId, afterSeq: -1, limit: 50_000 })).step]
    expect(new Set(steps).size).toBe(steps.length)
    expect(peer.jobsOf(jobId)).toHaveLength(1)
  })

  it('is stopped on request, and a budget below its quote refuses the start', async () => {
    peer.control.hold = true
    const jobId = await create(await requestFor('Stopped'))
    await engine.until('it is there', async () => (await engine.request('jobs.get', { jobId })).remoteId)
    await engine.request('jobs.cancel', { jobId, mode: 'save' })
    expect((await engine.jobEnds(jobId)).job.state).toBe('cancelled')
    peer.control.hold = false
    const refused = await engine.request('jobs.create', await requestFor('Too dear', { budget: { limitUsd: 0.0001, stop: true } }))
    expect(refused).toMatchObject({ refused: [{ code: 'over-job-budget' }] })
  })

  it('leaves files and models that can be deleted there, and nothing else (catches a window that deletes what it names)', async () => {
    const jobId = (await engine.request('jobs.list', undefined)).find(({ name }) => name === 'At a service')?.id
    if (jobId === undefined) throw new Error('the job is gone')
    const left = await engine.request('jobs.remoteLeftovers', { jobId })
    expect(left.files.length).toBeGreaterThan(0)
    expect(left.models.length).toBeGreaterThan(0)
    const other = peer.files().map(({ id }) => id).find((id) => !left.files.some((file) => file.id === id)) ?? 'file-none'
    await engine.request('jobs.deleteRemote', { jobId, files: [...left.files.map(({ id }) => id), other], models: left.models.map(({ name }) => name) })
    expect(await engine.request('jobs.remoteLeftovers', { jobId })).toMatchObject({ files: [], models: [] })
    if (other !== 'file-none') expect(peer.files().map(({ id }) => id)).toContain(other)
    expect((await engine.request('models.list', undefined)).filter((model) => model.jobId === jobId)).toEqual([])
  })

  it('of another installation can be adopted, once (catches a job that is offered although it is here)', async () => {
    peer.control.hold = false
    const elsewhere = await startEngine()
    const { connectionId: theirs } = await elsewhere.request('connections.add', { kind: 'openai', name: 'Same peer', preset: 'custom', baseUrl: peer.baseUrl, organization: null, project: null })
    await elsewhere.request('secrets.set', { name: connectionKey(theirs), value: peer.key })
    const offered = await elsewhere.request('connections.adoptable', { connectionId: theirs })
    const job = offered.find(({ name }) => name === 'Outlives the app')
    if (job === undefined) throw new Error(JSON.stringify(offered))
    const { jobId } = await elsewhere.request('connections.adopt', { connectionId: theirs, remoteId: job.remoteId })
    const detail = await elsewhere.jobEnds(jobId)
    expect(detail.job).toMatchObject({ state: 'succeeded', name: 'Outlives the app' })
    expect((await elsewhere.request('metrics.tail', { jobId, afterSeq: -1, limit: 50_000 })).step.length).toBeGreaterThan(3)
    expect((await elsewhere.request('connections.adoptable', { connectionId: theirs })).map(({ remoteId }) => remoteId)).not.toContain(job.remoteId)
    await elsewhere.close()
  })

  it('keeps its key out of everything that is written (catches a key in the database, a log, a run folder or a push)', () => {
    expect(JSON.stringify(engine.pushes)).not.toContain(peer.key)
    expect(engine.logs.join('\n')).not.toContain(peer.key)
  })
})
