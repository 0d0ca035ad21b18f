import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createEngine } from '../../electron/engine/engine'
import type { Engine } from '../../electron/engine/engine'
import type { Input, Output, PushName, Pushes, RouteName } from '../../electron/shared/requests'
import type { EnvironmentId, JobId } from '../../electron/shared/ids'
import type { JobDetail } from '../../electron/shared/job'
import { createFakeMain } from './fake-main-port'
import type { FakeMain } from './fake-main-port'
import { testPython } from './test-python'

/** An engine under plain Node, with the real stores, processes and Python, over a data folder of its own. */
export interface TestEngine {
  readonly home: string
  readonly main: FakeMain
  readonly pushes: { readonly push: string; readonly data: unknown }[]
  readonly logs: string[]
  request<R extends RouteName>(route: R, input: Input<R>): Promise<Output<R>>
  pushesOf<P extends PushName>(push: P): Pushes[P][]
  /** Polls until the condition gives something other than null. */
  until<T>(what: string, probe: () => Promise<T | null> | T | null, timeoutMs?: number): Promise<T>
  jobEnds(jobId: JobId, timeoutMs?: number): Promise<JobDetail>
  /** A second engine over the same folder, as after a restart. */
  restart(): Promise<void>
  close(): Promise<void>
}

export const repository = resolve(import.meta.dirname, '..', '..')

export async function startEngine(folder?: string): Promise<TestEngine> {
  const home = folder ?? (await mkdtemp(join(tmpdir(), 'tunesmith-engine-')))
  const main = createFakeMain()
  const pushes: { push: string; data: unknown }[] = []
  const logs: string[] = []
  const open = (): Engine => createEngine({
    home, programFolder: repository, main: main.port, now: () => Date.now(),
    log: (level, message, fields) => logs.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`), onPush: (push, data) => pushes.push({ push, data }),
  })
  let engine = open()
  let nextId = 1

  const test: TestEngine = {
    home, main, pushes, logs,
    async request(route, input) {
      const answer = await engine.request({ id: nextId++, route, input }, { id: 1, onGone: () => undefined })
      if ('push' in answer || !answer.ok) throw new Error('push' in answer ? 'not an answer' : `${route}: ${answer.error.code}: ${answer.error.message}`)
      return answer.data as Output<typeof route>
    },
    pushesOf: (push) => pushes.filter((seen) => seen.push === push).map((seen) => seen.data as never),
    async until(what, probe, timeoutMs = 60_000) {
      const deadline = Date.now() + timeoutMs
      for (;;) {
        const found = await probe()
        if (found !== null) return found
        if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}\n${logs.slice(-20).join('\n')}`)
        await new Promise((go) => setTimeout(go, 50))
      }
    },
    jobEnds: (jobId, timeoutMs = 180_000) => test.until(`job ${jobId} ends`, async () => {
      const detail = await test.request('jobs.get', { jobId })
      return ['succeeded', 'failed', 'cancelled', 'interrupted'].includes(detail.job.state) ? detail : null
    }, timeoutMs),
    async restart() {
      await engine.close()
      engine = open()
    },
    async close() {
      await engine.close()
      if (folder === undefined) await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  return test
}

/** Registers the tests' own Python as an existing interpreter and waits until it is verified. */
export async function useTestPython(engine: TestEngine): Promise<EnvironmentId> {
  const { environmentId } = await engine.request('environments.useExisting', { token: (await pick(engine, 'python', testPython())).token })
  await engine.until('the environment is ready', async () => {
    const environment = (await engine.request('environments.list', undefined)).find(({ id }) => id === environmentId)
    if (environment?.state === 'broken' || environment?.state === 'failed') throw new Error(JSON.stringify(environment.problem))
    return environment?.state === 'ready' ? environment : null
  }, 120_000)
  return environmentId
}

/** Answers the next dialog with a path and returns the token of what was picked. */
export async function pick(engine: TestEngine, purpose: Input<'files.pick'>['purpose'], path: string): Promise<NonNullable<Output<'files.pick'>>> {
  engine.main.dialogs.push(path)
  const picked = await engine.request('files.pick', { purpose })
  if (picked === null) throw new Error('the dialog was cancelled')
  return picked
}
