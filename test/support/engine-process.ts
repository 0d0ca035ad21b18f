import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import type { Input, Output, PortMessage, PushName, Pushes, RouteName } from '../../electron/shared/requests'
import { repository } from './start-engine'

/** An engine under plain Node in a process of its own, over a data folder; it can be killed at any moment and started again. */
export interface EngineProcess {
  readonly home: string
  request<R extends RouteName>(route: R, input: Input<R>, dialog?: string): Promise<Output<R>>
  onPush<P extends PushName>(push: P, listen: (data: Pushes[P]) => void): void
  pid(): number
  start(): Promise<void>
  /** kill -9; whoever waits for an answer is told. */
  kill(): Promise<void>
  close(): Promise<void>
}

export interface EngineProcessOptions {
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  /** Holds `python-templates/` and `resources/`; the repository unless told otherwise. */
  readonly programFolder?: string
  /** What Electron's main would hold, by name. Changes count from the next start on. */
  readonly secrets?: Record<string, string>
  /** Gets everything that the engine sends, answers and pushes, and what it writes to its output. */
  readonly onSent?: (message: unknown) => void
}

/** Builds the engine once per test file; `dispose` removes the build. */
export async function buildEngineProcess(): Promise<{ readonly script: string; dispose(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-engine-build-'))
  symlinkSync(resolve(repository, 'node_modules'), join(folder, 'node_modules'), 'junction')
  await build({
    configFile: false, logLevel: 'error', root: repository,
    build: { ssr: resolve(import.meta.dirname, 'engine-child.ts'), outDir: join(folder, 'out'), emptyOutDir: true, rollupOptions: { output: { entryFileNames: 'engine-child.mjs' } } },
  })
  return { script: join(folder, 'out', 'engine-child.mjs'), dispose: () => rmSync(folder, { recursive: true, force: true }) }
}

export function engineProcess(script: string, { home, env, programFolder = repository, secrets = {}, onSent }: EngineProcessOptions): EngineProcess {
  let child: ChildProcess | null = null
  let nextId = 1
  const open = new Map<number, { resolve: (data: never) => void; reject: (error: Error) => void }>()
  const listeners: { readonly push: string; readonly listen: (data: never) => void }[] = []

  const receive = (message: PortMessage | { readonly ready: true }): void => {
    onSent?.(message)
    if ('push' in message) for (const { push, listen } of listeners) if (push === message.push) listen(message.data as never)
    if (!('id' in message)) return
    const waiting = open.get(message.id)
    open.delete(message.id)
    if (message.ok) waiting?.resolve(message.data as never)
    else waiting?.reject(new Error(`${message.error.code}: ${message.error.message}`))
  }
  const gone = (): void => {
    child = null
    for (const { reject } of open.values()) reject(new Error('the engine is gone'))
    open.clear()
  }

  return {
    home,
    request: (route, input, dialog) => new Promise((resolveAnswer, reject) => {
      if (child === null) return reject(new Error('the engine is gone'))
      const id = nextId++
      open.set(id, { resolve: resolveAnswer as (data: never) => void, reject })
      child.send({ id, route, input, ...(dialog === undefined ? {} : { dialog }) })
    }),
    onPush: (push, listen) => void listeners.push({ push, listen: listen as (data: never) => void }),
    pid: () => child?.pid ?? 0,
    async start() {
      // `advanced` carries typed arrays, as the real port does.
      const started = fork(script, [home, programFolder], { env: { ...process.env, ...env }, serialization: 'advanced', stdio: ['ignore', onSent === undefined ? 'inherit' : 'pipe', onSent === undefined ? 'inherit' : 'pipe', 'ipc'] })
      child = started
      for (const output of [started.stdout, started.stderr]) output?.setEncoding('utf8').on('data', (text: string) => onSent?.(text))
      started.on('message', receive)
      started.on('exit', () => {
        if (child === started) gone()
      })
      started.send(secrets)
      await once(started, 'message')
    },
    async kill() {
      const victim = child
      if (victim === null) return
      const exited = once(victim, 'exit')
      victim.kill('SIGKILL')
      await exited
    },
    async close() {
      const closing = child
      if (closing === null) return
      const exited = once(closing, 'exit')
      closing.disconnect()
      await exited
    },
  }
}
