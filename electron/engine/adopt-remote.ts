import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { takeUpSagemakerJob } from '../backends/sagemaker-adopt'
import { defaultSettings } from '../domain/defaults'
import type { AdoptableJob, OpenaiOptions } from '../shared/cloud'
import type { JobId } from '../shared/ids'
import type { JobRequest } from '../shared/job-spec'
import type { Models } from '../services/models'
import type { Runs } from '../services/runs'
import type { OpenConnection, OpenOpenai } from '../remote/connection'
import type { Ids } from './ids'

export interface AdoptDeps {
  readonly runs: Pick<Runs, 'adoptRemote'>
  readonly models: Pick<Models, 'list' | 'addRemote'>
  readonly ids: Pick<Ids, 'dataset'>
  readonly runsRoot: string
}
type Adopted = { readonly request: JobRequest; readonly modelName: string; readonly datasetName: string; readonly deviceName: string }

/** Takes a job that another installation sent as one of ours: it is followed from its beginning, as any other. */
export async function adoptRemoteJob({ runs, models, ids, runsRoot }: AdoptDeps, open: OpenConnection, job: AdoptableJob): Promise<JobId> {
  const runFolder = join(runsRoot, job.jobId)
  await mkdir(runFolder, { recursive: true })
  const { request, modelName, datasetName, deviceName } = 'key' in open ? ofService(open, job, { models, ids }) : await ofSagemaker(open, job, runFolder, models)
  runs.adoptRemote(
    job.jobId, { request, modelName, datasetName, device: { kind: 'cloud', name: deviceName } },
    { kind: 'remote', runFolder, startedAtMs: job.createdAtMs, connectionId: open.id, remoteId: job.remoteId },
  )
  return job.jobId
}

/** A service tells the base and nothing of our settings; the data stays unknown. */
function ofService(open: OpenOpenai, job: AdoptableJob, { models, ids }: Pick<AdoptDeps, 'models' | 'ids'>): Adopted {
  const model = models.addRemote({ connectionId: open.id, name: job.model, deployment: null, shutdownDate: null })
  const cloud: OpenaiOptions = { kind: 'openai', connectionId: open.id, epochs: 'auto', batchSize: 'auto', learningRateMultiplier: 'auto', suffix: null, trainingType: null }
  const settings = defaultSettings({ parameters: null, method: 'lora', trainRows: 1, evalRows: 0, device: 'cuda', contextLength: null, lengths: null })
  return {
    request: { name: job.name.slice(0, 120), backend: 'openai', modelId: model.id, datasetId: ids.dataset(), device: { kind: 'auto' }, settings, cloud, budget: null },
    modelName: model.name, datasetName: 'data of another installation', deviceName: new URL(open.config.baseUrl).host,
  }
}

/** The job's own files hold its spec; a base of the same name here becomes the base of what it makes. */
async function ofSagemaker(open: Exclude<OpenConnection, OpenOpenai>, job: AdoptableJob, runFolder: string, models: Pick<Models, 'list'>): Promise<Adopted> {
  const { name, backend, model, data, settings, cloud } = await takeUpSagemakerJob(open, job, runFolder)
  const known = models.list().find((one) => one.name === model.name && one.baseModelId === null)
  return {
    request: { name, backend, modelId: known?.id ?? model.modelId, datasetId: data.datasetId, device: { kind: 'auto' }, settings, cloud: cloud === null ? null : { ...cloud, connectionId: open.id }, budget: null },
    modelName: model.name, datasetName: data.name, deviceName: cloud?.kind === 'sagemaker' ? `${cloud.instanceType} in ${open.config.region}` : open.config.region,
  }
}
