import { z } from 'zod'
import { Precision, Sampling } from './comparison'
import type { ComparisonAnswer, ComparisonPrompt, ComparisonSummary } from './comparison'
import type { DatasetSummary, ImportProgress, ImportResult, NormalRow, TokenCheck } from './dataset'
import { EnvironmentProfile } from './environment'
import type { EnvironmentSummary } from './environment'
import type { HardwareSample, HardwareState } from './hardware'
import { ComparisonId, ConnectionId, DatasetId, DownloadId, EnvironmentId, FileToken, JobId, ModelId } from './ids'
import type { AdoptableJob, RemoteLeftovers } from './cloud'
import { ConnectionConfig } from './connection'
import type { BreakerState, ConnectionSummary } from './connection'
import type { JobDetail, JobSummary, PlanIssue } from './job'
import { Price } from './money'
import type { Ledger } from './money'
import type { RetrainProposal } from './retrain'
import { BackendId, JobName, JobRequest, Method } from './job-spec'
import type { TrainingSettings } from './job-spec'
import type { DownloadState, HubModel, ModelSummary } from './model'
import type { Plan } from './plan'
import { AppSettings, SecretName } from './settings'
import type { AboutInfo, SecretState, StoragePart } from './settings'
import { MetricName } from './training-event'
import type { WireError } from './app-error'

/**
 * The one list of what the window may ask for. Input is checked at the gate (engine/router.ts) with these schemas;
 * output is typed only, since it comes from our own code. `output<T>()` carries the type and nothing else.
 */
interface Route<I extends z.ZodType, O> {
  readonly input: I
  /** Never set: holds the output's type. */
  readonly output?: O
}
const none = z.undefined()
const route =
  <O>() =>
  <I extends z.ZodType>(input: I): Route<I, O> => ({ input })

/** A picked or dropped file or folder. `path` is for showing only. */
export interface PickedFile {
  readonly token: FileToken
  readonly name: string
  readonly path: string
  readonly sizeBytes: number | null
}

const Hub = z.object({ hubId: z.string().regex(/^[\w.-]{1,96}\/[\w.-]{1,96}$/), revision: z.string().regex(/^[\w./-]{1,96}$/) })
const job = z.object({ jobId: JobId })
const connection = z.object({ connectionId: ConnectionId })

/** Typed columns of raw points, oldest first. A metric that a row lacks is NaN; bit i of `nonfinite` marks metricNames[i]. */
export interface PointColumns {
  readonly lastSeq: number
  readonly more: boolean
  readonly seq: Float64Array
  readonly step: Float64Array
  readonly epoch: Float64Array
  readonly tMs: Float64Array
  readonly values: { readonly [M in MetricName]?: Float64Array }
  readonly nonfinite: Uint8Array
}

/**
 * Buckets of a long series: true extremes with their steps, and the last value. `lastEpoch` and `lastTMs` place a bucket on the
 * other x axes; `nonfiniteStep` is the first step with a NaN or infinite value. NaN where there is none.
 */
export interface OverviewColumns {
  readonly lastSeq: number
  readonly rows: number
  readonly bucketRows: number
  readonly firstStep: Float64Array
  readonly lastStep: Float64Array
  readonly lastEpoch: Float64Array
  readonly lastTMs: Float64Array
  readonly nonfiniteStep: Float64Array
  readonly minStep: Float64Array
  readonly min: Float64Array
  readonly maxStep: Float64Array
  readonly max: Float64Array
  readonly last: Float64Array
}

