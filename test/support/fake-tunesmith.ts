import { AppError } from '../../electron/shared/app-error'
import type { WireError } from '../../electron/shared/app-error'
import type { ConnectionSummary } from '../../electron/shared/connection'
import type { ComparisonSummary } from '../../electron/shared/comparison'
import type { DatasetSummary } from '../../electron/shared/dataset'
import type { EnvironmentSummary } from '../../electron/shared/environment'
import type { HardwareState } from '../../electron/shared/hardware'
import { DownloadId, FileToken, JobId } from '../../electron/shared/ids'
import type { JobSummary } from '../../electron/shared/job'
import type { DownloadState, ModelSummary } from '../../electron/shared/model'
import type { Ledger, Price } from '../../electron/shared/money'
import type { Input, Output, PushName, Pushes } from '../../electron/shared/requests'
import { defaultSettings } from '../../electron/shared/default-settings'
import type { AppSettings } from '../../electron/shared/settings'
import type { PageRoute, WindowApi } from '../../electron/shared/window-api'
import { cloudHandlers, emptyLedger } from './fake-cloud'
import { fakeDatasets, fakeEnvironment, fakeJobs, fakeMachine, fakeModels, fakePlan, fakeRows, fakeSample, fakeSettings, fakeTokenCheck, jobId, modelId } from './fake-data'

/** What the fake engine holds; tests and the gallery change it before the window starts. */
export interface FakeState {
  jobs: readonly JobSummary[]
  models: readonly ModelSummary[]
  datasets: readonly DatasetSummary[]
  environments: readonly EnvironmentSummary[]
  comparisons: readonly ComparisonSummary[]
  downloads: readonly DownloadState[]
  connections: readonly ConnectionSummary[]
  ledger: Ledger
  prices: readonly Price[]
  machine: HardwareState
  settings: AppSettings
}
export type FakeHandlers = { [R in PageRoute]?: (input: Input<R>) => Output<R> }

export interface FakeTunesmith extends WindowApi {
  readonly state: FakeState
  /** Every request in order, for tests to look at. */
  readonly asked: { readonly route: PageRoute; readonly input: unknown }[]
  push<P extends PushName>(push: P, data: Pushes[P]): void
  /** Replaces or adds the answer of a route; throwing an AppError answers with its code. */
  answer<R extends PageRoute>(route: R, handler: (input: Input<R>) => Output<R>): void
  /** The answer of a route as it stands, for one that adds to it. */
  answerOf<R extends PageRoute>(route: R): ((input: Input<R>) => Output<R>) | undefined
}

const token = FileToken.parse('file_0000000000000001')
const downloadId = DownloadId.parse('dl_0000000000000001')

/** A window API without an engine: answers from memory with the contract's own types. A route that it lacks answers ROUTE_NOT_FOUND. */
export function fakeTunesmith(part: Partial<FakeState> = {}): FakeTunesmith {
  const state: FakeState = {
    jobs: fakeJobs, models: fakeModels, datasets: fakeDatasets, environments: [fakeEnvironment(1)], comparisons: [], downloads: [], connections: [], ledger: emptyLedger, prices: [], machine: fakeMachine, settings: defaultSettings, ...part,
  }
  const listeners = new Map<PushName, Set<(data: never) => void>>()
  const push = <P extends PushName>(name: P, data: Pushes[P]): void => {
    for (const listener of listeners.get(name) ?? []) (listener as (data: Pushes[P]) => void)(data)
  }
  const handlers = handlersOf(state, push)
  const asked: { readonly route: PageRoute; readonly input: unknown }[] = []
  return {
    state,
    asked,
    push,
    answer: (route, handler) => {
      Object.assign(handlers, { [route]: handler })
    },
    answerOf: (route) => handlers[route],
    async request(route, input) {
      asked.push({ route, input })
      await Promise.resolve()
      const handler = handlers[route]
      if (handler === undefined) return { ok: false, error: { code: 'ROUTE_NOT_FOUND', message: `the fake has no answer to ${route}` } }
      try {
        return { ok: true, data: handler(input) }
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        return { ok: false, error: wire(error) }
      }
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set()
      set.add(listener as (data: never) => void)
      listeners.set(name, set)
      return () => set.delete(listener as (data: never) => void)
    },
    dropFile: () => Promise.resolve({ ok: true, data: { token, name: 'dropped.jsonl', path: '/home/ada/dropped.jsonl', sizeBytes: 1200 } }),
  }
}

