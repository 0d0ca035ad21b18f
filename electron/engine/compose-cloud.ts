import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createBackends } from '../backends/registry'
import { createOpenaiBackend } from '../backends/openai-backend'
import { createSagemakerBackend } from '../backends/sagemaker-backend'
import { checkProtocolRules } from '../datasets/openai-rules'
import { tokenCounterFor } from '../datasets/openai-tokens'
import { instanceVerdict, proposeInstances } from '../domain/instance-choice'
import { knownBase } from '../domain/openai-bases'
import { exists } from '../process/run-folder'
import { folderSize } from '../process/folder-size'
import { listAdoptableJobs } from '../remote/aws/adoptable-jobs'
import { checkAws } from '../remote/aws/check'
import { awsClients } from '../remote/aws/clients'
import { instanceFacts, trainingInstances } from '../remote/aws/instances'
import { classifyAws, classifyOpenai } from '../remote/classify'
import { createGateway } from '../remote/gateway'
import { answerRemotely } from '../remote/openai/chat'
import { checkOpenai } from '../remote/openai/check'
import { listAdoptable } from '../remote/openai/jobs'
import { fetchSagemakerPrices } from '../remote/prices/fetch-sagemaker'
import { shippedPrices } from '../remote/prices/shipped'
import { createCloudPlans } from '../services/cloud-plans'
import type { ProtocolReport } from '../services/cloud-plans'
import type { AnswerRemotely } from '../services/comparisons'
import { createConnections } from '../services/connections'
import { createMoney } from '../services/money'
import type { AdoptableJob } from '../shared/cloud'
import type { JobId } from '../shared/ids'
import type { JobSpec } from '../shared/job-spec'
import type { MainPort } from '../shared/main-port'
import type { AppSettings } from '../shared/settings'
import type { OpenConnection } from '../remote/connection'
import type { Stores } from '../storage/stores'
import type { Home } from './home'
import type { Ids } from './ids'
import { createLeftovers } from './remote-leftovers'
import type { Push } from './windows'

export interface CloudOptions {
  readonly main: MainPort
  readonly push: Push
  readonly now: () => number
  readonly home: Home
  readonly stores: Stores
  readonly ids: Ids
  readonly settings: () => AppSettings
  readonly templatesFolder: string
  readonly adoptJob: (open: OpenConnection, job: AdoptableJob) => Promise<JobId>
  /** Ends a job whose budget is used up. */
  readonly stopJob: (jobId: JobId) => Promise<void>
  readonly onModelsChanged: () => void
}

/** The part of the engine that runs jobs elsewhere. Its SDKs are loaded with the first call to a place, and no place is called but by the user's wish. */
export function composeCloud({ main, push, now, home, stores, ids, settings, templatesFolder, adoptJob, stopJob, onModelsChanged }: CloudOptions) {
  const connections = createConnections({
    store: stores.connections, jobs: stores.jobs,
    newGateway: (config, key, onState) => createGateway({ classify: (error) => (config.kind === 'aws' ? classifyAws(error, config.profile) : classifyOpenai(error, key)), onState }),
    secretGet: (name) => main.secretGet(name), secretClear: (name) => main.secretClear(name), checkAws, checkOpenai,
    listAdoptable: (open) => ('key' in open ? listAdoptable(open, now()) : listAdoptableJobs(open)), adoptJob,
    release: (open) => {
      if (!('key' in open)) awsClients(open).destroy()
    },
    newId: ids.connection, now, onChanged: (all) => push('connections.changed', all),
  })
  const money = createMoney({
    prices: stores.prices, shipped: shippedPrices, ledger: stores.ledger, jobs: stores.jobs, connections: stores.connections, settings: () => settings().cloud,
    fetchPrices: async (id) => fetchSagemakerPrices(await connections.aws(id)), comparisonName: (id) => stores.comparisons.get(id)?.name ?? 'a comparison', now,
    onChanged: () => push('ledger.changed', null),
  })
  const cloudPlans = createCloudPlans({
    connections: stores.connections, money, now, protocolReport: createProtocolReports(),
    proposeInstances: ({ estimate, chosen, priceOf }) => {
      const highBytes = estimate.kind === 'known' ? estimate.highBytes : null
      const proposed = proposeInstances(trainingInstances.table, highBytes, priceOf)
      const facts = proposed.some(({ instanceType }) => instanceType === chosen) ? null : instanceFacts(chosen)
      return facts === null ? proposed : [...proposed, { ...facts, usdPerHour: priceOf(chosen), verdict: instanceVerdict(highBytes, facts.gpuMemoryBytes) }]
    },
    uploadBytes: async (request, { model, data }) => {
      const files = await Promise.all([data.trainPath, data.evalPath].map(async (path) => (path === null ? 0 : (await stat(path)).size)))
      const bytes = files.reduce((sum, size) => sum + size, 0)
      return request.cloud?.kind === 'sagemaker' ? bytes + (await folderSize(model.spec.path)) : bytes
    },
  })
  const backends = createBackends({
    openai: createOpenaiBackend({ connections }),
    sagemaker: createSagemakerBackend({
      connections, listsFolder: join(templatesFolder, 'environments'),
      // For accounts without a way to PyPI: wheels of our pins for the image's Python, put there by the user.
      wheelsFolder: async () => ((await exists(join(home.root, 'wheels'))) ? join(home.root, 'wheels') : null),
    }),
  })
  const answer: AnswerRemotely = async (model, messages, sampling, { signal, onToken }) =>
    answerRemotely(await connections.openai(model.connectionId), model, messages, sampling, { signal, ...(onToken === null ? {} : { onToken }) })

  const warned = new Set<JobId>()
  /** Bills what was counted; a budget that is used up is said once, and ends the job where the user chose that. */
  const onUsage = (jobId: JobId): void => {
    const verdict = money.onUsage(jobId)
    if (verdict.kind === 'ok') return
    if (verdict.kind === 'stop') void stopJob(jobId)
    if (warned.has(jobId)) return
    warned.add(jobId)
    const { name } = stores.jobs.summary(jobId)
    void main.notify({ title: verdict.kind === 'stop' ? `${name} is stopped: its budget is used up` : `${name} has used up its budget`, body: verdict.reason, openJob: jobId })
  }

  return {
    connections, money, cloudPlans, backends, answerRemotely: answer, onUsage,
    leftovers: createLeftovers({ stores, connections, now, onModelsChanged }),
  }
}

/** Keeps what the protocol's rules said of a dataset and a base: a plan is made with every change of a setting, and reading a large file takes long. */
function createProtocolReports(): (data: JobSpec['data'], base: string) => Promise<ProtocolReport> {
  const kept = new Map<string, Promise<ProtocolReport>>()
  const most = 20
  const read = async ({ trainPath, evalPath }: JobSpec['data'], base: string): Promise<ProtocolReport> => {
    const options = { maxTokens: knownBase(base)?.contextTokens ?? null, tokens: await tokenCounterFor(base) }
    const { signal } = new AbortController()
    const training = await checkProtocolRules(trainPath, { part: 'training', ...options }, signal)
    return { training, validation: evalPath === null ? null : await checkProtocolRules(evalPath, { part: 'validation', ...options }, signal) }
  }
  return (data, base) => {
    const key = `${data.sha256} ${base}`
    const known = kept.get(key)
    if (known !== undefined) return known
    const report = read(data, base)
    kept.set(key, report)
    report.catch(() => kept.delete(key))
    for (const oldest of kept.keys()) if (kept.size > most) kept.delete(oldest)
    return report
  }
}
