import type { EnvironmentStepState, EnvironmentSummary } from '../shared/environment'
import type { EnvironmentId } from '../shared/ids'
import type { Connection } from './database'
import { fromJson, fromJsonOrNull } from './json-column'

export interface EnvironmentsStore {
  /** Adds an environment or replaces what is known of it. */
  save(environment: EnvironmentSummary): void
  get(id: EnvironmentId): EnvironmentSummary | null
  /** The offline folder of wheels that it is made from, or null. */
  wheels(id: EnvironmentId): string | null
  setWheels(id: EnvironmentId, folder: string | null): void
  /** Newest first. */
  list(): EnvironmentSummary[]
  /** For good: the folder is gone as well, so there is nothing to bring back. */
  delete(id: EnvironmentId): void
}

interface EnvironmentColumns {
  readonly id: EnvironmentId
  readonly name: string
  readonly profile: EnvironmentSummary['profile']
  readonly state: EnvironmentSummary['state']
  readonly path: string
  readonly python_path: string | null
  readonly python_version: string | null
  readonly installer: EnvironmentSummary['installer']
  readonly steps: string
  readonly packages: string
  readonly size_bytes: number | null
  readonly problem: string | null
  readonly created_at_ms: number
  readonly verified_at_ms: number | null
}

export function createEnvironmentsStore(connection: Connection): EnvironmentsStore {
  const put = connection.prepare(`INSERT INTO environments
    (id, name, profile, state, path, python_path, python_version, installer, steps, packages, size_bytes, problem, created_at_ms, verified_at_ms) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, profile = excluded.profile, state = excluded.state, path = excluded.path, python_path = excluded.python_path,
      python_version = excluded.python_version, installer = excluded.installer, steps = excluded.steps, packages = excluded.packages, size_bytes = excluded.size_bytes,
      problem = excluded.problem, verified_at_ms = excluded.verified_at_ms`)
  const byId = connection.prepare<[string], EnvironmentColumns>('SELECT * FROM environments WHERE id = ?')
  const all = connection.prepare<[], EnvironmentColumns>('SELECT * FROM environments ORDER BY created_at_ms DESC, id DESC')
  const readWheels = connection.prepare<[string], string | null>('SELECT wheels FROM environments WHERE id = ?').pluck()
  const writeWheels = connection.prepare('UPDATE environments SET wheels = ? WHERE id = ?')
  const remove = connection.prepare('DELETE FROM environments WHERE id = ?')
  return {
    save(e) {
      put.run(
        e.id, e.name, e.profile, e.state, e.path, e.pythonPath, e.pythonVersion, e.installer, JSON.stringify(e.steps), JSON.stringify(e.packages), e.sizeBytes,
        e.problem === null ? null : JSON.stringify(e.problem), e.createdAtMs, e.verifiedAtMs,
      )
    },
    get(id) {
      const columns = byId.get(id)
      return columns === undefined ? null : toEnvironment(columns)
    },
    wheels: (id) => readWheels.get(id) ?? null,
    setWheels(id, folder) {
      writeWheels.run(folder, id)
    },
    list: () => all.all().map(toEnvironment),
    delete(id) {
      remove.run(id)
    },
  }
}

function toEnvironment(c: EnvironmentColumns): EnvironmentSummary {
  return {
    id: c.id, name: c.name, profile: c.profile, state: c.state, path: c.path, pythonPath: c.python_path, pythonVersion: c.python_version, installer: c.installer,
    steps: fromJson<readonly EnvironmentStepState[]>(c.steps), packages: fromJson<Readonly<Record<string, string>>>(c.packages), sizeBytes: c.size_bytes,
    createdAtMs: c.created_at_ms, verifiedAtMs: c.verified_at_ms, problem: fromJsonOrNull<EnvironmentSummary['problem']>(c.problem),
  }
}
