import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { importFile } from '../datasets/import-file'
import { promptKey, promptKeys, readRows, textHash } from '../datasets/read-rows'
import { defaultSettings as defaultTrainingSettings } from '../domain/defaults'
import { totalParameters } from '../domain/model-shape'
import { HardwareSampler } from '../hardware/hardware-sampler'
import { probeHardware } from '../hardware/system-probe'
import { InferenceWorker } from '../inference/inference-worker'
import { environmentFolders } from '../process/environments/environment-folder'
import { folderSize } from '../process/folder-size'
import { modelFingerprint, readModelFolder } from '../process/model-folder'
import { exists } from '../process/run-folder'
import { loadTemplates } from '../process/templates'
import { checkTokens } from '../process/token-check'
import { downloadModel, lookUpModel } from '../remote/hub-client'
import { createChat } from '../services/chat'
import { createComparisons } from '../services/comparisons'
import { createDatasets } from '../services/datasets'
import { createEnvironments } from '../services/environments'
import { createFileTokens } from '../services/file-tokens'
import { createHardware } from '../services/hardware'
import { createHub } from '../services/hub'
import { createInference } from '../services/inference'
import { createJobs } from '../services/jobs'
import { createModels } from '../services/models'
import { createPlans, deviceOf } from '../services/plans'
import { createProposals } from '../services/proposals'
import { createQueue } from '../services/queue'
import { createRuns } from '../services/runs'
import { AppError, messageOf } from '../shared/app-error'
import type { HardwareState } from '../shared/hardware'
import type { JobId } from '../shared/ids'
import type { JobRequest } from '../shared/job-spec'
import { activeStates } from '../shared/job-state-groups'
import type { MainPort } from '../shared/main-port'
import { openDatabase } from '../storage/database'
import { generationKey, referenceKey } from '../storage/generation-key'
import { createStores } from '../storage/stores'
import { createAnnouncer } from './announcer'
import { adoptRemoteJob } from './adopt-remote'
import { composeCloud } from './compose-cloud'
import { earlierRuns } from './earlier-runs'
import { openHome } from './home'
import { createHubFetch } from './hub-fetch'
import { createIds } from './ids'
import { inferencePlace } from './inference-place'
import type { Log } from './router'
import { isWithin, neededPaths, removeExcept } from './run-removal'
import type { Push } from './windows'

export interface EngineOptions {
  readonly home: string
  /** Holds `python-templates/` and `resources/`. */
  readonly programFolder: string
  readonly main: MainPort
  readonly log: Log
  readonly push: Push
  readonly now: () => number
}

