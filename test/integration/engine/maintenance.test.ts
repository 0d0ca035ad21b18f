import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { composeServices } from '../../../electron/engine/compose'
import type { Services } from '../../../electron/engine/compose'
import { createMaintenance } from '../../../electron/engine/maintenance'
import { modelFingerprint } from '../../../electron/process/model-folder'
import type { JobId, ModelId } from '../../../electron/shared/ids'
import type { JobRequest } from '../../../electron/shared/job-spec'
import { createFakeMain } from '../../support/fake-main-port'
import type { FakeMain } from '../../support/fake-main-port'
import { repository, startEngine } from '../../support/start-engine'
import { settings } from '../../unit/storage/storage-fixtures'

const tiny = join(repository, 'test', 'fixtures', 'models', 'tiny-llama')
const secret = 'hf_ThisIsNoRealTokenOfAnybody'

let parent: string
let home: string
let main: FakeMain
let services: Services
let maintenance: ReturnType<typeof createMaintenance>
beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'tunesmith storage '))
  home = join(parent, 'home')
  main = createFakeMain()
  services = composeServices({ home, programFolder: repository, main: main.port, log: () => undefined, push: () => undefined, now: () => Date.now() })
  maintenance = createMaintenance(services, main.port, () => undefined)
  await services.models.ensureDemo()
})
afterEach(async () => {
  await services.environments.close()
  services.announcer.close()
  services.database.close()
  rmSync(parent, { recursive: true, force: true })
})

const fill = (folder: string, bytes = 1000): string => (mkdirSync(folder, { recursive: true }), writeFileSync(join(folder, 'file'), Buffer.alloc(bytes)), folder)
const hubModel = (name: string): ModelId => {
  const path = join(home, 'models', 'hub', `org--${name}`, 'c0ffee0')
  cpSync(tiny, path, { recursive: true })
  return services.models.addBase('hub', name, path, { kind: 'model', sizeBytes: 1, config: {}, configSha: '', parameters: 1, architecture: null, contextLength: 512, hasChatTemplate: true, endOfTurn: null, license: null, basePath: null }, `org/${name}@c0ffee0`).id
}
/** A run that has ended, as its folder and its rows stand then; its adapter is a real folder. */
async function finishedRun(base: ModelId): Promise<{ readonly jobId: JobId; readonly folder: string; readonly adapterId: ModelId }> {
  const { stores, ids } = services
  const jobId = ids.job()
  const folder = join(home, 'runs', jobId)
  const request: JobRequest = { name: 'private name', backend: 'huggingface', modelId: base, datasetId: ids.dataset(), device: { kind: 'cpu' }, settings, cloud: null, budget: null }
  stores.jobs.create({ id: jobId, request, modelName: 'm', datasetName: 'd', state: 'failed', createdAtMs: 1, resume: null, retryOf: null })
  stores.jobs.patch(jobId, { runFolder: folder, end: { exitCode: 1, signal: null, peakMemoryBytes: null, peakGpuMemoryBytes: null, lastLines: ['a private row'], cause: { kind: 'bad-data', evidence: 'a private row', details: {} } } })
  fill(join(folder, 'checkpoints'), 5000)
  const adapter = join(folder, 'adapter')
  mkdirSync(adapter)
  cpSync(join(tiny, 'model.safetensors'), join(adapter, 'adapter_model.safetensors'))
  writeFileSync(join(adapter, 'adapter_config.json'), '{"peft_type":"LORA"}')
  const adapterId = (await services.models.collect(jobId, []))?.id
  if (adapterId === undefined) throw new Error('the adapter was not registered')
  return { jobId, folder, adapterId }
}
const usageOf = async (part: string) => (await maintenance.usage()).parts.find((known) => known.part === part)

