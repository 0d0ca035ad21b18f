import type { MainPort } from '../../electron/shared/main-port'
import type { SecretName } from '../../electron/shared/settings'

/** Stands in for Electron's main: answers dialogs from a list and remembers what it was asked. */
export interface FakeMain {
  readonly port: MainPort
  /** The next paths that dialogs give, in order; null cancels. */
  readonly dialogs: (string | null)[]
  readonly notifications: { readonly title: string; readonly body: string }[]
  readonly shown: string[]
  /** Where the data folder was said to be from the next start on. */
  readonly dataFolders: string[]
}

export function createFakeMain(): FakeMain {
  const dialogs: (string | null)[] = []
  const notifications: { title: string; body: string }[] = []
  const shown: string[] = []
  const dataFolders: string[] = []
  const secrets = new Map<SecretName, string>()
  const next = () => Promise.resolve(dialogs.shift() ?? null)
  const none = () => Promise.resolve()
  return {
    dialogs, notifications, shown, dataFolders,
    port: {
      openDialog: next, saveDialog: next, setActivity: none, setTheme: none, restart: none,
      setDataFolder: (path) => (dataFolders.push(path), none()),
      showFolder: (path) => (shown.push(path), none()),
      openLink: (url) => (shown.push(url), none()),
      notify: ({ title, body }) => (notifications.push({ title, body }), none()),
      secretGet: (name) => Promise.resolve(secrets.get(name) ?? null),
      secretSet: (name, value) => (secrets.set(name, value), Promise.resolve('session-only' as const)),
      secretClear: (name) => (secrets.delete(name), none()),
      secretState: (name) => Promise.resolve({ hasKey: secrets.has(name), kept: 'session-only' as const }),
      versions: () => Promise.resolve({ app: '0', electron: '0', chromium: '0', node: process.versions.node }),
    },
  }
}
