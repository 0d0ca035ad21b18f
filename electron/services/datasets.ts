import { basename, join } from 'node:path'
import { AppError, messageOf } from '../shared/app-error'
import type { ComparisonPrompt } from '../shared/comparison'
import type { DatasetSummary, ImportProgress, ImportResult, NormalRow, TokenCheck } from '../shared/dataset'
import type { DatasetId, JobId, ModelId } from '../shared/ids'
import type { JobSpec } from '../shared/job-spec'
import { activeStates } from '../shared/job-state-groups'
import { defaultSplit } from '../domain/dataset-split'
import type { ImportOptions, Imported } from '../datasets/import-file'
import type { DatasetsStore } from '../storage/datasets-store'
import type { JobsStore } from '../storage/jobs-store'
import type { Environments } from './environments'
import type { Models } from './models'

export interface DatasetsDeps {
  readonly store: DatasetsStore
  readonly jobs: JobsStore
  readonly models: Pick<Models, 'get'>
  readonly environments: Pick<Environments, 'forDevice'>
  /** Reading and writing files, of electron/datasets. */
  readonly files: {
    importFile(options: ImportOptions): Promise<Imported>
    readRows(path: string, offset: number, limit: number): Promise<readonly NormalRow[]>
    promptKeys(path: string): Promise<ReadonlySet<number>>
    promptKey(prompt: string): number
    textHash(text: string): string
    copy(from: string, to: string): Promise<void>
    exists(path: string): Promise<boolean>
    remove(folder: string): Promise<void>
  }
  /** Runs check_data.py in an environment. Throws CANCELLED after an abort. */
  readonly checkTokens: (request: { readonly python: string; readonly modelPath: string; readonly dataPath: string; readonly maxLength: number; readonly answersOnly: boolean; readonly signal: AbortSignal }) => Promise<TokenCheck>
  readonly fingerprint: (folder: string) => Promise<string>
  readonly root: string
  readonly sampleFolder: string
  readonly newId: () => DatasetId
  readonly now: () => number
  readonly onChanged: () => void
  readonly onProgress: (progress: ImportProgress) => void
}

const partFiles = { train: 'train.jsonl', eval: 'eval.jsonl', 'held-out': 'held-out.jsonl' } as const
export type Part = keyof typeof partFiles

/** The same seed for every import, so that a file imported twice is split the same way. */
const splitSeed = 42

