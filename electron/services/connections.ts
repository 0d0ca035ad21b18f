import { AppError } from '../shared/app-error'
import type { AdoptableJob } from '../shared/cloud'
import type { AwsConnection, BreakerState, ConnectionCheck, ConnectionConfig, ConnectionSummary, OpenaiConnection } from '../shared/connection'
import type { ConnectionId, JobId } from '../shared/ids'
import { activeStates } from '../shared/job-state-groups'
import { connectionKey } from '../shared/settings'
import type { SecretName } from '../shared/settings'
import type { Connections as OpenConnections, OpenAws, OpenConnection, OpenOpenai } from '../remote/connection'
import type { Gateway } from '../remote/gateway'
import type { ConnectionsStore, StoredConnection } from '../storage/connections-store'
import type { JobsStore } from '../storage/jobs-store'

type Findings = Omit<ConnectionCheck, 'atMs'>

export interface ConnectionsDeps {
  readonly store: ConnectionsStore
  readonly jobs: Pick<JobsStore, 'inStates' | 'find' | 'byRemoteId'>
  /** The one way out of a connection; `key` is known to it so that it never appears in what it says. */
  readonly newGateway: (config: ConnectionConfig, key: string, onState: (state: BreakerState) => void) => Gateway
  readonly secretGet: (name: SecretName) => Promise<string | null>
  readonly secretClear: (name: SecretName) => Promise<void>
  readonly checkAws: (open: OpenAws, wish: { readonly instanceType: string | null; readonly spot: null }, signal: AbortSignal) => Promise<Findings>
  readonly checkOpenai: (open: OpenOpenai, nowMs: number, signal: AbortSignal) => Promise<Omit<Findings, 'quotas'>>
  /** Jobs at the place that carry our tag, known here or not. */
  readonly listAdoptable: (open: OpenConnection) => Promise<readonly AdoptableJob[]>
  readonly adoptJob: (open: OpenConnection, job: AdoptableJob) => Promise<JobId>
  /** Frees what was made for an open connection, such as its sockets. */
  readonly release: (open: OpenConnection) => void
  readonly newId: () => ConnectionId
  readonly now: () => number
  readonly onChanged: (all: readonly ConnectionSummary[]) => void
}

interface RunningCheck {
  readonly instanceType: string | null
  readonly abort: AbortController
  readonly done: Promise<void>
}

const closedBreaker: BreakerState = { state: 'closed', retryAtMs: null, reason: null }

