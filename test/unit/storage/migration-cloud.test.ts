import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../../electron/storage/database'
import { migrations } from '../../../electron/storage/migrations/all'
import { createStores } from '../../../electron/storage/stores'
import { jobId, modelId, request, temporaryFolder } from './storage-fixtures'

const before = migrations.filter(({ number }) => number <= 2)

/** A database as the version before wrote it: a base model, two tuned ones, a job whose request names no place, a stored answer. */
function writeVersionTwo(path: string): void {
  const database = openDatabase(path, { migrations: before })
  const { cloud: _cloud, budget: _budget, ...oldRequest } = request('old run')
  const { connection } = database
  connection.prepare(`INSERT INTO training_jobs (id, name, state, backend, base_model_id, base_model, dataset_id, dataset, request, colour, dashed, created_at_ms, finished_at_ms)
    VALUES (?, 'old run', 'succeeded', 'huggingface', ?, 'Toy', 'data_0000000000000001', 'Chat', ?, 1, 0, 10, 20)`).run(jobId(1), modelId(1), JSON.stringify(oldRequest))
  connection.exec(`INSERT INTO base_models VALUES ('${modelId(1)}', 'Toy', 'hub', '/models/toy', 9, 1000, 'LlamaForCausalLM', 512, 1, '<|im_end|>', 'mit', 'org/toy@1', NULL, 1, NULL);
    INSERT INTO fine_tuned_models VALUES ('${modelId(2)}', 'Tuned', 'adapter', '/runs/1/adapter', 5, 1000, 'LlamaForCausalLM', 512, 1, '<|im_end|>', 'mit', NULL, '${modelId(1)}', '${jobId(1)}',
      'lora', 'huggingface', NULL, 1, 'env_0000000000000001', 0.5, 0.75, 12.5, 80.25, NULL, 2, NULL);
    INSERT INTO fine_tuned_models VALUES ('${modelId(3)}', 'Removed', 'full', '/runs/2/model', 6, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL,
      'full', 'unsloth', 20, 1, NULL, NULL, NULL, NULL, NULL, 'The folder is gone.', 3, 99);
    INSERT INTO generations (key, text, tokens, first_token_ms, total_ms, stopped, created_at_ms) VALUES ('key', 'an answer', 2, 1.5, 9, 'length', 4);`)
  database.close()
}

describe('the migration for jobs that run elsewhere', () => {
  it('starts from a database of the version before (catches a test that migrates nothing)', () => {
    expect(before.map(({ number }) => number)).toEqual([1, 2])
    expect(migrations.find(({ number }) => number === 3)?.name).toBe('cloud')
  })

  it('keeps every model, job and answer, and gives what is new its empty value (catches columns that change places while a table is written anew)', () => {
    const path = join(temporaryFolder(), 'tunesmith.db')
    writeVersionTwo(path)
    const database = openDatabase(path)
    expect(database.migrated).toContain(3)
    expect(database.check()).toBeNull()
    const stores = createStores(database.connection)
    const facts = { architecture: 'LlamaForCausalLM', parameters: 1000, contextLength: 512, hasChatTemplate: true, endOfTurn: '<|im_end|>', license: 'mit', problem: null, remote: null }
    expect(stores.models.list()).toMatchObject([
      { ...facts, id: modelId(1), kind: 'hub', path: '/models/toy', sizeBytes: 9, hubId: 'org/toy@1', createdAtMs: 1 },
      { ...facts, id: modelId(2), kind: 'adapter', path: '/runs/1/adapter', sizeBytes: 5, baseModelId: modelId(1), jobId: jobId(1), method: 'lora', backend: 'huggingface', version: 1, bestEvalLoss: 0.5, createdAtMs: 2 },
    ])
    expect(database.connection.prepare('SELECT win_rate, tokens_per_second, latency_ms FROM fine_tuned_models WHERE id = ?').get(modelId(2))).toEqual({ win_rate: 0.75, tokens_per_second: 12.5, latency_ms: 80.25 })
    expect(stores.models.removedBefore(99)).toEqual([modelId(3)])
    expect(stores.models.get(modelId(3))).toMatchObject({ kind: 'full', checkpointStep: 20, problem: 'The folder is gone.', backend: 'unsloth' })
    expect(stores.jobs.record(jobId(1))).toMatchObject({ request: request('old run'), connectionId: null, remoteId: null, usage: null })
    expect(stores.jobs.detail(jobId(1))).toMatchObject({ job: { phase: null, basedOn: null }, quote: null, bill: null, remoteId: null })
    expect(stores.comparisons.generation('key')).toMatchObject({ text: 'an answer', tokens: 2, stopped: 'length' })
    expect([stores.connections.list(), stores.ledger.list(), stores.prices.list()]).toEqual([[], [], []])
    database.close()
  })

  it('lets in the new kinds of model and still refuses others, in both tables (catches a CHECK that went missing)', () => {
    const path = join(temporaryFolder(), 'tunesmith.db')
    writeVersionTwo(path)
    const { connection, close } = openDatabase(path)
    const setBase = connection.prepare('UPDATE base_models SET kind = ?')
    const setMade = connection.prepare('UPDATE fine_tuned_models SET kind = ?')
    expect(setBase.run('remote').changes).toBe(1)
    expect(setMade.run('remote-tuned').changes).toBe(2)
    expect(() => setBase.run('remote-tuned')).toThrow(/CHECK/)
    expect(() => setMade.run('remote')).toThrow(/CHECK/)
    expect(connection.prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND name IN ('fine_tuned_models_job', 'training_jobs_remote') ORDER BY name").pluck().all()).toEqual(['fine_tuned_models_job', 'training_jobs_remote'])
    close()
  })
})