export const requests = {
  // Hardware
  'hardware.state': route<HardwareState>()(none),
  'hardware.refresh': route<HardwareState>()(none),
  'hardware.recent': route<readonly HardwareSample[]>()(z.object({ seconds: z.int().min(1).max(3600) })),
  'hardware.ofJob': route<readonly HardwareSample[]>()(job.extend({ maxSamples: z.int().min(10).max(5000) })),
  /** Live samples flow while at least one window watches. */
  'hardware.watch': route<null>()(z.object({ on: z.boolean() })),

  // Python environments
  'environments.list': route<readonly EnvironmentSummary[]>()(none),
  'environments.create': route<{ environmentId: EnvironmentId }>()(z.object({ profile: EnvironmentProfile.exclude(['existing']), wheels: FileToken.nullable() })),
  'environments.useExisting': route<{ environmentId: EnvironmentId }>()(z.object({ token: FileToken })),
  'environments.continue': route<null>()(z.object({ environmentId: EnvironmentId })),
  'environments.cancel': route<null>()(z.object({ environmentId: EnvironmentId })),
  'environments.verify': route<null>()(z.object({ environmentId: EnvironmentId })),
  'environments.repair': route<null>()(z.object({ environmentId: EnvironmentId })),
  'environments.remove': route<null>()(z.object({ environmentId: EnvironmentId })),
  'environments.log': route<{ text: string; nextOffset: number }>()(z.object({ environmentId: EnvironmentId, offset: z.int().min(0) })),

  // Files that the user picks
  'files.pick': route<PickedFile | null>()(z.object({ purpose: z.enum(['dataset', 'evaluation', 'model-folder', 'python', 'wheels', 'data-folder', 'run-folder', 'ca-file']) })),
  /** Only the preload can send this, for a File that the user dropped. */
  'files.dropped': route<PickedFile>()(z.object({ path: z.string().min(1).max(4096) })),

  // Models
  'models.list': route<readonly ModelSummary[]>()(none),
  'models.addFolder': route<{ modelId: ModelId } | { problem: string }>()(z.object({ token: FileToken })),
  'models.remove': route<{ undoable: boolean }>()(z.object({ modelId: ModelId, deleteFiles: z.boolean() })),
  'models.restore': route<null>()(z.object({ modelId: ModelId })),
  'models.rename': route<null>()(z.object({ modelId: ModelId, name: JobName })),
  'models.openFolder': route<null>()(z.object({ modelId: ModelId })),
  'models.snippet': route<{ language: 'python'; text: string }>()(z.object({ modelId: ModelId })),
  'models.saveMerged': route<{ path: string } | null>()(z.object({ modelId: ModelId })),
  'models.fromCheckpoint': route<{ modelId: ModelId }>()(job.extend({ step: z.int().min(1) })),
  'hub.lookup': route<HubModel>()(Hub),
  'hub.download': route<{ downloadId: DownloadId }>()(Hub),
  'hub.downloads': route<readonly DownloadState[]>()(none),
  'hub.cancel': route<null>()(z.object({ downloadId: DownloadId })),
  'hub.dismiss': route<null>()(z.object({ downloadId: DownloadId })),
  'hub.resume': route<{ downloadId: DownloadId }>()(z.object({ downloadId: DownloadId })),

  // Datasets
  'datasets.list': route<readonly DatasetSummary[]>()(none),
  'datasets.import': route<ImportResult>()(z.object({ token: FileToken, evaluation: FileToken.nullable() })),
  'datasets.addSample': route<{ datasetId: DatasetId }>()(none),
  'datasets.cancelImport': route<null>()(none),
  'datasets.rows': route<{ rows: readonly NormalRow[]; total: number }>()(
    z.object({ datasetId: DatasetId, part: z.enum(['train', 'eval', 'held-out']), offset: z.int().min(0), limit: z.int().min(1).max(200) }),
  ),
  'datasets.remove': route<null>()(z.object({ datasetId: DatasetId })),
  'datasets.restore': route<null>()(z.object({ datasetId: DatasetId })),
  'datasets.rename': route<null>()(z.object({ datasetId: DatasetId, name: JobName })),
  /** Tokenizer and template on the real rows; cached by data hash. */
  'datasets.checkTokens': route<TokenCheck>()(z.object({ datasetId: DatasetId, modelId: ModelId, maxLength: z.int().min(16), answersOnly: z.boolean() })),

  // Jobs
  'jobs.defaults': route<{ settings: TrainingSettings; name: string; reasons: readonly string[] }>()(
    z.object({ modelId: ModelId, datasetId: DatasetId, backend: BackendId, method: Method.nullable() }),
  ),
  'jobs.plan': route<Plan>()(JobRequest),
  'jobs.scriptPreview': route<{ script: string; spec: string }>()(JobRequest),
  'jobs.create': route<{ jobId: JobId } | { refused: readonly PlanIssue[] }>()(JobRequest),
  /** As `jobs.create`, for a run whose settings were changed after another one. */
  'jobs.createFrom': route<{ jobId: JobId } | { refused: readonly PlanIssue[] }>()(z.object({ request: JobRequest, basedOn: JobId })),
  /** What the curves and comparisons of a run that is over speak for. */
  'jobs.proposal': route<RetrainProposal>()(job),
  'jobs.list': route<readonly JobSummary[]>()(none),
  'jobs.get': route<JobDetail>()(job),
  'jobs.cancel': route<null>()(job.extend({ mode: z.enum(['save', 'force']) })),
  'jobs.retry': route<{ jobId: JobId } | { refused: readonly PlanIssue[] }>()(job),
  'jobs.resume': route<{ jobId: JobId } | { refused: readonly PlanIssue[] }>()(job.extend({ step: z.int().min(1), name: JobName.nullable() })),
  'jobs.edit': route<null>()(job.extend({ name: JobName.optional(), tags: z.array(z.string().trim().min(1).max(40)).max(20).optional(), note: z.string().max(10_000).optional(), colour: z.int().min(1).max(8).optional() })),
  'jobs.remove': route<null>()(job),
  'jobs.restore': route<null>()(job),
  'jobs.openFolder': route<null>()(job),
  'jobs.importFolder': route<{ jobId: JobId } | { problem: string }>()(z.object({ token: FileToken })),
  'jobs.file': route<{ text: string; truncated: boolean }>()(job.extend({ file: z.enum(['script', 'spec', 'events', 'console']) })),

  // Places where jobs run elsewhere
  'connections.list': route<readonly ConnectionSummary[]>()(none),
  'connections.add': route<{ connectionId: ConnectionId }>()(ConnectionConfig),
  'connections.change': route<null>()(z.object({ connectionId: ConnectionId, config: ConnectionConfig })),
  'connections.remove': route<null>()(connection),
  /** Asks the place what is missing; `instanceType` chooses the quota that is looked at. */
  'connections.check': route<ConnectionSummary>()(connection.extend({ instanceType: z.string().max(64).nullable() })),
  /** Asks a place again whose breaker is open. */
  'connections.retry': route<BreakerState>()(connection),
  'connections.adoptable': route<readonly AdoptableJob[]>()(connection),
  'connections.adopt': route<{ jobId: JobId }>()(connection.extend({ remoteId: z.string().min(1).max(300) })),
  'models.addRemote': route<{ modelId: ModelId }>()(connection.extend({ name: z.string().min(1).max(300), deployment: z.string().min(1).max(120).nullable() })),
  /** The name under which Azure answers for a model of its; null: none is deployed. */
  'models.setDeployment': route<null>()(z.object({ modelId: ModelId, deployment: z.string().trim().min(1).max(120).nullable() })),
  /** What a job left at its service: its files and its tuned models. */
  'jobs.remoteLeftovers': route<RemoteLeftovers>()(job),
  'jobs.deleteRemote': route<null>()(job.extend({ files: z.array(z.string().max(200)).max(50), models: z.array(z.string().max(300)).max(50) })),

  // Money
  'ledger.get': route<Ledger>()(none),
  'ledger.saveCsv': route<{ path: string } | null>()(none),
  'prices.list': route<readonly Price[]>()(none),
  'prices.set': route<null>()(Price.omit({ origin: true })),
  /** Back to what came with the app, or was fetched. */
  'prices.reset': route<null>()(Price.pick({ place: true, item: true, region: true, unit: true })),
  /** From the AWS Price List API, for one connection's region. Refused unless the user allowed it. */
  'prices.fetch': route<{ changed: number }>()(connection),

  // Series
  'metrics.tail': route<PointColumns>()(job.extend({ afterSeq: z.int().min(-1), limit: z.int().min(1).max(50_000) })),
  'metrics.overview': route<OverviewColumns>()(job.extend({ metric: MetricName, maxBuckets: z.int().min(16).max(20_000) })),
  'metrics.window': route<PointColumns>()(job.extend({ fromStep: z.number(), toStep: z.number(), limit: z.int().min(1).max(50_000) })),
  'metrics.saveCsv': route<{ path: string } | null>()(z.object({ jobIds: z.array(JobId).min(1).max(50) })),
  'metrics.savePng': route<{ path: string } | null>()(z.object({ name: JobName, png: z.instanceof(Uint8Array) })),

  // The terminal of a run
  'terminal.open': route<{ terminalId: number }>()(job.extend({ columns: z.int().min(2).max(1000), rows: z.int().min(2).max(500) })),
  'terminal.resize': route<null>()(z.object({ terminalId: z.int(), columns: z.int().min(2).max(1000), rows: z.int().min(2).max(500) })),
  'terminal.ack': route<null>()(z.object({ terminalId: z.int(), characters: z.int().min(0) })),
  'terminal.close': route<null>()(z.object({ terminalId: z.int() })),

  // Comparison and chat
  'comparisons.list': route<readonly ComparisonSummary[]>()(none),
  'comparisons.create': route<{ comparisonId: ComparisonId }>()(
    z.object({
      name: JobName.nullable(),
      modelIds: z.array(ModelId).min(2).max(8),
      prompts: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('dataset'), datasetId: DatasetId, part: z.enum(['eval', 'held-out']), limit: z.int().min(1).max(5000) }),
        z.object({ kind: z.literal('typed'), prompts: z.array(z.string().trim().min(1).max(20_000)).min(1).max(200) }),
      ]),
      sampling: Sampling,
      precision: Precision,
    }),
  ),
  'comparisons.get': route<ComparisonSummary>()(z.object({ comparisonId: ComparisonId })),
  'comparisons.answers': route<{ prompts: readonly ComparisonPrompt[]; answers: readonly ComparisonAnswer[] }>()(z.object({ comparisonId: ComparisonId })),
  'comparisons.cancel': route<null>()(z.object({ comparisonId: ComparisonId })),
  'comparisons.remove': route<null>()(z.object({ comparisonId: ComparisonId })),
  'comparisons.restore': route<null>()(z.object({ comparisonId: ComparisonId })),
  'comparisons.saveReport': route<{ path: string } | null>()(z.object({ comparisonId: ComparisonId })),
  'chat.send': route<{ replyId: number }>()(
    z.object({
      modelId: ModelId,
      messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string().max(100_000) })).min(1).max(500),
      sampling: Sampling,
      precision: Precision,
    }),
  ),
  'chat.stop': route<null>()(z.object({ replyId: z.int() })),

  // The app
  'settings.get': route<AppSettings>()(none),
  'settings.set': route<AppSettings>()(AppSettings.partial()),
  'secrets.state': route<readonly SecretState[]>()(none),
  'secrets.set': route<SecretState>()(z.object({ name: SecretName, value: z.string().min(1).max(500) })),
  'secrets.clear': route<SecretState>()(z.object({ name: SecretName })),
  'storage.usage': route<{ parts: readonly StoragePart[]; freeBytes: number }>()(none),
  'storage.cleanUp': route<{ freedBytes: number }>()(z.object({ parts: z.array(z.enum(['runs', 'models', 'datasets', 'environments', 'logs', 'cache'])).min(1) })),
  'storage.move': route<{ restartNeeded: boolean } | { problem: string }>()(z.object({ token: FileToken })),
  'app.about': route<AboutInfo>()(none),
  /** Ends the app and starts it again, as after a move of the data folder. Runs go on. */
  'app.restart': route<null>()(none),
  'app.diagnostics': route<{ path: string } | null>()(none),
  'app.openLink': route<null>()(z.object({ link: z.enum(['releases', 'documentation', 'hub-model', 'issues']), hubId: Hub.shape.hubId.optional() })),
} as const satisfies Record<string, Route<z.ZodType, unknown>>

