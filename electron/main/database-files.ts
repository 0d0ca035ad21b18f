import { copyFileSync, existsSync, renameSync, statSync } from 'node:fs'

/** The files that make up one SQLite database. */
const parts = ['', '-wal', '-shm'] as const

/** The newest of the backups that are there, or null. */
export const newestBackup = (backups: readonly string[]): string | null =>
  backups.filter((file) => existsSync(file)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0] ?? null

/** Moves the database aside and puts the backup, if any, in its place. Returns where the old one lies. */
export function replaceDatabase(path: string, backup: string | null, now: Date): string {
  const aside = `${path}.kept-${now.toISOString().replace(/[:.]/g, '-')}`
  for (const part of parts) if (existsSync(path + part)) renameSync(path + part, aside + part)
  if (backup !== null) copyFileSync(backup, path)
  return aside
}
