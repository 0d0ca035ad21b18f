import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = fileURLToPath(new URL('../../', import.meta.url))

/** nobody, who is on every Debian. */
const unprivileged = 65_534

/** A copy of Electron and the built app that any user can read, and a program that starts it as one without rights. */
export interface StagedApp {
  readonly program: string
  readonly folder: string
  /** A folder that the user may write. */
  makeHome(): string
  remove(): void
}

const appParts = ['out', 'package.json', 'python-templates', 'resources', 'node_modules/better-sqlite3', 'node_modules/node-pty'] as const

/** What stands before the program: nothing, or a session bus of its own with an unlocked keyring. */
const keyring = `exec dbus-run-session -- sh -c 'printf word | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$0" "$@"'`

/**
 * Chromium's sandbox can't start as root, so under root the app is copied to where everybody may read and started as
 * nobody; otherwise it runs from here as who runs the tests. `withKeyring` is for Linux.
 */
export function stageApp(electron: string, { withKeyring = false } = {}): StagedApp {
  const base = mkdtempSync(join(tmpdir(), 'tunesmith-staged-'))
  chmodSync(base, 0o755)
  const isRoot = process.getuid?.() === 0
  const folder = isRoot ? join(base, 'app') : repository
  const binary = isRoot ? join(base, 'electron', 'electron') : electron
  if (isRoot) {
    cpSync(dirname(electron), join(base, 'electron'), { recursive: true })
    for (const part of appParts) cpSync(join(repository, part), join(folder, part), { recursive: true, dereference: true })
  }
  const program = join(base, 'start')
  const drop = isRoot ? `setpriv --reuid=${unprivileged} --regid=${unprivileged} --clear-groups ` : ''
  const start = withKeyring ? keyring.replace('exec ', `exec ${drop}`) : `exec ${drop}`.trimEnd()
  writeFileSync(program, `#!/bin/sh\n${start} '${binary}' "$@"\n`, { mode: 0o755 })
  return {
    program,
    folder,
    makeHome: () => {
      const home = join(mkdtempSync(join(base, 'home-')), 'tunesmith')
      mkdirSync(home)
      for (const path of [dirname(home), home]) if (isRoot) chownSync(path, unprivileged, unprivileged)
      return home
    },
    remove: () => rmSync(base, { recursive: true, force: true }),
  }
}