describe('cleaning up', () => {
  it('frees what nothing names, counts it before, and leaves every result', async () => {
    const kept = hubModel('kept')
    const run = await finishedRun(kept)
    const datasetId = await services.datasets.addSample()
    const waste = [
      fill(join(home, 'runs', 'job_of_nobody'), 3000), fill(join(home, 'models', 'hub', 'org--left', 'abandoned'), 4000), fill(join(home, 'datasets', 'data_of_nobody'), 2000),
      fill(join(home, 'environments', 'env_of_nobody'), 1000), fill(join(home, 'cache', 'old'), 500),
    ]
    const old = join(home, 'logs', 'engine.log.1')
    writeFileSync(old, 'x'.repeat(100))
    writeFileSync(join(home, 'logs', 'engine.log'), 'now')
    const { parts, freeBytes } = await maintenance.usage()
    expect(Object.fromEntries(parts.map(({ part, reclaimableBytes }) => [part, reclaimableBytes]))).toEqual({ runs: 3000, models: 4000, datasets: 2000, environments: 1000, cache: 500, logs: 100, database: 0 })
    expect(freeBytes).toBeGreaterThan(0)
    expect(parts.find(({ part }) => part === 'database')?.sizeBytes).toBeGreaterThan(10_000)
    expect(await maintenance.cleanUp(['runs', 'models', 'datasets', 'environments', 'cache', 'logs'])).toEqual({ freedBytes: 10_600 })
    for (const path of [...waste, old]) expect(existsSync(path), path).toBe(false)
    for (const path of [run.folder, services.models.get(kept).path, join(home, 'logs', 'engine.log'), join(home, 'datasets', datasetId)]) expect(existsSync(path), path).toBe(true)
    expect((await maintenance.usage()).parts.map(({ reclaimableBytes }) => reclaimableBytes)).toEqual([0, 0, 0, 0, 0, 0, 0])
  })

  it('takes removed runs for good but not the model that one made and that is still in the list', async () => {
    const { jobId, folder, adapterId } = await finishedRun(hubModel('base'))
    services.jobs.remove(jobId)
    await maintenance.cleanUp(['runs'])
    expect(readdirSync(folder)).toEqual(['adapter'])
    expect(services.stores.jobs.find(jobId)).toBeNull()
    expect(services.models.get(adapterId).path).toBe(join(folder, 'adapter'))
    expect((await usageOf('runs'))?.reclaimableBytes).toBe(0)
    await services.models.remove(adapterId, false)
    await maintenance.cleanUp(['runs'])
    expect(existsSync(folder)).toBe(false)
  })

  it('keeps a removed run for a day, in which it can come back', async () => {
    const { jobId, folder } = await finishedRun(hubModel('base'))
    services.jobs.remove(jobId)
    await services.jobs.purge()
    expect(existsSync(folder)).toBe(true)
    services.jobs.restore(jobId)
    expect(services.jobs.list().map(({ id }) => id)).toEqual([jobId])
    services.jobs.remove(jobId)
    await services.jobs.purge(Date.now() + 1)
    expect([existsSync(join(folder, 'checkpoints')), existsSync(join(folder, 'adapter'))]).toEqual([false, true])
  })

  // Catches a purge that takes the files of the run that was added from the same folder, or a folder that was never the app's.
  it('leaves the folder of a removed run to the run that took it up again, and folders from elsewhere to the user', async () => {
    const { jobId, folder } = await finishedRun(hubModel('base'))
    const { request } = services.stores.jobs.record(jobId)
    const elsewhere = fill(join(parent, 'team', 'run7'))
    const taken = (runFolder: string): JobId => {
      const id = services.ids.job()
      services.stores.jobs.create({ id, request, modelName: 'm', datasetName: 'd', state: 'succeeded', createdAtMs: 2, resume: null, retryOf: null })
      services.stores.jobs.patch(id, { runFolder })
      return id
    }
    services.jobs.remove(jobId)
    taken(folder)
    const outside = taken(elsewhere)
    services.jobs.remove(outside)
    await services.jobs.purge(Date.now() + 1)
    expect([services.stores.jobs.find(jobId), services.stores.jobs.find(outside)]).toEqual([null, null])
    expect([existsSync(join(folder, 'checkpoints')), existsSync(elsewhere)]).toEqual([true, true])
  })

  it('keeps the checkpoint from which a waiting run is about to go on, although its run was removed (catches a job that loses its start)', async () => {
    const { jobId, folder } = await finishedRun(hubModel('base'))
    const checkpointPath = fill(join(folder, 'checkpoints', 'checkpoint-5'))
    const { request } = services.stores.jobs.record(jobId)
    services.stores.jobs.create({ id: services.ids.job(), request, modelName: 'm', datasetName: 'd', state: 'queued', createdAtMs: 2, resume: { jobId, checkpointPath, step: 5 }, retryOf: null })
    services.jobs.remove(jobId)
    await maintenance.cleanUp(['runs'])
    expect(readdirSync(join(folder, 'checkpoints'))).toEqual(['checkpoint-5'])
  })

  it('deletes datasets that were removed, with their files', async () => {
    const id = await services.datasets.addSample()
    services.datasets.remove(id)
    expect(existsSync(join(home, 'datasets', id))).toBe(true)
    expect((await usageOf('datasets'))?.reclaimableBytes).toBeGreaterThan(1000)
    await maintenance.cleanUp(['datasets'])
    expect(existsSync(join(home, 'datasets', id))).toBe(false)
    expect(() => services.datasets.get(id)).toThrow()
  })
})

