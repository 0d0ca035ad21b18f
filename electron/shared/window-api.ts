import type { WireError } from './app-error'

/** The answer to one request. A value, because an error loses its code when it crosses from the preload to the page. */
export type WireResult = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: WireError }

/** `window.tunesmith`, put there by the preload and used by renderer/src/bridge.ts alone. Names and types are checked there and at the engine's gate. */
export interface WindowApi {
  /** Never rejects. */
  request(route: string, input: unknown): Promise<WireResult>
  /** Calls `listener` with the data of each push of that name; returns the unsubscribe. */
  on(push: string, listener: (data: unknown) => void): () => void
  /** Registers a File that the user dropped on the window ('files.dropped'): the page itself never names a path. */
  dropped(file: object): Promise<WireResult>
  readonly platform: 'linux' | 'win32' | 'darwin'
}
