import type { Caller, PortMessage, PortRequest, PushName, Pushes } from '../shared/requests'
import { isPortRequest } from './router'

/** A port to one window, as both Electron's MessagePortMain and a test's port give it. */
export interface WindowPort {
  postMessage(message: PortMessage): void
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown
  on(event: 'close', listener: () => void): unknown
  start(): void
  close(): void
}

/** Sends a push to every window that is there. */
export type Push = <P extends PushName>(push: P, data: Pushes[P]) => void

export interface Windows {
  readonly push: Push
  add(port: WindowPort, id: number): void
  count(): number
  close(): void
}

/** Keeps the ports of open windows, routes their requests, and runs their clean-ups when they go. */
export function createWindows(route: () => (request: PortRequest, caller: Caller) => Promise<PortMessage>): Windows {
  const open = new Map<WindowPort, (() => void)[]>()

  const drop = (port: WindowPort) => {
    const cleanups = open.get(port)
    open.delete(port)
    for (const run of cleanups ?? []) run()
  }

  return {
    push(push, data) {
      for (const port of open.keys()) port.postMessage({ push, data })
    },
    add(port, id) {
      const cleanups: (() => void)[] = []
      open.set(port, cleanups)
      const caller: Caller = { id, onGone: (run) => cleanups.push(run) }
      port.on('message', ({ data }) => {
        if (!isPortRequest(data)) return
        void route()(data, caller).then((answer) => {
          if (open.has(port)) port.postMessage(answer)
        })
      })
      port.on('close', () => drop(port))
      port.start()
    },
    count: () => open.size,
    close() {
      for (const port of [...open.keys()]) {
        drop(port)
        port.close()
      }
    },
  }
}
