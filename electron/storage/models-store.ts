import { AppError } from '../shared/app-error'
import type { RemoteModel } from '../shared/cloud'
import type { ConnectionId, EnvironmentId, JobId, ModelId } from '../shared/ids'
import type { BackendId, Method } from '../shared/job-spec'
import type { ModelSummary } from '../shared/model'
import type { Connection } from './database'
import { fromJsonOrNull, toJsonOrNull } from './json-column'

/** A model to keep; `version` is counted here, from 1 per name, for what a run made. */
export type NewModel = Omit<ModelSummary, 'version'>
export type ModelPatch = Partial<Pick<ModelSummary, 'name' | 'path' | 'sizeBytes' | 'problem' | 'parameters' | 'architecture' | 'contextLength' | 'hasChatTemplate' | 'endOfTurn' | 'license' | 'bestEvalLoss' | 'remote'>>

export interface ModelsStore {
  add(model: NewModel): ModelSummary
  /** Null when there is none; removed ones are found, since lineage names them. */
  get(id: ModelId): ModelSummary | null
  /** Base models first, then what runs made, newest first. */
  list(): ModelSummary[]
  patch(id: ModelId, patch: ModelPatch): void
  /** Hides a model until it is restored or purged. Throws MODEL_NOT_FOUND. */
  remove(id: ModelId, atMs: number): void
  restore(id: ModelId): void
  removedBefore(atMs: number): ModelId[]
  purge(id: ModelId): void
  /** What a run made: its output and models made from its checkpoints. */
  ofJob(job: JobId): ModelSummary[]
  /** The hub model or folder that stands at this path, if it is known. */
  byPath(path: string): ModelSummary | null
  /** What a connection's service calls by this name, if it is known. */
  byRemoteName(connectionId: ConnectionId, name: string): ModelSummary | null
}

interface ModelColumns {
  readonly id: ModelId
  readonly name: string
  readonly kind: ModelSummary['kind']
  readonly path: string
  readonly size_bytes: number
  readonly parameters: number | null
  readonly architecture: string | null
  readonly context_length: number | null
  readonly has_chat_template: number
  readonly end_of_turn: string | null
  readonly license: string | null
  readonly hub_id: string | null
  readonly remote: string | null
  readonly created_at_ms: number
  readonly problem: string | null
  readonly base_model_id: ModelId | null
  readonly job_id: JobId | null
  readonly method: Method | null
  readonly backend: BackendId | null
  readonly checkpoint_step: number | null
  readonly version: number | null
  readonly environment_id: EnvironmentId | null
  readonly best_validation_loss: number | null
}

const sharedColumns = 'id, name, kind, path, size_bytes, parameters, architecture, context_length, has_chat_template, end_of_turn, license, hub_id, remote, created_at_ms, problem'
const runColumns = 'base_model_id, job_id, method, backend, checkpoint_step, version, environment_id, best_validation_loss'
const bothTables = `(
  SELECT 0 AS made, deleted_at_ms, ${sharedColumns}, ${runColumns.split(', ').map((column) => `NULL AS ${column}`).join(', ')} FROM base_models
  UNION ALL SELECT 1, deleted_at_ms, ${sharedColumns}, ${runColumns} FROM fine_tuned_models)`

