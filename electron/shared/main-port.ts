import type { JobId } from './ids'
import type { SecretName } from './settings'

/** What the engine asks of main: only what needs Electron. Requests and answers are plain messages with ids. */
export interface MainPort {
  openDialog(request: { readonly title: string; readonly kind: 'file' | 'folder'; readonly extensions: readonly string[] }): Promise<string | null>
  saveDialog(request: { readonly title: string; readonly defaultName: string; readonly extension: string }): Promise<string | null>
  /** Shows a folder of ours in the system's file manager. */
  showFolder(path: string): Promise<void>
  openLink(url: string): Promise<void>
  notify(notification: { readonly title: string; readonly body: string; readonly openJob: JobId | null }): Promise<void>
  secretGet(name: SecretName): Promise<string | null>
  secretSet(name: SecretName, value: string): Promise<'sealed-file' | 'session-only'>
  secretClear(name: SecretName): Promise<void>
  secretState(name: SecretName): Promise<{ readonly hasKey: boolean; readonly kept: 'sealed-file' | 'session-only' }>
  /** How many jobs run and wait, so that main knows whether closing the window ends the app, and keeps the machine awake. */
  setActivity(activity: { readonly running: number; readonly waiting: number; readonly keepAwake: boolean; readonly progressRatio: number | null }): Promise<void>
  setTheme(theme: 'system' | 'light' | 'dark'): Promise<void>
  /** Writes where the data folder is from the next start on. */
  setDataFolder(path: string): Promise<void>
  /** Ends the app and starts it again; answers before. */
  restart(): Promise<void>
  versions(): Promise<{ readonly app: string; readonly electron: string; readonly chromium: string; readonly node: string }>
}
export type MainCall = { [M in keyof MainPort]: { readonly method: M; readonly args: Parameters<MainPort[M]> } }[keyof MainPort]
export type MainRequest = { readonly kind: 'call'; readonly id: number } & MainCall
export type MainAnswer = { readonly kind: 'answer'; readonly id: number; readonly ok: true; readonly data: unknown } | { readonly kind: 'answer'; readonly id: number; readonly ok: false; readonly message: string }

/** What main tells the engine besides answers. A `window` message carries the window's port. */
export type EngineMessage = MainAnswer | { readonly kind: 'window'; readonly windowId: number } | { readonly kind: 'shutdown' } | { readonly kind: 'self-test' }
/** What the engine tells main besides calls. */
export type EngineReport =
  | MainRequest
  | { readonly kind: 'ready' }
  | { readonly kind: 'database-problem'; readonly code: 'DATABASE_NEWER' | 'DATABASE_DAMAGED'; readonly message: string; readonly path: string; readonly backups: readonly string[] }
  | { readonly kind: 'self-test'; readonly checks: readonly SelfCheck[] }

/** One line of `--self-test`: what was tried and what was seen. */
export interface SelfCheck {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}
