import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AppError, messageOf } from '../shared/app-error'
import { createRedactor } from '../shared/redact'
import type { EngineMessage, EngineReport } from '../shared/main-port'
import { createEngine } from './engine'
import type { Engine } from './engine'
import { openLog } from './log-file'
import { createMainClient } from './main-client'
import type { WindowPort } from './windows'

/** What Electron gives a utility process; typed here, since the engine imports no Electron. */
interface ParentPort {
  on(event: 'message', listener: (event: { readonly data: EngineMessage; readonly ports: readonly WindowPort[] }) => void): void
  postMessage(message: EngineReport): void
}

const { parentPort } = process as unknown as { readonly parentPort: ParentPort }
const home = process.env['TUNESMITH_HOME'] ?? ''
const programFolder = process.env['TUNESMITH_RESOURCES'] ?? ''
const report = (message: EngineReport) => parentPort.postMessage(message)
const redactor = createRedactor()
const log = openLog(join(home, 'logs', 'engine.log'), redactor)
const client = createMainClient(report, redactor.register)

let engine: Engine | null = null

async function receive(message: EngineMessage, ports: readonly WindowPort[]): Promise<void> {
  switch (message.kind) {
    case 'answer':
      return client.receive(message)
    case 'window': {
      const port = ports[0]
      if (port !== undefined) engine?.addWindow(port, message.windowId)
      return
    }
    case 'self-test':
      return report({ kind: 'self-test', checks: (await engine?.selfTest()) ?? [] })
    case 'shutdown':
      await engine?.close()
      process.exit(0)
  }
}

process.on('unhandledRejection', (error) => log('error', 'unhandled rejection', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }))
process.on('uncaughtException', (error) => {
  log('error', 'uncaught exception', { error: error.stack ?? error.message })
  // The state in memory may be wrong now; main starts a new engine, which takes the runs up again.
  process.exit(1)
})

parentPort.on('message', ({ data, ports }) => void receive(data, ports).catch((error: unknown) => log('error', 'a message of main failed', { error: messageOf(error) })))

try {
  engine = createEngine({ home, programFolder, main: client.port, log, now: () => Date.now() })
  report({ kind: 'ready' })
} catch (error) {
  if (!(error instanceof AppError) || (error.code !== 'DATABASE_NEWER' && error.code !== 'DATABASE_DAMAGED')) throw error
  const path = join(home, 'tunesmith.db')
  const backups = readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.before-`)).map((name) => join(dirname(path), name))
  report({ kind: 'database-problem', code: error.code, message: error.message, path, backups })
}