export type Requests = typeof requests
export type RouteName = keyof Requests
export type Input<R extends RouteName> = z.input<Requests[R]['input']>
export type CheckedInput<R extends RouteName> = z.output<Requests[R]['input']>
export type Output<R extends RouteName> = NonNullable<Requests[R]['output']> | Extract<Requests[R]['output'], null>
/** The window a request came from, so that watches and terminals end with it. */
export interface Caller {
  readonly id: number
  /** Registers what must happen when the window goes. */
  onGone(run: () => void): void
}
export type Handlers = { readonly [R in RouteName]: (input: CheckedInput<R>, caller: Caller) => Promise<Output<R>> | Output<R> }

/** Pushes are hints or live samples; the window pulls what it lacks. */
export interface Pushes {
  'jobs.changed': { readonly jobs: readonly JobSummary[]; readonly removed: readonly JobId[] }
  'job.changed': { readonly jobId: JobId; readonly lastSeq: number }
  'hardware.samples': readonly HardwareSample[]
  'hardware.changed': HardwareState
  'environments.changed': readonly EnvironmentSummary[]
  'environment.log': { readonly environmentId: EnvironmentId; readonly text: string; readonly nextOffset: number }
  'models.changed': readonly ModelSummary[]
  'downloads.changed': readonly DownloadState[]
  'datasets.changed': readonly DatasetSummary[]
  'import.progress': ImportProgress
  'terminal.data': { readonly terminalId: number; readonly text: string }
  'terminal.end': { readonly terminalId: number }
  'comparisons.changed': readonly ComparisonSummary[]
  'comparison.answers': { readonly comparisonId: ComparisonId; readonly answers: readonly ComparisonAnswer[] }
  'chat.token': { readonly replyId: number; readonly text: string }
  'chat.end': { readonly replyId: number; readonly tokens: number; readonly firstTokenMs: number; readonly totalMs: number; readonly stopped: 'end-of-turn' | 'length' | 'stopped'; readonly error: WireError | null; readonly device: string }
  'models.mergeProgress': { readonly modelId: ModelId; readonly message: string; readonly doneRatio: number | null }
  'settings.changed': AppSettings
  'connections.changed': readonly ConnectionSummary[]
  'ledger.changed': null
  /** Sent by main through the preload: menu commands and the engine's life. */
  'app.command': { readonly command: AppCommand }
  'app.engine': { readonly state: 'starting' | 'ready' | 'restarting' | 'gone'; readonly reason: string | null }
}
export type PushName = keyof Pushes

export const appCommands = [
  'go.home', 'go.datasets', 'go.train', 'go.queue', 'go.models', 'go.compare', 'go.settings',
  'palette', 'primary', 'sidebar', 'stop', 'find', 'import-dataset', 'add-model', 'about', 'shortcuts',
] as const
export type AppCommand = (typeof appCommands)[number] | { readonly openJob: JobId }

/** What travels over the port between window and engine. */
export type PortRequest = { readonly id: number; readonly route: string; readonly input: unknown }
export type PortMessage =
  | { readonly id: number; readonly ok: true; readonly data: unknown }
  | { readonly id: number; readonly ok: false; readonly error: WireError }
  | { readonly push: PushName; readonly data: unknown }
