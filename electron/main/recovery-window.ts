import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { dialog } from 'electron'
import { newestBackup, replaceDatabase } from './database-files'
import type { DatabaseProblem } from './engine-host'
import { showFolder } from './open-outside'

export type RecoveryChoice = 'restore' | 'fresh' | 'folder' | 'quit'

const labels: Readonly<Record<RecoveryChoice, string>> = {
  restore: 'Restore newest backup',
  fresh: 'Start with an empty database',
  folder: 'Open the folder',
  quit: 'Quit',
}

/** What the window says, with the choices in the order of its buttons. */
export function recoveryText(problem: DatabaseProblem, backup: string | null): { readonly message: string; readonly detail: string; readonly choices: readonly RecoveryChoice[] } {
  const newer = problem.code === 'DATABASE_NEWER'
  const backupText = backup === null ? 'There is no backup of it.' : `The newest backup is from ${statSync(backup).mtime.toLocaleString()}.`
  return {
    message: newer ? 'The database was written by a newer Tunesmith' : 'The database is damaged',
    detail: [
      newer ? 'This version leaves it untouched, because it could lose what it does not know. A newer Tunesmith opens it.' : 'It could not be read. Nothing was changed.',
      problem.message,
      problem.path,
      `${backupText} Runs, models and datasets are folders of their own and are not affected. Whatever you choose, the present database is kept beside the new one.`,
    ].join('\n\n'),
    choices: backup === null ? ['fresh', 'folder', 'quit'] : ['restore', 'fresh', 'folder', 'quit'],
  }
}

/** Asks until the user has decided, and does it. Returns false for Quit. */
export async function recoverDatabase(problem: DatabaseProblem): Promise<boolean> {
  for (;;) {
    const backup = newestBackup(problem.backups)
    const { message, detail, choices } = recoveryText(problem, backup)
    const { response } = await dialog.showMessageBox({ type: 'warning', title: 'Tunesmith', message, detail, buttons: choices.map((choice) => labels[choice]), defaultId: choices.length - 1, cancelId: choices.length - 1, noLink: true })
    switch (choices[response] ?? 'quit') {
      case 'folder':
        await showFolder(dirname(problem.path))
        continue
      case 'restore':
        replaceDatabase(problem.path, backup, new Date())
        return true
      case 'fresh':
        replaceDatabase(problem.path, null, new Date())
        return true
      case 'quit':
        return false
    }
  }
}
