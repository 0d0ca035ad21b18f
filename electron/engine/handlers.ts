import { basename } from 'node:path'
import type { Caller, Handlers, Output } from '../shared/requests'
import { connectionKey } from '../shared/settings'
import type { AppSettings, SecretName } from '../shared/settings'
import type { MainPort } from '../shared/main-port'
import { AppError } from '../shared/app-error'
import type { Services } from './compose'
import { createJobFiles } from './job-files'
import { createLibraryFiles } from './library-files'
import { createMaintenance } from './maintenance'
import { createTerminals } from './terminals'
import type { Log } from './router'
import type { Push } from './windows'

export interface HandlerDeps {
  readonly services: Services
  readonly main: MainPort
  readonly push: Push
  readonly log: Log
}

const pickers = {
  dataset: { title: 'Choose a dataset', kind: 'file', extensions: ['jsonl', 'json', 'ndjson'] },
  evaluation: { title: 'Choose an evaluation file', kind: 'file', extensions: ['jsonl', 'json', 'ndjson'] },
  'model-folder': { title: 'Choose a model folder', kind: 'folder', extensions: [] },
  python: { title: 'Choose a Python interpreter', kind: 'file', extensions: [] },
  wheels: { title: 'Choose a folder of wheels', kind: 'folder', extensions: [] },
  'data-folder': { title: 'Choose a place for the data folder', kind: 'folder', extensions: [] },
  'run-folder': { title: 'Choose a run folder', kind: 'folder', extensions: [] },
  'ca-file': { title: 'Choose a CA certificate', kind: 'file', extensions: ['pem', 'crt', 'cer'] },
} as const

