import { requests } from '../shared/requests'
import type { Caller, Handlers, PortMessage, PortRequest, RouteName } from '../shared/requests'
import { AppError, messageOf } from '../shared/app-error'
import type { WireError } from '../shared/app-error'

/** Writes one line of the engine's log. Fields are JSON-safe; secrets are redacted by the writer. */
export type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>) => void

const isRoute = (name: string): name is RouteName => Object.hasOwn(requests, name)

/** The one gate: every request of a window is checked against the contract before a handler sees it. Never throws. */
export function createRouter(handlers: Handlers, log: Log): (request: PortRequest, caller: Caller) => Promise<PortMessage> {
  return async (request, caller) => {
    const { id, route } = request
    try {
      return { id, ok: true, data: await dispatch(handlers, route, request.input, caller) }
    } catch (error) {
      if (!(error instanceof AppError)) log('error', 'a request failed', { route, error: messageOf(error), stack: error instanceof Error ? error.stack : undefined })
      return { id, ok: false, error: toWire(error) }
    }
  }
}

async function dispatch(handlers: Handlers, route: string, input: unknown, caller: Caller): Promise<unknown> {
  if (!isRoute(route)) throw new AppError('ROUTE_NOT_FOUND', `no such request: ${route.slice(0, 80)}`)
  const parsed = requests[route].input.safeParse(input)
  if (!parsed.success) {
    const first = parsed.error.issues[0]
    throw new AppError('VALIDATION_FAILED', first === undefined ? 'malformed input' : `${first.path.join('.') || 'input'}: ${first.message}`)
  }
  // The input has just been parsed by this very route's schema; TypeScript can't follow the pairing through the table.
  const handler = handlers[route] as (input: unknown, caller: Caller) => unknown
  return await handler(parsed.data, caller)
}

/** What a window may learn of a fault: an AppError keeps its code; anything else is logged in full and named INTERNAL. */
export function toWire(error: unknown): WireError {
  if (error instanceof AppError) return { code: error.code, message: error.message, ...(error.data === undefined ? {} : { data: error.data }) }
  return { code: 'INTERNAL', message: messageOf(error) }
}

/** True for a message that has the form of a request; anything else on the port is dropped. */
export function isPortRequest(message: unknown): message is PortRequest {
  if (typeof message !== 'object' || message === null) return false
  const candidate = message as { id?: unknown; route?: unknown }
  return Number.isSafeInteger(candidate.id) && typeof candidate.route === 'string'
}
