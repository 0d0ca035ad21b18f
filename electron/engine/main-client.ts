import type { EngineReport, MainAnswer, MainCall, MainPort } from '../shared/main-port'

/** The engine's end of the line to main: calls become numbered messages, answers settle them. */
export interface MainClient {
  readonly port: MainPort
  receive(answer: MainAnswer): void
}

/** `onSecret` learns each secret that passes, so that no log can hold one. */
export function createMainClient(send: (report: EngineReport) => void, onSecret: (secret: string) => void): MainClient {
  let nextId = 1
  const open = new Map<number, { resolve: (data: unknown) => void; reject: (error: Error) => void }>()

  const call = <T>(request: MainCall): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const id = nextId++
      open.set(id, { resolve: (data) => resolve(data as T), reject })
      send({ kind: 'call', id, ...request })
    })

  return {
    port: {
      openDialog: (request) => call({ method: 'openDialog', args: [request] }),
      saveDialog: (request) => call({ method: 'saveDialog', args: [request] }),
      showFolder: (path) => call({ method: 'showFolder', args: [path] }),
      openLink: (url) => call({ method: 'openLink', args: [url] }),
      notify: (notification) => call({ method: 'notify', args: [notification] }),
      async secretGet(name) {
        const secret = await call<string | null>({ method: 'secretGet', args: [name] })
        if (secret !== null) onSecret(secret)
        return secret
      },
      secretSet(name, value) {
        onSecret(value)
        return call({ method: 'secretSet', args: [name, value] })
      },
      secretClear: (name) => call({ method: 'secretClear', args: [name] }),
      secretState: (name) => call({ method: 'secretState', args: [name] }),
      setActivity: (activity) => call({ method: 'setActivity', args: [activity] }),
      setTheme: (theme) => call({ method: 'setTheme', args: [theme] }),
      setDataFolder: (path) => call({ method: 'setDataFolder', args: [path] }),
      restart: () => call({ method: 'restart', args: [] }),
      versions: () => call({ method: 'versions', args: [] }),
    },
    receive(answer) {
      const waiting = open.get(answer.id)
      if (waiting === undefined) return
      open.delete(answer.id)
      if (answer.ok) waiting.resolve(answer.data)
      else waiting.reject(new Error(answer.message))
    },
  }
}
