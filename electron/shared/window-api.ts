import type { WireError } from './app-error'
import type { Input, Output, PushName, Pushes, RouteName } from './requests'

/** An answer as it reaches the page. A value and not a rejection, because errors lose their fields between two JavaScript worlds. */
export type Reply<T> = { readonly ok: true; readonly data: T } | { readonly ok: false; readonly error: WireError }

/** Routes that the page may name; `files.dropped` carries a path, so only the preload sends it. */
export type PageRoute = Exclude<RouteName, 'files.dropped'>

/** `window.tunesmith`: all that the page has of the world outside. */
export interface WindowApi {
  /** Waits while the engine starts; answers `ENGINE_GONE` when the engine dies under the request. Never rejects. */
  request<R extends PageRoute>(route: R, input: Input<R>): Promise<Reply<Output<R>>>
  /** Returns its unsubscribe. */
  on<P extends PushName>(push: P, listener: (data: Pushes[P]) => void): () => void
  /** Turns a `File` from a drop into a token; `VALIDATION_FAILED` when it is no file of this machine. */
  dropFile(file: unknown): Promise<Reply<Output<'files.dropped'>>>
}