/** Use cases of datasets: bring a file in, look at it, check what a model makes of it, keep it or let it go. */
export function createDatasets(deps: DatasetsDeps) {
  const { store, files } = deps
  let importing: AbortController | null = null
  let importFolder: string | null = null
  const checks = new Map<string, Promise<TokenCheck>>()
  const closing = new AbortController()

  const record = (id: DatasetId) => {
    const found = store.get(id)
    if (found === null) throw new AppError('DATASET_NOT_FOUND', id)
    return found
  }
  const pathOf = (id: DatasetId, part: Part): string => join(record(id).folder, partFiles[part])

  const bringIn = async (kind: DatasetSummary['kind'], name: string, source: string, evaluation: string | null, heldOut: { readonly path: string; readonly rows: number } | null): Promise<ImportResult> => {
    if (importing !== null) throw new AppError('DATASET_INVALID', 'another file is being imported')
    const abort = new AbortController()
    importing = abort
    const id = deps.newId()
    const folder = join(deps.root, id)
    importFolder = folder
    try {
      const result = await files.importFile({
        source, evaluation, folder, split: { ...defaultSplit, seed: splitSeed }, signal: abort.signal,
        onProgress: ({ readBytes, totalBytes, rows }) => deps.onProgress({ name, readBytes, totalBytes, rows }),
      })
      if (result.kind === 'refused') {
        await files.remove(folder)
        return { kind: 'refused', name, report: result.report }
      }
      if (heldOut !== null) await files.copy(heldOut.path, join(folder, partFiles['held-out']))
      const { report, format, rows, trainRows, evalRows, sha256, sizeBytes } = result
      const dataset: DatasetSummary = { id, name, kind, format, sourcePath: source, createdAtMs: deps.now(), sizeBytes, rows, trainRows, evalRows, heldOutRows: heldOut?.rows ?? 0, sha256, report }
      store.add(dataset, folder)
      deps.onChanged()
      return { kind: 'imported', dataset }
    } catch (error) {
      await files.remove(folder)
      if (abort.signal.aborted) throw new AppError('CANCELLED', 'the import was cancelled')
      throw asFileError(error)
    } finally {
      importing = null
      importFolder = null
    }
  }

  return {
    list: () => store.list(),
    get: (id: DatasetId): DatasetSummary => record(id).dataset,

    importFile: (path: string, evaluation: string | null): Promise<ImportResult> => bringIn('file', basename(path), path, evaluation, null),
    /** The folder that an import writes into. */
    busyFolder: (): string | null => importFolder,
    cancelImport: (): void => importing?.abort(),

    /** The sample stands in every installation; asking for it again gives the one that is there. */
    async addSample(): Promise<DatasetId> {
      const known = store.list().find(({ kind }) => kind === 'sample')
      if (known !== undefined) return known.id
      const heldOutPath = join(deps.sampleFolder, 'held-out.jsonl')
      const heldOut = await files.readRows(heldOutPath, 0, 100_000)
      const result = await bringIn('sample', 'Sample: pirate answers', join(deps.sampleFolder, 'pirate-answers.jsonl'), null, { path: heldOutPath, rows: heldOut.length })
      if (result.kind === 'refused') throw new AppError('DATASET_INVALID', 'the bundled sample could not be read')
      return result.dataset.id
    },

    async rows(id: DatasetId, part: Part, offset: number, limit: number) {
      const { dataset } = record(id)
      const total = { train: dataset.trainRows, eval: dataset.evalRows, 'held-out': dataset.heldOutRows }[part]
      return { total, rows: total === 0 ? [] : await files.readRows(pathOf(id, part), offset, limit) }
    },

    /** Prompts with their reference answers: everything before the last answer of each row. */
    async prompts(id: DatasetId, part: 'eval' | 'held-out', limit: number): Promise<{ readonly name: string; readonly prompts: readonly ComparisonPrompt[] }> {
      const { dataset } = record(id)
      const { rows } = await this.rows(id, part, 0, limit)
      return { name: `${dataset.name}, ${part === 'eval' ? 'evaluation rows' : 'held-out prompts'}`, prompts: rows.map(toPrompt) }
    },

    /** How many prompts also stand as a user turn in the training data of one of the models; null for models whose data is gone. */
    async leakedPrompts(prompts: readonly ComparisonPrompt[], modelIds: readonly ModelId[]): Promise<number | null> {
      const jobs = modelIds.map((id) => deps.models.get(id).jobId).filter((id): id is JobId => id !== null)
      const leaked = new Set<number>()
      for (const datasetId of new Set(jobs.map((id) => deps.jobs.find(id)?.request.datasetId ?? null))) {
        const train = datasetId === null ? null : store.get(datasetId)
        if (train === null || !(await files.exists(join(train.folder, partFiles.train)))) return null
        const keys = await files.promptKeys(join(train.folder, partFiles.train))
        for (const { index, messages } of prompts) if (keys.has(files.promptKey(messages.at(-1)?.content ?? ''))) leaked.add(index)
      }
      return leaked.size
    },

    /** What a job needs of its data. Throws DATASET_NOT_FOUND, DATASET_INVALID. */
    async planned(id: DatasetId): Promise<JobSpec['data']> {
      const { dataset } = record(id)
      const trainPath = pathOf(id, 'train')
      if (!(await files.exists(trainPath))) throw new AppError('DATASET_INVALID', `the files of ${dataset.name} are gone`)
      return {
        datasetId: id, name: dataset.name, trainPath, evalPath: dataset.evalRows > 0 ? pathOf(id, 'eval') : null,
        trainRows: dataset.trainRows, evalRows: dataset.evalRows, sha256: dataset.sha256,
      }
    },

    /**
     * The model's own tokenizer and template on every training row; remembered by the hash of data, model and settings. It can take minutes
     * of a core, so who asks for one that runs already waits for that one. Throws CANCELLED after `close`.
     */
    async checkTokens(request: { readonly datasetId: DatasetId; readonly modelId: ModelId; readonly maxLength: number; readonly answersOnly: boolean }): Promise<TokenCheck> {
      const { dataset } = record(request.datasetId)
      const modelPath = deps.models.get(request.modelId).path
      const key = files.textHash(JSON.stringify([1, dataset.sha256, await deps.fingerprint(modelPath), request.maxLength, request.answersOnly]))
      const known = store.tokenCheck(key)
      const running = known ?? checks.get(key)
      if (running !== undefined) return running
      if (closing.signal.aborted) throw new AppError('CANCELLED', 'the app is closing')
      const python = (deps.environments.forDevice('cpu') ?? deps.environments.forDevice('cuda'))?.pythonPath
      if (python === null || python === undefined) throw new AppError('ENVIRONMENT_NOT_READY', 'checking tokens needs a Python environment')
      const check = deps
        .checkTokens({ python, modelPath, dataPath: pathOf(request.datasetId, 'train'), maxLength: request.maxLength, answersOnly: request.answersOnly, signal: closing.signal })
        .then((found) => {
          store.saveTokenCheck(key, found, deps.now())
          return found
        })
        .finally(() => checks.delete(key))
      checks.set(key, check)
      return check
    },

    rename(id: DatasetId, name: string): void {
      store.rename(id, name)
      deps.onChanged()
    },
    /** Hides a dataset; its files stay until it is purged. */
    remove(id: DatasetId): void {
      if (deps.jobs.inStates([...activeStates, 'queued']).some(({ request }) => request.datasetId === id)) throw new AppError('DATASET_IN_USE', 'a job that runs or waits uses this dataset')
      store.remove(id, deps.now())
      deps.onChanged()
    },
    restore(id: DatasetId): void {
      store.restore(id)
      deps.onChanged()
    },
    /** Deletes for good what was removed before a time. */
    async purge(beforeMs: number): Promise<void> {
      for (const id of store.removedBefore(beforeMs)) {
        await files.remove(record(id).folder)
        store.purge(id)
      }
    },

    /** Ends the checks that run; their processes would outlive the app. To be called before the database is closed. */
    async close(): Promise<void> {
      closing.abort()
      await Promise.allSettled(checks.values())
    },
  }
}

/** A file that went away, that may not be read, or that is a folder; and a disk that is full. */
function asFileError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'ENOSPC') return new AppError('DISK_FULL', messageOf(error), { cause: error })
  return ['ENOENT', 'EACCES', 'EPERM', 'EISDIR'].includes(String(code)) ? new AppError('FILE_READ', messageOf(error), { cause: error }) : error
}

export type Datasets = ReturnType<typeof createDatasets>

function toPrompt(row: NormalRow, index: number): ComparisonPrompt {
  if ('prompt' in row) return { index, messages: [{ role: 'user', content: row.prompt }], reference: row.completion }
  const last = row.messages.at(-1)
  return { index, messages: row.messages.slice(0, -1), reference: last?.role === 'assistant' ? last.content : null }
}
