import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { probeTerminal } from '../process/probe-terminal'
import { messageOf } from '../shared/app-error'
import type { SelfCheck } from '../shared/main-port'

const neededFiles = ['python-templates/supervisor.py', 'python-templates/tunesmith_events.py', 'resources/demo-model', 'resources/sample-data'] as const

/** What only the engine can prove of a package: that node-pty opens a terminal and that the Python files are on disk. `resources` is the folder that holds them. */
export async function selfTest(resources: string): Promise<readonly SelfCheck[]> {
  return [await checkTerminal(), checkFiles(resources)]
}

async function checkTerminal(): Promise<SelfCheck> {
  try {
    const { ok, text } = await probeTerminal()
    return { name: 'terminal', ok, detail: ok ? 'a pty answered' : `unexpected output: ${JSON.stringify(text.slice(0, 200))}` }
  } catch (error) {
    return { name: 'terminal', ok: false, detail: messageOf(error) }
  }
}

function checkFiles(resources: string): SelfCheck {
  const missing = neededFiles.filter((path) => !existsSync(join(resources, path)))
  return { name: 'templates', ok: missing.length === 0, detail: missing.length === 0 ? `found under ${resources}` : `missing under ${resources}: ${missing.join(', ')}` }
}
