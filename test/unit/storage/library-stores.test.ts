import { describe, expect, it } from 'vitest'
import type { DatasetSummary, TokenCheck } from '../../../electron/shared/dataset'
import type { EnvironmentSummary } from '../../../electron/shared/environment'
import type { HardwareSample } from '../../../electron/shared/hardware'
import { defaultSettings } from '../../../electron/shared/default-settings'
import type { NewModel } from '../../../electron/storage/models-store'
import { datasetId, environmentId, jobId, modelId, newJob, openTemporary } from './storage-fixtures'

const base: NewModel = {
  id: modelId(1), name: 'Toy', kind: 'demo', path: '/models/toy', sizeBytes: 9, parameters: 1000, architecture: 'LlamaForCausalLM', contextLength: 512, hasChatTemplate: true,
  endOfTurn: '<|im_end|>', license: 'mit', hubId: null, remote: null, createdAtMs: 1, baseModelId: null, jobId: null, method: null, backend: null, checkpointStep: null, environmentId: null,
  bestEvalLoss: null, problem: null,
}
const made: NewModel = {
  ...base, id: modelId(2), name: 'Tuned', kind: 'adapter', path: '/runs/1/adapter', createdAtMs: 2, baseModelId: modelId(1), jobId: jobId(1), method: 'qlora', backend: 'unsloth',
  checkpointStep: null, environmentId: environmentId(1), bestEvalLoss: 0.5,
}

describe('models', () => {
  it('keeps base models and what runs made apart, gives both back whole, and counts versions by name', () => {
    const { stores, database } = openTemporary()
    expect(stores.models.add(base)).toEqual({ ...base, version: null })
    expect(stores.models.add(made)).toEqual({ ...made, version: 1 })
    expect(stores.models.add({ ...made, id: modelId(3), createdAtMs: 3, checkpointStep: 20 }).version).toBe(2)
    expect(stores.models.add({ ...made, id: modelId(4), createdAtMs: 4, name: 'Other', jobId: jobId(2) }).version).toBe(1)
    expect(stores.models.list().map((model) => model.id)).toEqual([modelId(1), modelId(4), modelId(3), modelId(2)])
    expect(stores.models.ofJob(jobId(1)).map((model) => model.id)).toEqual([modelId(2), modelId(3)])
    expect(stores.models.byPath('/models/toy')?.id).toBe(modelId(1))
    const count = (table: string): unknown => database.connection.prepare(`SELECT COUNT(*) FROM ${table}`).pluck().get()
    expect([count('base_models'), count('fine_tuned_models')]).toEqual([1, 3])
  })

  it('changes, hides, restores and purges both kinds', () => {
    const { stores } = openTemporary()
    for (const model of [base, made]) {
      stores.models.add(model)
      stores.models.patch(model.id, { name: 'New', problem: 'The folder is gone.', sizeBytes: 10, hasChatTemplate: false, bestEvalLoss: 0.4 })
      expect(stores.models.get(model.id)).toMatchObject({ name: 'New', problem: 'The folder is gone.', sizeBytes: 10, hasChatTemplate: false, bestEvalLoss: model === made ? 0.4 : null })
      stores.models.remove(model.id, 50)
      expect(stores.models.list()).toEqual([])
      stores.models.purge(modelId(99))
      stores.models.restore(model.id)
      stores.models.purge(model.id)
      expect(stores.models.list(), 'purge takes only what was removed').toHaveLength(1)
      stores.models.remove(model.id, 60)
      expect(stores.models.removedBefore(59)).toEqual([])
      expect(stores.models.removedBefore(60)).toEqual([model.id])
      stores.models.purge(model.id)
      expect(stores.models.get(model.id)).toBeNull()
    }
    expect(() => stores.models.remove(modelId(1), 1)).toThrow(/no model/)
  })
})

const dataset: DatasetSummary = {
  id: datasetId(1), name: 'Chat', kind: 'file', format: 'sharegpt', sourcePath: '/home/a/chat.json', createdAtMs: 5, sizeBytes: 100, rows: 10, trainRows: 9, evalRows: 1, heldOutRows: 0,
  sha256: 'b'.repeat(64),
  report: {
    format: 'sharegpt', mapping: 'from/value', rows: 11, validRows: 10, emptyLines: 0, duplicateRows: 0, issues: [{ line: 3, code: 'empty-answer', message: 'No answer', severity: 'error' }],
    issueCounts: { 'empty-answer': 1 }, characters: 1000,
  },
}
const check: TokenCheck = {
  rows: 10, encodedRows: 10, totalTokens: 100, trainedTokens: 50, cutRows: 0, rowsLosingAnswer: 0, endOfTurnTrained: true, endOfTurnToken: '<|im_end|>',
  lengths: { p50: 10, p95: 12, max: 13 }, samples: [[{ text: 'a', trained: true, special: false }]], problem: null,
}

