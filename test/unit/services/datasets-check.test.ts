import { describe, expect, it, onTestFinished } from 'vitest'
import { createDatasets } from '../../../electron/services/datasets'
import type { DatasetsDeps } from '../../../electron/services/datasets'
import { AppError } from '../../../electron/shared/app-error'
import type { DatasetSummary, TokenCheck } from '../../../electron/shared/dataset'
import type { EnvironmentSummary } from '../../../electron/shared/environment'
import type { ModelSummary } from '../../../electron/shared/model'
import { datasetId, environmentId, modelId, openTemporary } from '../storage/storage-fixtures'

const dataset: DatasetSummary = {
  id: datasetId(1), name: 'Chat', kind: 'file', format: 'sharegpt', sourcePath: '/chat.json', createdAtMs: 5, sizeBytes: 100, rows: 10, trainRows: 9, evalRows: 1, heldOutRows: 0, sha256: 'b'.repeat(64),
  report: { format: 'sharegpt', mapping: 'from/value', rows: 10, validRows: 10, emptyLines: 0, duplicateRows: 0, issues: [], issueCounts: {}, characters: 1000 },
}
const model: ModelSummary = {
  id: modelId(1), name: 'Toy', kind: 'demo', version: null, path: '/models/toy', sizeBytes: 9, parameters: 1000, architecture: null, contextLength: 512, hasChatTemplate: true, endOfTurn: null, license: null, hubId: null,
  remote: null, createdAtMs: 1, baseModelId: null, jobId: null, method: null, backend: null, checkpointStep: null, environmentId: null, bestEvalLoss: null, problem: null,
}
const environment: EnvironmentSummary = {
  id: environmentId(1), name: 'cpu', profile: 'cpu', state: 'ready', path: '/env', pythonPath: '/env/bin/python', pythonVersion: '3.11.2', steps: [], packages: {}, sizeBytes: 5, createdAtMs: 1, verifiedAtMs: 1,
  problem: null, installer: 'pip',
}
const check: TokenCheck = {
  rows: 9, encodedRows: 9, totalTokens: 100, trainedTokens: 50, cutRows: 0, rowsLosingAnswer: 0, endOfTurnTrained: true, endOfTurnToken: null, lengths: { p50: 10, p95: 12, max: 13 }, samples: [], problem: null,
}
const question = { datasetId: dataset.id, modelId: model.id, maxLength: 512, answersOnly: true }

/** Checks that end when the test says so, or when they are aborted as the real one is. */
function setUp() {
  const { stores } = openTemporary()
  stores.datasets.add(dataset, '/data/1')
  const running: { readonly maxLength: number; readonly finish: () => void; readonly fail: (error: Error) => void }[] = []
  const refused = (): never => {
    throw new Error('not part of this test')
  }
  const checkTokens: DatasetsDeps['checkTokens'] = ({ maxLength, signal }) => new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => { reject(new AppError('CANCELLED', 'the check was cancelled')) })
    running.push({ maxLength, finish: () => { resolve(check) }, fail: reject })
  })
  const datasets = createDatasets({
    store: stores.datasets, jobs: stores.jobs, models: { get: () => model }, environments: { forDevice: () => environment },
    files: { importFile: refused, readRows: refused, promptKeys: refused, promptKey: refused, textHash: (text) => text, copy: refused, exists: refused, remove: refused },
    checkTokens, fingerprint: () => Promise.resolve('weights'), root: '/data', sampleFolder: '/sample', newId: refused, now: () => 1, onChanged: refused, onProgress: refused,
  })
  onTestFinished(() => datasets.close())
  /** Until what was asked has come as far as it can without a check's end. */
  const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })
  return { datasets, running, turn }
}

describe('checking tokens', () => {
  it('runs one check for all who ask the same (the page and a start tokenised a million rows twice, side by side)', async () => {
    const { datasets, running, turn } = setUp()
    const asked = [datasets.checkTokens(question), datasets.checkTokens(question), datasets.checkTokens({ ...question, maxLength: 1024 })]
    await turn()
    asked.push(datasets.checkTokens(question))
    await turn()
    expect(running.map(({ maxLength }) => maxLength)).toEqual([512, 1024])
    for (const { finish } of running) finish()
    expect(await Promise.all(asked)).toEqual([check, check, check, check])
    expect(await datasets.checkTokens(question)).toEqual(check)
    expect(running).toHaveLength(2)
  })

  it('asks again after a check that failed (one time-out would be the answer for ever)', async () => {
    const { datasets, running, turn } = setUp()
    const first = datasets.checkTokens(question)
    await turn()
    running[0]?.fail(new AppError('PROCESS_FAILED', 'no answer in time'))
    await expect(first).rejects.toMatchObject({ code: 'PROCESS_FAILED' })
    const second = datasets.checkTokens(question)
    await turn()
    running[1]?.finish()
    expect(await second).toEqual(check)
  })

  it('ends with the app, and none begins after that (a Python went on for half an hour without anybody to tell)', async () => {
    const { datasets, running, turn } = setUp()
    const asked = datasets.checkTokens(question)
    await turn()
    const late = datasets.checkTokens({ ...question, maxLength: 1024 })
    const both = Promise.allSettled([asked, late])
    await datasets.close()
    expect(await both).toMatchObject([{ status: 'rejected', reason: { code: 'CANCELLED' } }, { status: 'rejected', reason: { code: 'CANCELLED' } }])
    await expect(datasets.checkTokens(question)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(running).toHaveLength(1)
  })
})
