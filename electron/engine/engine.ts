import type { MainPort, SelfCheck } from '../shared/main-port'
import type { PortMessage, PortRequest, Caller } from '../shared/requests'
import { messageOf } from '../shared/app-error'
import { composeServices } from './compose'
import type { EngineOptions } from './compose'
import { createHandlers } from './handlers'
import { createRouter } from './router'
import { selfChecks } from './self-checks'
import { createWindows } from './windows'
import type { WindowPort } from './windows'

/** The whole engine, the same under Electron's utility process and under plain Node. */
export interface Engine {
  addWindow(port: WindowPort, id: number): void
  /** The router itself, for tests and the command line. */
  request(request: PortRequest, caller: Caller): Promise<PortMessage>
  selfTest(): Promise<readonly SelfCheck[]>
  /** Closes files and followers. Runs go on. */
  close(): Promise<void>
}

export type CreateEngine = Omit<EngineOptions, 'push'> & { readonly main: MainPort; readonly onPush?: (push: string, data: unknown) => void }

/** Throws DATABASE_NEWER and DATABASE_DAMAGED; then nothing was started. */
export function createEngine(options: CreateEngine): Engine {
  const windows = createWindows(() => route)
  const services = composeServices({
    ...options,
    push: (push, data) => {
      windows.push(push, data)
      options.onPush?.(push, data)
    },
  })
  const handlers = createHandlers({ services, main: options.main, push: windows.push, log: options.log })
  const route = createRouter(handlers, options.log)
  void start(services).catch((error: unknown) => options.log('error', 'the start was incomplete', { error: messageOf(error) }))

  return {
    addWindow: windows.add,
    request: route,
    selfTest: () => selfChecks(services),
    async close() {
      windows.close()
      services.announcer.close()
      services.hub.close()
      // Together: a worker that loads a large model, or a check of a long file, is ended instead of waited for.
      await Promise.all([services.comparisons.close(), services.inference.close(), services.datasets.close()])
      await services.runs.close()
      await services.connections.close()
      await services.environments.close()
      services.hardware.close()
      services.database.close()
    },
  }
}

/** Takes up what an earlier session left: installations, runs, the queue, comparisons. */
async function start(services: ReturnType<typeof composeServices>): Promise<void> {
  services.environments.recover()
  await services.models.ensureDemo()
  services.runs.recover()
  services.announcer.tellMain()
  // Which device a waiting job gets depends on what the probe finds: the queue moves when it is known.
  await services.hardware.state()
  services.comparisons.recover()
  await services.jobs.purge()
}