/** Use cases of places where jobs run elsewhere. A place is opened by the first call that needs it, never by a start of the app. */
export function createConnections(deps: ConnectionsDeps) {
  const { store } = deps
  const opened = new Map<ConnectionId, OpenConnection>()
  const checks = new Map<ConnectionId, RunningCheck>()
  const adoptions = new Map<string, Promise<JobId>>()
  let closed = false

  const get = (id: ConnectionId): StoredConnection => {
    const found = store.get(id)
    if (found === null) throw new AppError('CONNECTION_NOT_FOUND', `There is no connection ${id}.`)
    return found
  }
  const jobsOf = (id: ConnectionId, states: Parameters<JobsStore['inStates']>[0]): number => deps.jobs.inStates(states).filter(({ request }) => request.cloud?.connectionId === id).length
  const summarise = ({ id, config, check, createdAtMs }: StoredConnection): ConnectionSummary => ({
    id, config, check, createdAtMs, checking: checks.has(id), breaker: opened.get(id)?.gateway.state() ?? closedBreaker, activeJobs: jobsOf(id, activeStates),
  })
  const list = (): readonly ConnectionSummary[] => store.list().map(summarise)
  const changed = (): void => {
    if (!closed) deps.onChanged(list())
  }

  const drop = (id: ConnectionId): void => {
    const open = opened.get(id)
    opened.delete(id)
    if (open !== undefined) deps.release(open)
  }
  const openAws = (id: ConnectionId, config: AwsConnection): OpenAws => {
    const known = opened.get(id)
    if (known !== undefined && 'config' in known && known.config.kind === 'aws') return known as OpenAws
    const open: OpenAws = { id, config, gateway: deps.newGateway(config, '', changed) }
    opened.set(id, open)
    return open
  }
  const openOpenai = async (id: ConnectionId, config: OpenaiConnection): Promise<OpenOpenai> => {
    // Read each time, since the user may have typed another one; it stays in memory only.
    const key = (await deps.secretGet(connectionKey(id))) ?? ''
    if (get(id).config.kind !== 'openai') throw new AppError('CONNECTION_NOT_FOUND', `${id} is another place by now.`)
    const known = opened.get(id)
    if (known !== undefined && 'key' in known && known.key === key) return known
    drop(id)
    const open: OpenOpenai = { id, config, key, gateway: deps.newGateway(config, key, changed) }
    opened.set(id, open)
    return open
  }
  const openAny = (id: ConnectionId): Promise<OpenConnection> => {
    const { config } = get(id)
    return config.kind === 'aws' ? Promise.resolve(openAws(id, config)) : openOpenai(id, config)
  }

  const runCheck = async (id: ConnectionId, instanceType: string | null, signal: AbortSignal): Promise<void> => {
    const { config } = get(id)
    const open = await openAny(id)
    open.gateway.retryNow()
    const findings = 'key' in open ? { ...(await deps.checkOpenai(open, deps.now(), signal)), quotas: {} } : await deps.checkAws(open, { instanceType, spot: null }, signal)
    store.saveCheck(id, config, { atMs: deps.now(), ...findings })
  }
  /** One check at a time per place; a second one for the same instance type is the first. */
  const check = async (id: ConnectionId, instanceType: string | null): Promise<ConnectionSummary> => {
    get(id)
    for (let running = checks.get(id); running !== undefined; running = checks.get(id)) {
      if (running.instanceType === instanceType) {
        await running.done
        return summarise(get(id))
      }
      await running.done.catch(() => undefined)
    }
    const abort = new AbortController()
    const done = runCheck(id, instanceType, abort.signal).finally(() => {
      checks.delete(id)
      changed()
    })
    checks.set(id, { instanceType, abort, done })
    changed()
    await done
    return summarise(get(id))
  }

  const adoptable = async (id: ConnectionId): Promise<readonly AdoptableJob[]> => {
    const jobs = await deps.listAdoptable(await openAny(id))
    // Another account or project for a while makes a job look lost: with the right one it is there again.
    const lost = new Set(deps.jobs.inStates(['interrupted']).map((job) => job.id))
    return jobs.filter(({ remoteId, jobId }) => lost.has(jobId) || (deps.jobs.byRemoteId(id, remoteId) === null && deps.jobs.find(jobId) === null))
  }
  const adopt = async (id: ConnectionId, remoteId: string): Promise<JobId> => {
    const job = (await adoptable(id)).find((one) => one.remoteId === remoteId)
    if (job === undefined) throw new AppError('JOB_NOT_FOUND', `${remoteId} is not there to be adopted.`)
    return deps.adoptJob(await openAny(id), job)
  }

  const refuseInUse = (id: ConnectionId, states: Parameters<JobsStore['inStates']>[0]): void => {
    const count = jobsOf(id, states)
    if (count > 0) throw new AppError('CONNECTION_IN_USE', `${get(id).config.name} has ${count} ${count === 1 ? 'job' : 'jobs'} that run or wait.`, { data: { jobs: count } })
  }

  const remote: OpenConnections = {
    async aws(id) {
      const { config } = get(id)
      if (config.kind !== 'aws') throw new AppError('CONNECTION_NOT_FOUND', `${id} is no AWS connection.`)
      return openAws(id, config)
    },
    async openai(id) {
      const { config } = get(id)
      if (config.kind !== 'openai') throw new AppError('CONNECTION_NOT_FOUND', `${id} is no connection to an OpenAI-protocol service.`)
      return openOpenai(id, config)
    },
  }

  return {
    ...remote,
    list,
    get: (id: ConnectionId): ConnectionSummary => summarise(get(id)),
    /** When a base of this place ends, as its last check told; null: not known. */
    shutdownDateOf: (id: ConnectionId, base: string): string | null => get(id).check?.bases.find(({ name }) => name === base)?.shutdownDate ?? null,

    add(config: ConnectionConfig): ConnectionId {
      const id = deps.newId()
      store.add({ id, config, createdAtMs: deps.now() })
      changed()
      return id
    },

    /** A new name or login is taken at any time; where jobs run, the place itself can't become another one. */
    change(id: ConnectionId, config: ConnectionConfig): void {
      if (placeOf(get(id).config) !== placeOf(config)) refuseInUse(id, [...activeStates, 'queued'])
      checks.get(id)?.abort.abort()
      store.change(id, config)
      drop(id)
      changed()
    },

    async remove(id: ConnectionId): Promise<void> {
      get(id)
      refuseInUse(id, [...activeStates, 'queued'])
      checks.get(id)?.abort.abort()
      // First the key: a connection without one can be removed again, a key without its connection stays for ever.
      await deps.secretClear(connectionKey(id))
      store.remove(id, deps.now())
      drop(id)
      changed()
    },

    check,

    async retry(id: ConnectionId): Promise<BreakerState> {
      const open = await openAny(id)
      open.gateway.retryNow()
      changed()
      return open.gateway.state()
    },

    adoptable,

    /** Takes a job of another installation as one of ours, or follows one on that was lost; a second call for the same job waits for the first. */
    adopt(id: ConnectionId, remoteId: string): Promise<JobId> {
      const key = `${id} ${remoteId}`
      const running = adoptions.get(key)
      if (running !== undefined) return running
      const done = adopt(id, remoteId).finally(() => {
        adoptions.delete(key)
        changed()
      })
      adoptions.set(key, done)
      return done
    },

    /** Jobs began or ended somewhere. */
    changed,

    async close(): Promise<void> {
      closed = true
      const running = [...checks.values()]
      for (const { abort } of running) abort.abort()
      await Promise.allSettled(running.map(({ done }) => done))
      for (const id of [...opened.keys()]) drop(id)
    },
  }
}
export type Connections = ReturnType<typeof createConnections>

/** What makes two configurations the same place: jobs of one can be found with the other. */
function placeOf(config: ConnectionConfig): string {
  return JSON.stringify(config.kind === 'aws'
    ? ['aws', config.region, config.bucket, config.prefix]
    : ['openai', config.preset, config.baseUrl, config.organization, config.project])
}