/** Builds everything that works: the one place that says which part gets which. Opens the database; starts nothing. */
export function composeServices(options: EngineOptions) {
  const { main, log, push, now } = options
  const home = openHome(options.home)
  const templatesFolder = join(options.programFolder, 'python-templates')
  const resources = join(options.programFolder, 'resources')
  const database = openDatabase(home.database)
  const stores = createStores(database.connection)
  const ids = createIds(now)
  const settings = () => stores.settings.get()
  const removeFolder = (folder: string) => rm(folder, { recursive: true, force: true })

  const hardware = createHardware({
    probe: () => probeHardware(home.root), sampler: new HardwareSampler(), store: stores.hardware, jobs: stores.jobs, runningJobs: () => stores.jobs.inStates(activeStates).flatMap(({ id, device }) => (device === null || device.kind === 'cloud' ? [] : [id])),
    onSamples: (samples) => push('hardware.samples', samples),
    onState: (state) => {
      push('hardware.changed', state)
      queue.tick()
    },
  })
  const environments = createEnvironments({
    store: stores.environments, folders: environmentFolders, root: home.environments, listsFolder: join(templatesFolder, 'environments'),
    driverVersion: hardware.driverVersion, newId: ids.environment, now,
    onChange: (all) => push('environments.changed', all), onLog: (environmentId, text, nextOffset) => push('environment.log', { environmentId, text, nextOffset }),
    onReady: () => queue.tick(), inUse: (id) => stores.jobs.inStates(activeStates).some(({ environmentId }) => environmentId === id),
    onFault: (message, error) => log('error', message, { error: messageOf(error) }),
  })
  const models = createModels({
    store: stores.models, jobs: stores.jobs, checkpoints: stores.checkpoints, readFolder: readModelFolder, removeFolder, folderSize,
    demoFolder: join(resources, 'demo-model'), ownedRoots: [home.models, home.runs], newId: ids.model, now,
    onChanged: () => push('models.changed', models.list()),
  })
  const datasets = createDatasets({
    store: stores.datasets, jobs: stores.jobs, models, environments, root: home.datasets, sampleFolder: join(resources, 'sample-data'), newId: ids.dataset, now,
    files: { importFile, readRows, promptKeys, promptKey, textHash, copy: copyFile, exists, remove: removeFolder },
    checkTokens: (request) => checkTokens({ ...request, templatesFolder }), fingerprint: modelFingerprint,
    onChanged: () => push('datasets.changed', datasets.list()), onProgress: (progress) => push('import.progress', progress),
  })
  const hubFetch = createHubFetch()
  const hub = createHub({
    access: async () => {
      const { hub: wanted } = settings()
      return { endpoint: (process.env['HF_ENDPOINT'] ?? wanted.endpoint).replace(/\/+$/, ''), token: await main.secretGet('huggingface-token'), offline: wanted.offline, fetch: hubFetch(wanted) }
    },
    client: { lookUp: lookUpModel, download: downloadModel }, cacheRoot: home.hubCache, newId: ids.download, now,
    onDownloaded: async (listing, folder) => {
      if (stores.models.byPath(folder) !== null) return
      const read = await readModelFolder(folder)
      if (read.kind === 'unusable') throw new AppError('MODEL_UNUSABLE', read.problem)
      models.addBase('hub', listing.hubId, folder, { ...read.model, license: listing.license ?? read.model.license }, `${listing.hubId}@${listing.revision}`)
    },
    onChanged: (downloads) => push('downloads.changed', downloads),
  })
  const inference = createInference({
    start: (python, device) => new InferenceWorker({ python, script: join(templatesFolder, 'inference_worker.py'), device, onLog: (text) => log('info', 'inference worker', { text: text.slice(0, 2000) }) }),
    environments, place: () => inferencePlace(hardware.known(), stores.jobs, settings(), environments), onIdle: () => queue.tick(),
  })
  const cloud = composeCloud({
    main, push, now, home, stores, ids, settings, templatesFolder, onModelsChanged: () => push('models.changed', models.list()),
    adoptJob: async (open, job) => {
      if (stores.jobs.find(job.jobId) !== null) {
        runs.takeUpAgain(job.jobId)
        return job.jobId
      }
      const jobId = await adoptRemoteJob({ runs, models, ids, runsRoot: home.runs }, open, job)
      money.record(jobId, null)
      return jobId
    },
    stopJob: (jobId) => runs.cancel(jobId, 'save').catch((error: unknown) => log('error', 'a job over its budget could not be stopped', { jobId, error: messageOf(error) })),
  })
  const { backends, connections, money, answerRemotely } = cloud
  const plans = createPlans({
    backends, cloudPlans: cloud.cloudPlans, environments, hardware: hardware.refresh, cpuThreads: () => settings().cpuThreads, model: models.planned, data: ({ datasetId }) => datasets.planned(datasetId),
    needsTemplate: ({ datasetId }) => datasets.get(datasetId).format !== 'prompt-completion',
    tokenCheck: async ({ modelId, datasetId, settings: { maxLength, answersOnly } }) =>
      environments.forDevice('cpu') === null && environments.forDevice('cuda') === null ? null : datasets.checkTokens({ modelId, datasetId, maxLength, answersOnly }),
    earlierRuns: () => earlierRuns(stores), takenNames: () => new Set(stores.jobs.list().map(({ name }) => name)),
    defaults: (method, model, data, device) => defaultTrainingSettings({
      parameters: 'kind' in model.shape ? null : totalParameters(model.shape), method, trainRows: data.trainRows, evalRows: data.evalRows,
      device, contextLength: model.contextLength, lengths: null,
    }),
  })
  const announcer = createAnnouncer({ push, stores, main, settings })
  const changed = (jobId: JobId) => announcer.changed(jobId)
  const runs = createRuns({
    jobs: stores.jobs, ingestor: stores.ingestor, backends, environments, runsRoot: home.runs, supervisorPath: join(templatesFolder, 'supervisor.py'),
    templates: () => loadTemplates(templatesFolder), now,
    resolve: async (request) => {
      const [model, data] = await Promise.all([models.planned(request), datasets.planned(request.datasetId)])
      return { model: model.spec, data }
    },
    beforeStart: inference.release,
    collectOutputs: async (jobId, outputs) => {
      await models.collect(jobId, outputs)
    },
    onUsage: cloud.onUsage,
    wait: async (ms, signal) => {
      await delay(ms, undefined, { signal }).catch(() => undefined)
    },
    onChanged: (jobId) => {
      changed(jobId)
      hardware.settle()
    },
    onStored: (jobId, lastSeq) => announcer.stored(jobId, lastSeq),
    onEnded: (jobId, state) => {
      // A job that ended before it ran is billed as well: with nothing.
      money.settle(jobId)
      connections.changed()
      hardware.settle()
      announcer.ended(jobId, state)
      queue.tick()
    },
    onFault: (message, error) => log('error', message, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  })
  const queue = createQueue({ jobs: stores.jobs, runs, environments, gpus: hardware.gpus, cpuThreads: () => settings().cpuThreads,
    inferenceDevices: inference.busy, onChanged: changed,
    elsewhere: (request) => (request.cloud === null ? null : { kind: 'cloud', name: cloud.cloudPlans.deviceName(request) }), elsewhereLimit: () => settings().cloud.concurrentJobs,
  })
  const jobs = createJobs({
    store: stores.jobs, checkpoints: stores.checkpoints, backends, runs, queue, plans, newId: ids.job, now, onChanged: changed, onQuoted: money.record,
    removeFolder: async (folder) => {
      // A run that was taken up from elsewhere lies in a folder of the user's: only its row goes.
      if (isWithin(folder, home.runs)) await removeExcept(folder, neededPaths(stores))
    },
    names: (request) => ({ modelName: models.get(request.modelId).name, datasetName: datasets.get(request.datasetId).name }),
    onRemoved: (jobId) => announcer.removed(jobId),
  })
  const comparisons = createComparisons({
    store: stores.comparisons, models, inference, answerRemotely, generationKey, referenceKey, fingerprint: modelFingerprint, newId: ids.comparison, now,
    promptsOf: (datasetId, part, limit) => datasets.prompts(datasetId, part, limit), leakedPrompts: (prompts, modelIds) => datasets.leakedPrompts(prompts, modelIds),
    onRemoteAnswer: (id, { remote }, tokens) => {
      if (remote !== null) money.addAnswers(id, remote, tokens)
    },
    onChanged: () => push('comparisons.changed', comparisons.list()), onAnswers: (comparisonId, answers) => push('comparison.answers', { comparisonId, answers }),
  })
  const chat = createChat({
    models, inference,
    answerRemotely: async (model, messages, sampling, options) => {
      const answer = await answerRemotely(model, messages, sampling, options)
      money.addAnswers(null, model, { input: answer.promptTokens ?? 0, output: answer.tokens })
      return answer
    },
    onToken: (token) => push('chat.token', token), onEnd: (end) => push('chat.end', end),
  })
  const proposals = createProposals({
    detail: stores.jobs.detail, curve: (jobId, metric, maxBuckets) => stores.metrics.overview(stores.jobs.rowOf(jobId), metric, maxBuckets), comparisons: stores.comparisons.list,
    usual: async ({ modelId, datasetId, backend, settings: { method } }) => (await plans.suggest({ modelId, datasetId, backend, method })).settings, plan: plans.plan,
    takenNames: () => new Set(stores.jobs.list().map(({ name }) => name)),
  })
  const tokens = createFileTokens(ids.file)

  return {
    home, templatesFolder, resources, database, stores, ids, hardware, environments, models, datasets, hub, inference, plans, runs, queue, jobs, comparisons, chat, tokens, announcer, connections, money, proposals, leftovers: cloud.leftovers,
    deviceOf: (request: JobRequest, state: HardwareState) => deviceOf(request, state, settings().cpuThreads, cloud.cloudPlans.deviceName),
    supervisorPath: join(templatesFolder, 'supervisor.py'),
  }
}
export type Services = ReturnType<typeof composeServices>
