import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../shared/app-error'
import type { SelfCheck } from '../shared/main-port'
import { loadTemplates } from '../process/templates'
import { readModelFolder } from '../process/model-folder'
import { findPython } from '../process/environments/python-finder'
import { openTerminal } from '../process/terminal'
import type { Services } from './compose'

/** What `--self-test` proves of the engine in a package: SQLite, a pty, the Python files and the demo model. */
export async function selfChecks(services: Services): Promise<readonly SelfCheck[]> {
  return [
    await check('database', () => Promise.resolve(`${services.stores.jobs.list().length} jobs, ${services.database.path}`)),
    await check('python templates', async () => `${Object.keys(await loadTemplates(services.templatesFolder)).length} files`),
    await check('demo model', async () => {
      const read = await readModelFolder(join(services.resources, 'demo-model'))
      if (read.kind === 'unusable') throw new Error(read.problem)
      return `${read.model.parameters ?? 0} parameters`
    }),
    await check('terminal', () => terminalEcho(services.supervisorPath)),
  ]
}

async function check(name: string, run: () => Promise<string>): Promise<SelfCheck> {
  try {
    return { name, ok: true, detail: await run() }
  } catch (error) {
    return { name, ok: false, detail: messageOf(error) }
  }
}

/** Follows a finished run of one line in a real pty. */
async function terminalEcho(supervisorPath: string): Promise<string> {
  const python = await findPython()
  if (python.kind !== 'found') throw new Error('no Python was found to run the follower')
  const runFolder = await mkdtemp(join(tmpdir(), 'tunesmith-self-test-'))
  try {
    await writeFile(join(runFolder, 'console.log'), 'one line\n')
    await writeFile(join(runFolder, 'status.json'), JSON.stringify({
      schemaVersion: 1, state: 'exited', supervisorPid: 0, supervisorStartTime: null, trainerPid: null, trainerStartTime: null, startedAtMs: 0, finishedAtMs: 0,
      exitCode: 0, signal: null, peakMemoryBytes: null, oomKills: null, stopRequested: false,
    }))
    let text = ''
    await new Promise<void>((resolve, reject) => {
      void openTerminal({ runFolder, python: python.python.path, supervisorPath, columns: 80, rows: 24 }, { onData: (piece) => (text += piece), onEnd: resolve }).catch(reject)
    })
    if (!text.includes('one line')) throw new Error(`the terminal showed ${JSON.stringify(text.slice(0, 200))}`)
    return 'a pty showed a line'
  } finally {
    await rm(runFolder, { recursive: true, force: true })
  }
}
