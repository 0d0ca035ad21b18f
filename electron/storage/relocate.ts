import { sep } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { EnvironmentSummary } from '../shared/environment'

/** Every column that holds a path which may lie in the data folder. */
const pathColumns = [
  ['training_jobs', 'run_folder'], ['training_jobs', 'resume_path'], ['checkpoints', 'path'], ['base_models', 'path'], ['fine_tuned_models', 'path'], ['datasets', 'folder'], ['environments', 'path'],
] as const

const moved: EnvironmentSummary['problem'] = {
  code: 'moved', message: 'The data folder was moved. A virtual environment holds its own place in its scripts and can not move with it.', next: 'Repair makes it anew in the new place.',
}

/** Makes a copied database name the new place of its data folder. Managed environments don't move: they are marked for repair. */
export function relocateDatabase(path: string, from: string, to: string): void {
  const connection = new Sqlite(path, { fileMustExist: true })
  const prefix = `${from}${sep}`
  try {
    connection.transaction(() => {
      for (const [table, column] of pathColumns) {
        connection.prepare(`UPDATE ${table} SET ${column} = ? || substr(${column}, ?) WHERE substr(${column}, 1, ?) = ?`).run(`${to}${sep}`, prefix.length + 1, prefix.length, prefix)
      }
      connection.prepare("UPDATE environments SET state = 'broken', python_path = NULL, size_bytes = NULL, problem = ? WHERE profile <> 'existing'").run(JSON.stringify(moved))
    })()
  } finally {
    connection.close()
  }
}
