import { AppError } from '../../electron/shared/app-error'
import type { PickedFile, Input, Output, PushName, Pushes } from '../../electron/shared/requests'
import type { PageRoute, Reply, WindowApi } from '../../electron/shared/window-api'

declare global {
  interface Window {
    readonly tunesmith: WindowApi
  }
}

/** Routes that take nothing may be asked without an input. */
type InputArguments<R extends PageRoute> = undefined extends Input<R> ? [] : [input: Input<R>]

const dataOf = <T>(reply: Reply<T>): T => {
  if (reply.ok) return reply.data
  const { code, message, data } = reply.error
  throw new AppError(code, message, data === undefined ? {} : { data })
}

/** Asks the engine. Rejects with an AppError that carries the engine's code. */
export async function request<R extends PageRoute>(route: R, ...args: InputArguments<R>): Promise<Output<R>> {
  return dataOf(await window.tunesmith.request(route, args[0] as Input<R>))
}

/** Hears a push of the engine or of main; returns the unsubscribe. */
export function on<P extends PushName>(push: P, listener: (data: Pushes[P]) => void): () => void {
  return window.tunesmith.on(push, listener)
}

/** Turns a file that was dropped on the window into a token. Rejects with an AppError. */
export async function dropFile(file: File): Promise<PickedFile> {
  return dataOf(await window.tunesmith.dropFile(file))
}