/** One entry per request of the contract. Nothing is decided here: a handler turns input into one call of a service. */
export function createHandlers({ services, main, push, log }: HandlerDeps): Handlers {
  const { hardware, environments, models, hub, datasets, jobs, plans, stores, comparisons, chat, tokens, connections, money, proposals, leftovers } = services
  const jobFiles = createJobFiles(services, main)
  const libraryFiles = createLibraryFiles(services, main, push)
  const maintenance = createMaintenance(services, main, log)
  const terminals = createTerminals(services, push)
  const watches = new Map<number, () => void>()

  const done = null
  const setSettings = async (change: Partial<AppSettings>): Promise<AppSettings> => {
    const caFile = change.hub?.caFile ?? null
    if (caFile !== null && caFile !== stores.settings.get().hub.caFile && !tokens.knows(caFile)) throw new AppError('FILE_TOKEN', 'the CA file was not picked in this session')
    const settings = stores.settings.set(change)
    push('settings.changed', settings)
    if (change.theme !== undefined) await main.setTheme(settings.theme)
    if (change.cloud !== undefined) services.queue.tick()
    if (change.keepAwake !== undefined) services.announcer.tellMain()
    return settings
  }
  const watch = (on: boolean, caller: Caller): null => {
    watches.get(caller.id)?.()
    watches.delete(caller.id)
    if (!on) return done
    const stop = hardware.watch()
    watches.set(caller.id, stop)
    caller.onGone(stop)
    return done
  }
  const picked = async (path: string): Promise<NonNullable<Output<'files.pick'>>> => ({ token: tokens.add(path), name: basename(path), path, sizeBytes: await libraryFiles.sizeOf(path) })
  /** A key belongs to a connection that is there. */
  const secretNames = (): readonly SecretName[] => ['huggingface-token', ...connections.list().filter(({ config }) => config.kind === 'openai').map(({ id }) => connectionKey(id))]
  const job = (jobId: Parameters<typeof stores.jobs.rowOf>[0]) => stores.jobs.rowOf(jobId)

  return {
    'hardware.state': () => hardware.state(),
    'hardware.refresh': () => hardware.refresh(),
    'hardware.recent': ({ seconds }) => hardware.recent(seconds),
    'hardware.ofJob': ({ jobId, maxSamples }) => hardware.ofJob(jobId, maxSamples),
    'hardware.watch': ({ on }, caller) => watch(on, caller),

    'environments.list': () => environments.list(),
    'environments.create': ({ profile, wheels }) => ({ environmentId: environments.create(profile, wheels === null ? null : tokens.pathOf(wheels)) }),
    'environments.useExisting': async ({ token }) => ({ environmentId: await environments.useExisting(tokens.pathOf(token)) }),
    'environments.continue': ({ environmentId }) => (environments.resume(environmentId), done),
    'environments.cancel': async ({ environmentId }) => (await environments.cancel(environmentId), done),
    'environments.verify': ({ environmentId }) => (environments.verify(environmentId), done),
    'environments.repair': ({ environmentId }) => (environments.repair(environmentId), done),
    'environments.remove': async ({ environmentId }) => (await environments.remove(environmentId), done),
    'environments.log': ({ environmentId, offset }) => environments.log(environmentId, offset),

    'files.pick': async ({ purpose }) => {
      const path = await main.openDialog(pickers[purpose])
      return path === null ? null : picked(path)
    },
    'files.dropped': ({ path }) => picked(path),

    'models.list': () => models.list(),
    'models.addFolder': ({ token }) => models.addFolder(tokens.pathOf(token), basename(tokens.pathOf(token))),
    'models.remove': ({ modelId, deleteFiles }) => models.remove(modelId, deleteFiles),
    'models.restore': ({ modelId }) => (models.restore(modelId), done),
    'models.rename': ({ modelId, name }) => (models.rename(modelId, name), done),
    'models.openFolder': async ({ modelId }) => (await main.showFolder(models.get(modelId).path), done),
    'models.snippet': ({ modelId }) => ({ language: 'python', text: models.snippet(modelId) }),
    'models.saveMerged': ({ modelId }) => libraryFiles.saveMerged(modelId),
    'models.fromCheckpoint': async ({ jobId, step }) => ({ modelId: await models.fromCheckpoint(jobId, step) }),
    'hub.lookup': ({ hubId, revision }) => hub.lookUp(hubId, revision),
    'hub.download': async ({ hubId, revision }) => ({ downloadId: await hub.download(hubId, revision) }),
    'hub.downloads': () => hub.downloads(),
    'hub.cancel': ({ downloadId }) => (hub.cancel(downloadId), done),
    'hub.dismiss': ({ downloadId }) => (hub.dismiss(downloadId), done),
    'hub.resume': async ({ downloadId }) => ({ downloadId: await hub.resume(downloadId) }),

    'datasets.list': () => datasets.list(),
    'datasets.import': ({ token, evaluation }) => datasets.importFile(tokens.pathOf(token), evaluation === null ? null : tokens.pathOf(evaluation)),
    'datasets.addSample': async () => ({ datasetId: await datasets.addSample() }),
    'datasets.cancelImport': () => (datasets.cancelImport(), done),
    'datasets.rows': ({ datasetId, part, offset, limit }) => datasets.rows(datasetId, part, offset, limit),
    'datasets.remove': ({ datasetId }) => (datasets.remove(datasetId), done),
    'datasets.restore': ({ datasetId }) => (datasets.restore(datasetId), done),
    'datasets.rename': ({ datasetId, name }) => (datasets.rename(datasetId, name), done),
    'datasets.checkTokens': (request) => datasets.checkTokens(request),

    'jobs.defaults': (request) => plans.suggest(request),
    'jobs.plan': (request) => plans.plan(request),
    'jobs.scriptPreview': (request) => jobFiles.preview(request),
    'jobs.create': (request) => jobs.create(request),
    'jobs.createFrom': ({ request, basedOn }) => jobs.createFrom(request, basedOn),
    'jobs.proposal': ({ jobId }) => proposals.proposal(jobId),
    'jobs.list': () => jobs.list(),
    'jobs.get': ({ jobId }) => jobs.get(jobId),
    'jobs.cancel': async ({ jobId, mode }) => (await jobs.cancel(jobId, mode), done),
    'jobs.retry': ({ jobId }) => jobs.retry(jobId),
    'jobs.resume': ({ jobId, step, name }) => jobs.resume(jobId, step, name),
    'jobs.edit': ({ jobId, ...change }) => (jobs.edit(jobId, change), done),
    'jobs.remove': ({ jobId }) => (jobs.remove(jobId), done),
    'jobs.restore': ({ jobId }) => (jobs.restore(jobId), done),
    'jobs.openFolder': async ({ jobId }) => {
      const { runFolder } = stores.jobs.record(jobId)
      if (runFolder === null) throw new AppError('RUN_FOLDER', 'this job has no folder yet')
      await main.showFolder(runFolder)
      return done
    },
    'jobs.importFolder': ({ token }) => jobFiles.importFolder(tokens.pathOf(token)),
    'jobs.file': ({ jobId, file }) => jobFiles.read(jobId, file),

    'connections.list': () => connections.list(),
    'connections.add': (config) => ({ connectionId: connections.add(config) }),
    'connections.change': ({ connectionId, config }) => (connections.change(connectionId, config), done),
    'connections.remove': async ({ connectionId }) => (await connections.remove(connectionId), done),
    'connections.check': ({ connectionId, instanceType }) => connections.check(connectionId, instanceType),
    'connections.retry': ({ connectionId }) => connections.retry(connectionId),
    'connections.adoptable': ({ connectionId }) => connections.adoptable(connectionId),
    'connections.adopt': async ({ connectionId, remoteId }) => ({ jobId: await connections.adopt(connectionId, remoteId) }),
    'models.addRemote': ({ connectionId, name, deployment }) => ({ modelId: models.addRemote({ connectionId, name, deployment, shutdownDate: connections.shutdownDateOf(connectionId, name) }).id }),
    'models.setDeployment': ({ modelId, deployment }) => (models.setDeployment(modelId, deployment), done),
    'jobs.remoteLeftovers': ({ jobId }) => leftovers.list(jobId),
    'jobs.deleteRemote': async ({ jobId, files, models: names }) => (await leftovers.remove(jobId, files, names), done),

    'ledger.get': () => money.ledger(),
    'ledger.saveCsv': () => libraryFiles.saveLedger(),
    'prices.list': () => money.prices.list(),
    'prices.set': (price) => (money.prices.set(price), done),
    'prices.reset': (key) => (money.prices.reset(key), done),
    'prices.fetch': async ({ connectionId }) => ({ changed: await money.prices.fetch(connectionId) }),

    'metrics.tail': ({ jobId, afterSeq, limit }) => stores.metrics.tail(job(jobId), afterSeq, limit),
    'metrics.overview': ({ jobId, metric, maxBuckets }) => stores.metrics.overview(job(jobId), metric, maxBuckets),
    'metrics.window': ({ jobId, fromStep, toStep, limit }) => stores.metrics.window(job(jobId), { fromStep, toStep }, limit),
    'metrics.saveCsv': ({ jobIds }) => jobFiles.saveCsv(jobIds),
    'metrics.savePng': ({ name, png }) => jobFiles.savePng(name, png),

    'terminal.open': (request, caller) => terminals.open(request, caller),
    'terminal.resize': ({ terminalId, columns, rows }) => (terminals.resize(terminalId, columns, rows), done),
    'terminal.ack': ({ terminalId, characters }) => (terminals.acknowledge(terminalId, characters), done),
    'terminal.close': ({ terminalId }) => (terminals.close(terminalId), done),

    'comparisons.list': () => comparisons.list(),
    'comparisons.create': async (request) => ({ comparisonId: await comparisons.create(request) }),
    'comparisons.get': ({ comparisonId }) => comparisons.get(comparisonId),
    'comparisons.answers': ({ comparisonId }) => comparisons.answers(comparisonId),
    'comparisons.cancel': ({ comparisonId }) => (comparisons.cancel(comparisonId), done),
    'comparisons.remove': ({ comparisonId }) => (comparisons.remove(comparisonId), done),
    'comparisons.restore': ({ comparisonId }) => (comparisons.restore(comparisonId), done),
    'comparisons.saveReport': ({ comparisonId }) => libraryFiles.saveReport(comparisonId),
    'chat.send': ({ modelId, messages, sampling, precision }) => ({ replyId: chat.send(modelId, messages, sampling, precision) }),
    'chat.stop': ({ replyId }) => (chat.stop(replyId), done),

    'settings.get': () => stores.settings.get(),
    'settings.set': (change) => setSettings(withoutUndefined(change)),
    'secrets.state': () => Promise.all(secretNames().map(async (name) => ({ name, ...(await main.secretState(name)) }))),
    'secrets.set': async ({ name, value }) => {
      if (!secretNames().includes(name)) throw new AppError('CONNECTION_NOT_FOUND', 'there is no connection for this key')
      return { name, hasKey: true, kept: await main.secretSet(name, value) }
    },
    'secrets.clear': async ({ name }) => {
      await main.secretClear(name)
      return { name, ...(await main.secretState(name)) }
    },
    'storage.usage': () => maintenance.usage(),
    'storage.cleanUp': ({ parts }) => maintenance.cleanUp(parts),
    'storage.move': ({ token }) => maintenance.move(tokens.pathOf(token)),
    'app.about': () => maintenance.about(),
    'app.restart': async () => (await main.restart(), done),
    'app.diagnostics': () => maintenance.diagnostics(),
    'app.openLink': async ({ link, hubId }) => (await maintenance.openLink(link, hubId ?? null), done),
  }
}

/** A field that is there but undefined means "leave as it is". */
function withoutUndefined<T extends object>(change: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }
}
