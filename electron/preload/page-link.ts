import type { WireError } from '../shared/app-error'
import type { PortMessage, PortRequest } from '../shared/requests'
import type { Reply } from '../shared/window-api'

/** The page's end of the line to the engine. Requests wait for the first port; those under way when the engine dies are answered `ENGINE_GONE`. */
export interface PageLink {
  usePort(port: MessagePort): void
  receivePush(push: string, data: unknown): void
  request(route: string, input: unknown): Promise<Reply<unknown>>
  refuse(code: WireError['code'], message: string): Promise<Reply<unknown>>
  on(push: string, listener: (data: unknown) => void): () => void
}

export function createPageLink(): PageLink {
  let port: MessagePort | null = null
  let gone = false
  let nextId = 1
  const open = new Map<number, (reply: Reply<unknown>) => void>()
  const queued: PortRequest[] = []
  const listeners = new Map<string, Set<(data: unknown) => void>>()

  const tell = (push: string, data: unknown) => {
    for (const listener of listeners.get(push) ?? []) listener(data)
  }
  const settle = (id: number, reply: Reply<unknown>) => {
    open.get(id)?.(reply)
    open.delete(id)
  }
  const engineGone: Reply<never> = { ok: false, error: { code: 'ENGINE_GONE', message: 'the engine ended before it answered' } }
  /** Answers what the dead engine can't; what never left stays queued unless there will be no engine. */
  const dropPort = (alsoQueued: boolean) => {
    const kept = alsoQueued ? [] : queued.map(({ id }) => id)
    if (alsoQueued) queued.length = 0
    port?.close()
    port = null
    for (const id of [...open.keys()]) if (!kept.includes(id)) settle(id, engineGone)
  }
  /** A page can pass what no port carries, a function for one. */
  const send = (to: MessagePort, request: PortRequest) => {
    try {
      to.postMessage(request)
    } catch (error) {
      settle(request.id, { ok: false, error: { code: 'VALIDATION_FAILED', message: error instanceof Error ? error.message : String(error) } })
    }
  }
  const receive = (message: PortMessage) => {
    if ('push' in message) tell(message.push, message.data)
    else settle(message.id, message.ok ? { ok: true, data: message.data } : { ok: false, error: message.error })
  }

  return {
    usePort(next) {
      dropPort(false)
      gone = false
      port = next
      next.onmessage = (event: MessageEvent<PortMessage>) => receive(event.data)
      for (const request of queued.splice(0)) send(next, request)
    },
    receivePush(push, data) {
      if (push === 'app.engine') {
        const { state } = data as { readonly state: string }
        gone = state === 'gone'
        if (state === 'restarting' || gone) dropPort(gone)
      }
      tell(push, data)
    },
    request(route, input) {
      if (gone) return Promise.resolve(engineGone)
      const request = { id: nextId++, route, input }
      const reply = new Promise<Reply<unknown>>((resolve) => open.set(request.id, resolve))
      if (port === null) queued.push(request)
      else send(port, request)
      return reply
    },
    refuse: (code, message) => Promise.resolve({ ok: false, error: { code, message } }),
    on(push, listener) {
      const set = listeners.get(push) ?? new Set()
      listeners.set(push, set.add(listener))
      return () => void set.delete(listener)
    },
  }
}