const wire = (error: AppError): WireError => ({ code: error.code, message: error.message, ...(error.data === undefined ? {} : { data: error.data }) })

function handlersOf(state: FakeState, push: FakeTunesmith['push']): FakeHandlers {
  const changeJob = (id: string, part: Partial<JobSummary>): null => {
    state.jobs = state.jobs.map((job) => (job.id === id ? { ...job, ...part } : job))
    push('jobs.changed', { jobs: state.jobs.filter((job) => job.id === id), removed: [] })
    return null
  }
  const bin = new Map<string, JobSummary>()
  return {
    'hardware.state': () => state.machine,
    'hardware.refresh': () => state.machine,
    'hardware.watch': ({ on }) => {
      if (on) push('hardware.samples', [fakeSample(state.machine)])
      return null
    },
    'hardware.recent': () => [fakeSample(state.machine)],
    'hardware.ofJob': () => [],
    'environments.list': () => state.environments,
    'environments.create': ({ profile }) => {
      const made = fakeEnvironment(9, { name: profile, profile, state: 'installing' })
      state.environments = [...state.environments, made]
      push('environments.changed', state.environments)
      return { environmentId: made.id }
    },
    'environments.log': () => ({ text: '11:42:07 using Python 3.11.9\n11:42:08 driver 580.95.05 supports CUDA 13.0\n11:42:10 resolved 94 packages\n11:42:21 nvidia-cublas 423 MB done\n', nextOffset: 120 }),
    'environments.verify': () => null,
    'environments.repair': () => null,
    'environments.cancel': () => null,
    'environments.continue': () => null,
    'files.pick': ({ purpose }) => ({ token, name: purpose === 'dataset' ? 'answers.jsonl' : 'folder', path: '/home/ada/answers.jsonl', sizeBytes: 20_000 }),
    'models.list': () => state.models,
    'models.addFolder': () => ({ problem: 'The folder has no config.json.' }),
    'models.snippet': () => ({ language: 'python', text: 'from transformers import AutoModelForCausalLM\nmodel = AutoModelForCausalLM.from_pretrained("...")\n' }),
    'models.openFolder': () => null,
    'hub.lookup': ({ hubId, revision }) => ({ hubId, revision, license: 'apache-2.0', gated: false, totalBytes: 8.1 * 2 ** 30, cachedBytes: 2 * 2 ** 30, freeBytes: 612 * 2 ** 30, files: [{ path: 'model-00001-of-00002.safetensors', sizeBytes: 5 * 2 ** 30 }], cachePath: '/home/ada/.local/share/tunesmith/models', parameters: 4.02e9 }),
    'hub.download': () => ({ downloadId }),
    'hub.downloads': () => state.downloads,
    'hub.cancel': () => null,
    'hub.dismiss': () => null,
    'datasets.list': () => state.datasets,
    'datasets.rows': ({ offset, limit }) => ({ rows: fakeRows.slice(offset % 40, (offset % 40) + Math.min(limit, 40)), total: 6091 }),
    'datasets.checkTokens': () => fakeTokenCheck,
    'datasets.addSample': () => {
      const sample = fakeDatasets.find((dataset) => dataset.kind === 'sample')
      if (sample === undefined) throw new AppError('DATASET_NOT_FOUND', 'sample')
      if (!state.datasets.includes(sample)) state.datasets = [...state.datasets, sample]
      push('datasets.changed', state.datasets)
      return { datasetId: sample.id }
    },
    'datasets.rename': () => null,
    'jobs.defaults': ({ method }) => ({ settings: { ...fakeSettings, method: method ?? 'qlora' }, name: 'qwen3-8b-support-r16', reasons: ['8 B parameters in 16-bit need more memory than this GPU has, so the base is loaded in 4-bit.', 'Two epochs suit 6,091 rows.'] }),
    'jobs.plan': ({ settings }) => ({ ...fakePlan, effectiveBatch: settings.microBatch * settings.gradientAccumulation }),
    'jobs.scriptPreview': () => ({ script: '"""Fine-tunes Qwen3-8B."""\nimport json\n', spec: '{\n  "schemaVersion": 1\n}\n' }),
    'jobs.create': () => ({ jobId: jobId(1) }),
    'jobs.list': () => state.jobs,
    'jobs.get': ({ jobId: id }) => {
      const job = state.jobs.find((one) => one.id === id)
      if (job === undefined) throw new AppError('JOB_NOT_FOUND', id)
      const { name, backend, datasetId, settings } = job
      return {
        job, request: { name, backend, modelId: job.modelId, datasetId, device: { kind: 'auto' }, settings, cloud: null, budget: null }, runFolder: '/home/ada/runs/1', end: null,
        checkpoints: [], versions: { torch: '2.13.0' }, trainableParameters: 43.6e6, totalParameters: 8.23e9, trainRows: 6091, evalRows: 321, trainedTokens: 1_082_310, totalTokens: 2_641_744, warnings: [], outputModelId: modelId(11), lineage: [], remoteId: null, quote: null, bill: null,
      }
    },
    'jobs.edit': ({ jobId: id, name, tags, note }) => changeJob(id, { ...(name === undefined ? {} : { name }), ...(tags === undefined ? {} : { tags }), ...(note === undefined ? {} : { note }) }),
    'jobs.cancel': ({ jobId: id }) => changeJob(id, { state: 'cancelling' }),
    'jobs.remove': ({ jobId: id }) => {
      const job = state.jobs.find((one) => one.id === id)
      if (job !== undefined) bin.set(id, job)
      state.jobs = state.jobs.filter((one) => one.id !== id)
      push('jobs.changed', { jobs: [], removed: [JobId.parse(id)] })
      return null
    },
    'jobs.restore': ({ jobId: id }) => {
      const job = bin.get(id)
      if (job !== undefined) {
        state.jobs = [job, ...state.jobs]
        push('jobs.changed', { jobs: [job], removed: [] })
      }
      return null
    },
    ...cloudHandlers(state, push),
    'comparisons.list': () => state.comparisons,
    'settings.get': () => state.settings,
    'settings.set': (part) => {
      state.settings = { ...state.settings, ...Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) }
      push('settings.changed', state.settings)
      return state.settings
    },
    'secrets.state': () => [{ name: 'huggingface-token', hasKey: false, kept: 'sealed-file' }],
    'secrets.set': ({ name }) => ({ name, hasKey: true, kept: 'sealed-file' }),
    'secrets.clear': ({ name }) => ({ name, hasKey: false, kept: 'sealed-file' }),
    'storage.usage': () => ({
      freeBytes: 612 * 2 ** 30,
      parts: [
        { part: 'runs', path: '/home/ada/.local/share/tunesmith/runs', sizeBytes: 9.2 * 2 ** 30, reclaimableBytes: 3.1 * 2 ** 30 },
        { part: 'models', path: '/home/ada/.local/share/tunesmith/models', sizeBytes: 24.5 * 2 ** 30, reclaimableBytes: 0 },
        { part: 'datasets', path: '/home/ada/.local/share/tunesmith/datasets', sizeBytes: 120 * 2 ** 20, reclaimableBytes: 0 },
        { part: 'environments', path: '/home/ada/.local/share/tunesmith/environments', sizeBytes: 8.4 * 2 ** 30, reclaimableBytes: 0 },
        { part: 'database', path: '/home/ada/.local/share/tunesmith/tunesmith.db', sizeBytes: 48 * 2 ** 20, reclaimableBytes: 0 },
        { part: 'logs', path: '/home/ada/.local/share/tunesmith/logs', sizeBytes: 3 * 2 ** 20, reclaimableBytes: 2 * 2 ** 20 },
        { part: 'cache', path: '/home/ada/.local/share/tunesmith/cache', sizeBytes: 1.1 * 2 ** 30, reclaimableBytes: 1.1 * 2 ** 30 },
      ],
    }),
    'app.about': () => ({ version: '0.1.0', electron: '45.4.1', chromium: '152.0', node: '24.18.0', sqlite: '3.53.0', platform: 'linux x64', dataFolder: '/home/ada/.local/share/tunesmith', licenses: [{ name: 'react', version: '19.3.1', license: 'MIT' }, { name: 'zod', version: '4.6.7', license: 'MIT' }] }),
  }
}