describe('removing models', () => {
  it('deletes only files that the app made, refuses the base of another model, and brings back what was only hidden', async () => {
    const base = hubModel('base')
    const { adapterId } = await finishedRun(base)
    await expect(services.models.remove(base, true)).rejects.toMatchObject({ code: 'MODEL_IN_USE' })
    const own = join(parent, 'home-of-the-user')
    cpSync(tiny, own, { recursive: true })
    const added = await services.models.addFolder(own, 'mine')
    if ('problem' in added) throw new Error(added.problem)
    expect(await services.models.remove(added.modelId, true)).toEqual({ undoable: true })
    expect(existsSync(own)).toBe(true)
    services.models.restore(added.modelId)
    expect(services.models.list().map(({ id }) => id)).toContain(added.modelId)
    const adapter = services.models.get(adapterId).path
    expect(await services.models.remove(adapterId, true)).toEqual({ undoable: false })
    expect(existsSync(adapter)).toBe(false)
    expect(await services.models.remove(base, true)).toEqual({ undoable: false })
    const demo = services.models.list().find(({ kind }) => kind === 'demo')
    if (demo === undefined) throw new Error('no demo model')
    await services.models.remove(demo.id, true)
    expect(existsSync(demo.path)).toBe(true)
  })
})

describe('moving the data folder', () => {
  it('copies everything, names the new place everywhere, and a second engine works with it after the old one is gone', async () => {
    const base = hubModel('base')
    const { jobId, adapterId } = await finishedRun(base)
    const datasetId = await services.datasets.addSample()
    const fingerprint = await modelFingerprint(services.models.get(base).path)
    expect(await maintenance.move(parent)).toEqual({ restartNeeded: true })
    const target = join(parent, 'Tunesmith')
    expect(main.dataFolders).toEqual([target])
    services.database.close()
    rmSync(home, { recursive: true })
    expect(readFileSync(join(target, 'tunesmith.db')).includes(`${home}/`)).toBe(false)
    const engine = await startEngine(target)
    try {
      const models = await engine.request('models.list', undefined)
      const pathOf = (id: ModelId) => models.find((model) => model.id === id)?.path ?? ''
      expect(pathOf(adapterId)).toBe(join(target, 'runs', jobId, 'adapter'))
      expect(existsSync(pathOf(adapterId))).toBe(true)
      expect(await modelFingerprint(pathOf(base))).toBe(fingerprint)
      expect((await engine.request('datasets.rows', { datasetId, part: 'train', offset: 0, limit: 2 })).rows).toHaveLength(2)
      expect((await engine.request('jobs.get', { jobId })).job.name).toBe('private name')
      const { settings: suggested } = await engine.request('jobs.defaults', { modelId: base, datasetId, backend: 'huggingface', method: 'lora' })
      expect(suggested.method).toBe('lora')
    } finally {
      await engine.close()
    }
  })

  it('marks environments for repair, since they can not move', async () => {
    const { stores, ids } = services
    const id = ids.environment()
    stores.environments.save({ id, name: 'cpu', profile: 'cpu', state: 'ready', path: join(home, 'environments', id), pythonPath: join(home, 'environments', id, 'bin', 'python'), pythonVersion: '3.11.2', steps: [], packages: {}, sizeBytes: 5, createdAtMs: 1, verifiedAtMs: 1, problem: null, installer: 'pip' })
    await maintenance.move(parent)
    const engine = await startEngine(join(parent, 'Tunesmith'))
    try {
      expect(await engine.request('environments.list', undefined)).toMatchObject([{ id, state: 'broken', path: join(parent, 'Tunesmith', 'environments', id), pythonPath: null, problem: { code: 'moved' } }])
    } finally {
      await engine.close()
    }
  })

  it('refuses a place inside, a place that is taken, and a time when something is written; nothing is left behind', async () => {
    expect(await maintenance.move(join(home, 'runs'))).toMatchObject({ problem: expect.stringContaining('inside') as string })
    mkdirSync(join(parent, 'Tunesmith'))
    expect(await maintenance.move(parent)).toMatchObject({ problem: expect.stringContaining('already') as string })
    rmSync(join(parent, 'Tunesmith'), { recursive: true })
    const comparison = services.ids.comparison()
    services.stores.comparisons.add({ id: comparison, name: 'c', createdAtMs: 1, modelIds: [], datasetId: null, promptSetName: '', sampling: { temperature: 0, topP: 1, maxNewTokens: 1, seed: 1 }, precision: 'float32', device: '', leakedPrompts: 0, prompts: [] })
    expect(await maintenance.move(parent)).toMatchObject({ problem: expect.stringContaining('comparison') as string })
    services.stores.comparisons.remove(comparison, 1)
    expect(existsSync(join(parent, 'Tunesmith'))).toBe(false)
    expect(main.dataFolders).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('takes back what it copied when it fails in the middle', async () => {
    hubModel('base')
    // A socket can't be copied.
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(home, 'logs', 'socket'), resolve))
    try {
      expect(await maintenance.move(parent)).toMatchObject({ problem: expect.stringContaining('Nothing was changed') as string })
    } finally {
      server.close()
    }
    expect(existsSync(join(parent, 'Tunesmith'))).toBe(false)
    expect(main.dataFolders).toEqual([])
  })
})

