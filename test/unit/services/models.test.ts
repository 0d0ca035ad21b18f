import { expect, it } from 'vitest'
import { createModels } from '../../../electron/services/models'
import type { JobRequest } from '../../../electron/shared/job-spec'
import { connectionId, jobId, modelId, newJob, openTemporary, request, settings, temporaryFolder } from '../storage/storage-fixtures'

const cloud: JobRequest['cloud'] = {
  kind: 'sagemaker', connectionId: connectionId(1), trainer: 'huggingface', instanceType: 'ml.g5.xlarge', instanceCount: 1, volumeGb: 30, spot: false, maxRunSeconds: 3600, maxWaitSeconds: null, imageUri: null, hubTokenSecret: null,
}

// Catches hours of a rented GPU that can't be gone on from, because the checkpoints of a whole model stay in the bucket.
it.each([
  ['full', [false, true, true]],
  ['lora', [false, false, false]],
] as const)('of a %s run on SageMaker whose checkpoints are not on this disk, those in the bucket are there: %j', async (method, present) => {
  const { stores } = openTemporary()
  const id = jobId(1)
  stores.jobs.create(newJob(1, { request: { ...request(), backend: 'sagemaker', cloud, settings: { ...settings, method, keepCheckpoints: 2 } } }))
  stores.jobs.patch(id, { runFolder: temporaryFolder() })
  const row = stores.jobs.rowOf(id)
  const events = [30, 10, 20].map((step, seq) => ({ kind: 'checkpoint' as const, seq, tMs: 1, step, path: `/gone/checkpoint-${step}`, evalLoss: null, best: false }))
  stores.ingestor.ingest(row, { events, nextCursor: '1' }, null)
  const models = createModels({
    store: stores.models, jobs: stores.jobs, checkpoints: stores.checkpoints, readFolder: () => Promise.resolve({ kind: 'unusable', problem: 'nothing is there' }), removeFolder: () => Promise.resolve(),
    folderSize: () => Promise.resolve(0), demoFolder: '/demo', ownedRoots: [], newId: () => modelId(1), now: () => 1, onChanged: () => undefined,
  })
  await models.collect(id, [])
  expect(stores.checkpoints.list(id).toSorted((a, b) => a.step - b.step).map((checkpoint) => checkpoint.present)).toEqual(present)
})
