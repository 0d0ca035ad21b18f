import { setTimeout as sleep } from 'node:timers/promises'
import { createOpenaiBackend } from '../../electron/backends/openai-backend'
import type { OpenaiBackendDeps } from '../../electron/backends/openai-backend'
import { classifyOpenai } from '../../electron/remote/classify'
import type { Clock } from '../../electron/remote/clock'
import type { OpenOpenai } from '../../electron/remote/connection'
import { createGateway } from '../../electron/remote/gateway'
import { ConnectionId, ModelId } from '../../electron/shared/ids'
import type { OpenaiConnection } from '../../electron/shared/connection'
import type { JobSpec } from '../../electron/shared/job-spec'
import { testSpec } from './training-run'
import type { SpecChanges } from './training-run'

export const connectionId = ConnectionId.parse('conn_0000000000000001')

/** Real time, but no wait longer than 20 ms: what takes a minute in life takes an instant here. */
export const hastyClock: Clock = { now: () => Date.now(), wait: (ms, signal) => sleep(Math.min(ms, 20), undefined, signal === undefined ? {} : { signal }) }

/** A connection to a peer, with a gateway of its own that gives up soon; its key can be changed as a user would. */
export function openaiPlace({ baseUrl, key }: { readonly baseUrl: string; readonly key: string }, changes: Partial<OpenaiConnection> = {}) {
  const current = { key }
  const config: OpenaiConnection = { kind: 'openai', name: 'Peer', preset: 'custom', baseUrl, organization: null, project: null, ...changes }
  // Attempts keep their real time-outs: only the waits between them are short.
  const gateway = createGateway({
    classify: (error) => classifyOpenai(error, current.key), onState: () => undefined, limits: { attempts: 3, baseMs: 2, capMs: 5, totalMs: 5_000 },
    breaker: { failures: 20, openMs: 50, capMs: 100, longestMs: 100 },
  })
  const open = (): OpenOpenai => ({ id: connectionId, config, gateway, key: current.key })
  return { current, config, gateway, open, connections: { openai: () => Promise.resolve(open()) } }
}

export function openaiBackend(place: ReturnType<typeof openaiPlace>, changes: Partial<OpenaiBackendDeps> = {}) {
  return createOpenaiBackend({ connections: place.connections, clock: hastyClock, patience: { leastMs: 5, mostMs: 20, loginMs: 20 }, settleMs: 10, ...changes })
}

/** A valid spec for the peer's base: one epoch, batches of 8. */
export function openaiSpec(changes: SpecChanges = {}, cloud: Partial<Extract<NonNullable<JobSpec['cloud']>, { kind: 'openai' }>> = {}): JobSpec {
  const model = { modelId: ModelId.parse('model_0000000000000001'), name: 'gpt-4.1-mini', path: '', remote: { connectionId, name: 'gpt-4.1-mini-2025-04-14', deployment: null, shutdownDate: null } }
  return testSpec({
    backend: 'openai', device: { kind: 'cloud', name: '127.0.0.1' },
    cloud: { kind: 'openai', connectionId, epochs: 1, batchSize: 8, learningRateMultiplier: 'auto', suffix: null, trainingType: null, ...cloud }, ...changes, model: { ...model, ...changes.model },
  })
}