describe('datasets, environments, settings, hardware', () => {
  it('keeps a dataset with its report and folder, and a token check under its key', () => {
    const { stores } = openTemporary()
    stores.datasets.add(dataset, '/data/1')
    expect(stores.datasets.get(dataset.id)).toEqual({ dataset, folder: '/data/1' })
    stores.datasets.rename(dataset.id, 'Renamed')
    expect(stores.datasets.list()).toEqual([{ ...dataset, name: 'Renamed' }])
    stores.datasets.remove(dataset.id, 9)
    expect(stores.datasets.list()).toEqual([])
    expect(stores.datasets.get(dataset.id)?.dataset.name, 'jobs still name it').toBe('Renamed')
    stores.datasets.restore(dataset.id)
    expect(stores.datasets.list()).toHaveLength(1)
    stores.datasets.remove(dataset.id, 9)
    expect(stores.datasets.removedBefore(9)).toEqual([dataset.id])
    stores.datasets.purge(dataset.id)
    expect(stores.datasets.get(dataset.id)).toBeNull()
    expect(() => stores.datasets.rename(dataset.id, 'x')).toThrow(/no dataset/)
    expect(stores.datasets.tokenCheck('key')).toBeNull()
    stores.datasets.saveTokenCheck('key', check, 1)
    expect(stores.datasets.tokenCheck('key')).toEqual(check)
  })

  it('replaces what is known of an environment', () => {
    const { stores } = openTemporary()
    const environment: EnvironmentSummary = {
      id: environmentId(1), name: 'CPU', profile: 'cpu', state: 'installing', path: '/env/1', pythonPath: null, pythonVersion: null,
      steps: [{ step: 'create', state: 'running', detail: 'x', durationMs: null, doneRatio: 0.5 }], packages: {}, sizeBytes: null, createdAtMs: 3, verifiedAtMs: null, problem: null,
      installer: null,
    }
    stores.environments.save(environment)
    const failed: EnvironmentSummary = { ...environment, state: 'failed', packages: { torch: '2.13.0' }, installer: 'uv', problem: { code: 'NO_SPACE', message: 'Full', next: 'Free some.' }, sizeBytes: 5 }
    stores.environments.save(failed)
    expect(stores.environments.list()).toEqual([failed])
    stores.environments.delete(environment.id)
    expect(stores.environments.get(environment.id)).toBeNull()
  })

  it('gives defaults for settings that are missing or no longer valid, and keeps the rest', () => {
    const { stores, database } = openTemporary()
    expect(stores.settings.get()).toEqual(defaultSettings)
    expect(stores.settings.set({ theme: 'dark', cpuThreads: 3 })).toEqual({ ...defaultSettings, theme: 'dark', cpuThreads: 3 })
    database.connection.prepare("UPDATE settings SET value = '\"purple\"' WHERE key = 'theme'").run()
    database.connection.prepare("INSERT INTO settings VALUES ('gone', '1')").run()
    expect(stores.settings.get()).toEqual({ ...defaultSettings, cpuThreads: 3 })
    expect(() => stores.settings.set({ cpuThreads: -1 })).toThrow()
    expect(stores.settings.get().cpuThreads).toBe(3)
  })

  it('thins hardware samples evenly to real ones and keeps the last', () => {
    const { stores } = openTemporary()
    stores.jobs.create(newJob(1))
    const row = stores.jobs.rowOf(jobId(1))
    const sample = (i: number): HardwareSample => ({
      tMs: 1_700_000_000_000 + i * 1000, cpuPercent: i % 100, memoryUsedBytes: i, memoryTotalBytes: 1e12,
      gpus: [{
        index: 0, uuid: 'GPU-0', utilisationPercent: i % 100, memoryUsedBytes: i, memoryTotalBytes: 100, temperatureCelsius: null, powerWatts: 1.5, powerLimitWatts: null, smClockMhz: null,
        throttled: false,
      }],
    })
    const all = Array.from({ length: 1000 }, (_, i) => sample(i))
    expect(stores.hardware.read(row, 10)).toEqual([])
    stores.hardware.append(row, all)
    stores.hardware.append(row, all.slice(-1))
    expect(stores.hardware.read(row, 1000)).toEqual(all)
    const thinned = stores.hardware.read(row, 100)
    expect(thinned.length).toBeGreaterThan(90)
    expect(thinned.length).toBeLessThanOrEqual(100)
    expect(thinned.at(-1)).toEqual(all.at(-1))
    for (const one of thinned) expect(one).toEqual(sample((one.tMs - 1_700_000_000_000) / 1000))
  })
})