describe('diagnostics', () => {
  it('hold versions, states and logs, and no secret, row, name or folder of the user', async () => {
    await main.port.secretSet('huggingface-token', secret)
    await finishedRun(hubModel('base'))
    const { openLog } = await import('../../../electron/engine/log-file')
    const log = openLog(join(home, 'logs', 'engine.log'))
    log('error', 'something failed', { path: join(home, 'runs', 'x'), other: join(homedir(), 'thesis', 'data.jsonl'), header: `Bearer ${secret}` })
    const target = join(parent, 'diagnostics.json')
    main.dialogs.push(target)
    expect(await maintenance.diagnostics()).toEqual({ path: target })
    const text = readFileSync(target, 'utf8')
    const bundle = JSON.parse(text) as { jobs: unknown[]; logs: Record<string, string[]>; database: { complaint: unknown } }
    expect(bundle.jobs).toMatchObject([{ state: 'failed', backend: 'huggingface', cause: 'bad-data' }])
    expect(bundle.database.complaint).toBeNull()
    expect(bundle.logs['engine.log']?.join('\n')).toContain('something failed')
    expect(text).toContain('<home>')
    for (const hidden of [secret, 'private', home, homedir(), 'huggingface-token']) expect(text, hidden).not.toContain(hidden)
    main.dialogs.push(null)
    expect(await maintenance.diagnostics()).toBeNull()
  })
})