export function createModelsStore(connection: Connection): ModelsStore {
  const select = `SELECT * FROM ${bothTables}`
  const byId = connection.prepare<[string], ModelColumns>(`${select} WHERE id = ?`)
  const all = connection.prepare<[], ModelColumns>(`${select} WHERE deleted_at_ms IS NULL ORDER BY made, created_at_ms DESC, id DESC`)
  const ofJob = connection.prepare<[string], ModelColumns>(`${select} WHERE job_id = ? AND deleted_at_ms IS NULL ORDER BY created_at_ms, id`)
  const byPath = connection.prepare<[string], ModelColumns>(`${select} WHERE path = ? AND deleted_at_ms IS NULL LIMIT 1`)
  const byRemoteName = connection.prepare<[string, string], ModelColumns>(`${select} WHERE remote ->> 'connectionId' = ? AND remote ->> 'name' = ? AND deleted_at_ms IS NULL LIMIT 1`)
  const removedBefore = connection.prepare<[number], ModelId>(`SELECT id FROM ${bothTables} WHERE deleted_at_ms <= ? ORDER BY deleted_at_ms`).pluck()
  const insertBase = connection.prepare(`INSERT INTO base_models (${sharedColumns}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`)
  const insertMade = connection.prepare(`INSERT INTO fine_tuned_models (${sharedColumns}, ${runColumns})
    VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?, ?,?,?,?,?, (SELECT COALESCE(MAX(version), 0) + 1 FROM fine_tuned_models WHERE name = ?), ?,?)`)
  const tables = ['base_models', 'fine_tuned_models'] as const
  const setDeleted = tables.map((table) => connection.prepare(`UPDATE ${table} SET deleted_at_ms = ? WHERE id = ?`))
  const purge = tables.map((table) => connection.prepare(`DELETE FROM ${table} WHERE id = ? AND deleted_at_ms IS NOT NULL`))

  const get = (id: ModelId): ModelSummary | null => {
    const columns = byId.get(id)
    return columns === undefined ? null : toModel(columns)
  }
  const mark = (id: ModelId, atMs: number | null): void => {
    if (setDeleted.every((statement) => statement.run(atMs, id).changes === 0)) throw new AppError('MODEL_NOT_FOUND', `There is no model ${id}.`)
  }
  return {
    add(m) {
      const common = [
        m.id, m.name, m.kind, m.path, m.sizeBytes, m.parameters, m.architecture, m.contextLength, m.hasChatTemplate ? 1 : 0, m.endOfTurn, m.license, m.hubId, toJsonOrNull(m.remote), m.createdAtMs, m.problem,
      ]
      if (isMade(m.kind)) {
        insertMade.run(...common, m.baseModelId, m.jobId, m.method, m.backend, m.checkpointStep, m.name, m.environmentId, m.bestEvalLoss)
      } else insertBase.run(...common)
      return get(m.id) ?? { ...m, version: null }
    },
    get,
    list: () => all.all().map(toModel),
    patch(id, change) {
      const columns = columnsOfPatch(change)
      const model = get(id)
      if (model === null) throw new AppError('MODEL_NOT_FOUND', `There is no model ${id}.`)
      const made = isMade(model.kind)
      const kept = columns.filter(([column]) => made || column !== 'best_validation_loss')
      if (kept.length === 0) return
      connection.prepare(`UPDATE ${made ? tables[1] : tables[0]} SET ${kept.map(([column]) => `${column} = ?`).join(', ')} WHERE id = ?`).run(...kept.map(([, value]) => value), id)
    },
    remove: (id, atMs) => mark(id, atMs),
    restore: (id) => mark(id, null),
    removedBefore: (atMs) => removedBefore.all(atMs),
    purge(id) {
      for (const statement of purge) statement.run(id)
    },
    ofJob: (job) => ofJob.all(job).map(toModel),
    byRemoteName(connectionId, name) {
      const columns = byRemoteName.get(connectionId, name)
      return columns === undefined ? null : toModel(columns)
    },
    byPath(path) {
      const columns = byPath.get(path)
      return columns === undefined ? null : toModel(columns)
    },
  }
}

/** What a run made; the others are bases. */
const isMade = (kind: ModelSummary['kind']): boolean => kind === 'adapter' || kind === 'full' || kind === 'remote-tuned'

function toModel(c: ModelColumns): ModelSummary {
  return {
    id: c.id, name: c.name, kind: c.kind, path: c.path, sizeBytes: c.size_bytes, parameters: c.parameters, architecture: c.architecture,
    contextLength: c.context_length, hasChatTemplate: c.has_chat_template === 1, endOfTurn: c.end_of_turn, license: c.license, hubId: c.hub_id, remote: fromJsonOrNull<RemoteModel>(c.remote),
    createdAtMs: c.created_at_ms, baseModelId: c.base_model_id, jobId: c.job_id, method: c.method, backend: c.backend, checkpointStep: c.checkpoint_step,
    version: c.version, environmentId: c.environment_id, bestEvalLoss: c.best_validation_loss, problem: c.problem,
  }
}

function columnsOfPatch(change: ModelPatch): (readonly [column: string, value: string | number | null])[] {
  const columns: (readonly [string, string | number | null])[] = []
  if (change.name !== undefined) columns.push(['name', change.name])
  if (change.path !== undefined) columns.push(['path', change.path])
  if (change.sizeBytes !== undefined) columns.push(['size_bytes', change.sizeBytes])
  if (change.problem !== undefined) columns.push(['problem', change.problem])
  if (change.parameters !== undefined) columns.push(['parameters', change.parameters])
  if (change.architecture !== undefined) columns.push(['architecture', change.architecture])
  if (change.contextLength !== undefined) columns.push(['context_length', change.contextLength])
  if (change.hasChatTemplate !== undefined) columns.push(['has_chat_template', change.hasChatTemplate ? 1 : 0])
  if (change.endOfTurn !== undefined) columns.push(['end_of_turn', change.endOfTurn])
  if (change.remote !== undefined) columns.push(['remote', toJsonOrNull(change.remote)])
  if (change.license !== undefined) columns.push(['license', change.license])
  if (change.bestEvalLoss !== undefined) columns.push(['best_validation_loss', change.bestEvalLoss])
  return columns
}
