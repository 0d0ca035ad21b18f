import { describe, expect, it } from 'vitest'
import { createConnections } from '../../../electron/services/connections'
import type { ConnectionsDeps } from '../../../electron/services/connections'
import { AppError } from '../../../electron/shared/app-error'
import type { AdoptableJob } from '../../../electron/shared/cloud'
import type { ConnectionCheck, ConnectionSummary } from '../../../electron/shared/connection'
import { connectionKey } from '../../../electron/shared/settings'
import { awsConfig, openaiConfig } from '../../support/cloud-connections'
import { connectionId, jobId, newJob, openTemporary, request } from '../storage/storage-fixtures'
import { createFakeGateway, deferred } from './fake-places'
import type { FakeGateway } from './fake-places'

type Findings = Omit<ConnectionCheck, 'atMs'>
const found = (detail: string): Findings => ({ items: [{ id: 'identity', label: 'Login', state: 'ok', detail, fix: null, command: null }], bases: [], quotas: {} })

function setUp(change: Partial<ConnectionsDeps> = {}) {
  const { stores } = openTemporary()
  const gateways: FakeGateway[] = []
  const secrets = new Map<string, string>()
  const asked: string[] = []
  const pushes: (readonly ConnectionSummary[])[] = []
  let released = 0
  let next = 1
  const connections = createConnections({
    store: stores.connections, jobs: stores.jobs,
    newGateway(_config, _key, onState) {
      const fake = createFakeGateway(onState)
      gateways.push(fake)
      return fake.gateway
    },
    secretGet: async (name) => secrets.get(name) ?? null,
    secretClear: async (name) => void secrets.delete(name),
    checkAws: async (_open, { instanceType }) => {
      asked.push(`aws ${instanceType}`)
      return found('account 1')
    },
    checkOpenai: async ({ key }) => {
      asked.push(`openai ${key}`)
      return { items: [], bases: [] }
    },
    listAdoptable: async () => [], adoptJob: async () => jobId(99), release: () => void released++,
    newId: () => connectionId(next++), now: () => 5000, onChanged: (all) => pushes.push(all), ...change,
  })
  const addJob = (number: number, state: 'queued' | 'running', connection = 1): void => {
    stores.jobs.create(newJob(number, { request: { ...request(), backend: 'openai', cloud: { kind: 'openai', connectionId: connectionId(connection), epochs: 'auto', batchSize: 'auto', learningRateMultiplier: 'auto', suffix: null, trainingType: null } } }))
    if (state === 'running') {
      stores.jobs.transition(jobId(number), { kind: 'prepare' }, 1)
      stores.jobs.transition(jobId(number), { kind: 'started' }, 2)
    }
  }
  return { connections, stores, gateways, secrets, asked, pushes, addJob, released: () => released }
}
const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
  return 'nothing was thrown'
}

describe('places', () => {
  it('are listed, added and changed without opening anything (catches a connection that nobody asked for)', () => {
    const { connections, gateways, asked, pushes } = setUp()
    const id = connections.add(awsConfig)
    connections.add(openaiConfig)
    connections.change(id, { ...awsConfig, name: 'Renamed' })
    expect(connections.list()).toMatchObject([
      { id, config: { name: 'Renamed' }, checking: false, check: null, breaker: { state: 'closed' }, activeJobs: 0, createdAtMs: 5000 }, { config: openaiConfig },
    ])
    expect([gateways.length, asked, pushes.length]).toEqual([0, [], 3])
  })

  it('have one gateway each, which all calls share until the place or its key changes (catches a breaker per call)', async () => {
    const { connections, gateways, secrets, released } = setUp()
    const [aws, openai] = [connections.add(awsConfig), connections.add(openaiConfig)]
    expect(await connections.aws(aws)).toBe(await connections.aws(aws))
    const [first, second] = await Promise.all([connections.openai(openai), connections.openai(openai)])
    expect(first).toBe(second)
    expect([gateways.length, first.key]).toEqual([2, ''])
    secrets.set(connectionKey(openai), 'sk-typed')
    const withKey = await connections.openai(openai)
    expect([withKey.key, gateways.length, released()]).toEqual(['sk-typed', 3, 1])
    connections.change(aws, { ...awsConfig, profile: 'other' })
    expect((await connections.aws(aws)).config.profile).toBe('other')
    expect([gateways.length, released()]).toEqual([4, 2])
  })

  it('of the wrong kind, removed or unknown are not found (catches an AWS call with an OpenAI key)', async () => {
    const { connections } = setUp()
    const [aws, openai] = [connections.add(awsConfig), connections.add(openaiConfig)]
    for (const work of [() => connections.aws(openai), () => connections.openai(aws), () => connections.check(connectionId(9), null), () => connections.retry(connectionId(9)), () => connections.remove(connectionId(9))]) {
      expect(await codeOf(work)).toBe('CONNECTION_NOT_FOUND')
    }
  })

  it('count the jobs that run there, and can\'t be removed or moved while one runs or waits (catches a job whose place is gone)', async () => {
    const { connections, addJob, stores } = setUp()
    const id = connections.add(openaiConfig)
    connections.add({ ...openaiConfig, name: 'Other' })
    addJob(1, 'running')
    addJob(2, 'queued')
    addJob(3, 'running', 2)
    expect(connections.list().map(({ activeJobs }) => activeJobs)).toEqual([1, 1])
    expect(await codeOf(() => connections.remove(id))).toBe('CONNECTION_IN_USE')
    expect(await codeOf(() => connections.change(id, { ...openaiConfig, baseUrl: 'https://elsewhere.example/v1' }))).toBe('CONNECTION_IN_USE')
    connections.change(id, { ...openaiConfig, name: 'A new name' })
    for (const job of [1, 2]) stores.jobs.transition(jobId(job), { kind: 'force-requested' }, 5)
    stores.jobs.transition(jobId(1), { kind: 'finished', outcome: 'stopped' }, 6)
    await connections.remove(id)
    expect(connections.list()).toHaveLength(1)
  })

  it('take their key with them when they go (catches a key that nobody can delete any more)', async () => {
    const { connections, secrets } = setUp()
    const id = connections.add(openaiConfig)
    secrets.set(connectionKey(id), 'sk-typed')
    await connections.remove(id)
    expect([secrets.size, connections.list()]).toEqual([0, []])
  })
})

describe('a check', () => {
  it('is stored, says that it goes on, and asks with the key and through an open breaker (catches a check that waits for the breaker)', async () => {
    const { connections, secrets, asked, pushes, gateways, stores } = setUp()
    const id = connections.add(openaiConfig)
    secrets.set(connectionKey(id), 'sk-typed')
    const checking = connections.check(id, null)
    expect(connections.get(id).checking).toBe(true)
    const summary = await checking
    expect(summary).toMatchObject({ checking: false, check: { atMs: 5000, items: [], quotas: {} } })
    expect(stores.connections.get(id)?.check).toEqual(summary.check)
    expect([asked, gateways[0]?.retries()]).toEqual([['openai sk-typed'], 1])
    expect(pushes.slice(-2).map(([one]) => one?.checking)).toEqual([true, false])
  })

  it('runs once at a time: the same wish joins, another one waits (catches two probes that write the same bucket)', async () => {
    const gates = [deferred<Findings>(), deferred<Findings>()]
    const seen: (string | null)[] = []
    const { connections } = setUp({
      checkAws: (_open, { instanceType }) => {
        seen.push(instanceType)
        return (gates[seen.length - 1] ?? deferred<Findings>()).promise
      },
    })
    const id = connections.add(awsConfig)
    const [first, twin, other] = [connections.check(id, 'ml.g5.xlarge'), connections.check(id, 'ml.g5.xlarge'), connections.check(id, 'ml.g6.xlarge')]
    await Promise.resolve()
    gates[0]?.resolve(found('one'))
    expect((await first).check?.items[0]?.detail).toBe('one')
    expect((await twin).check?.items[0]?.detail).toBe('one')
    gates[1]?.resolve(found('two'))
    expect((await other).check?.items[0]?.detail).toBe('two')
    expect(seen).toEqual(['ml.g5.xlarge', 'ml.g6.xlarge'])
  })

  it('that fails keeps the one before and is no longer running (catches a button that stays pressed)', async () => {
    let fail = false
    const { connections } = setUp({ checkAws: async () => { if (fail) throw new AppError('CLOUD_UNREACHABLE', 'no way'); return found('before') } })
    const id = connections.add(awsConfig)
    await connections.check(id, null)
    fail = true
    expect(await codeOf(() => connections.check(id, null))).toBe('CLOUD_UNREACHABLE')
    expect(connections.get(id)).toMatchObject({ checking: false, check: { items: [{ detail: 'before' }] } })
  })

  it('of a place that was changed meanwhile is ended and not stored (catches a green check of another bucket)', async () => {
    const gate = deferred<Findings>()
    let ended = false
    const { connections } = setUp({
      checkAws: (_open, _wish, signal) => {
        signal.addEventListener('abort', () => (ended = true))
        return gate.promise
      },
    })
    const id = connections.add(awsConfig)
    const checking = connections.check(id, null)
    await Promise.resolve()
    connections.change(id, { ...awsConfig, bucket: 'another-bucket' })
    gate.resolve(found('of the old bucket'))
    await checking
    expect([ended, connections.get(id).check]).toEqual([true, null])
  })

  it('ends with the app (catches a close that waits for a place)', async () => {
    const { connections, pushes } = setUp({
      checkAws: (_open, _wish, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new AppError('CANCELLED', 'closed')))),
    })
    const id = connections.add(awsConfig)
    const checking = codeOf(() => connections.check(id, null))
    await Promise.resolve()
    const before = pushes.length
    await connections.close()
    expect(await checking).toBe('CANCELLED')
    expect(pushes).toHaveLength(before)
  })
})

describe('the breaker', () => {
  it('is shown and pushed, and asks again at once when the user says so (catches a state that is seen only after a reload)', async () => {
    const { connections, gateways, pushes } = setUp()
    const id = connections.add(awsConfig)
    await connections.aws(id)
    gateways[0]?.breakTo({ state: 'open', retryAtMs: 9000, reason: 'no answer' })
    expect(pushes.at(-1)?.[0]?.breaker).toEqual({ state: 'open', retryAtMs: 9000, reason: 'no answer' })
    expect(await connections.retry(id)).toEqual({ state: 'open', retryAtMs: 0, reason: 'no answer' })
    expect(gateways[0]?.retries()).toBe(1)
  })
})

describe('adoption', () => {
  const job = (number: number): AdoptableJob => ({ remoteId: `remote-${number}`, jobId: jobId(number), name: `run ${number}`, status: 'running', createdAtMs: 1, model: 'gpt-4.1-mini' })

  it('offers what carries our tag and is not known here, by either id (catches a job of our own that is offered to us)', async () => {
    const { connections, stores, addJob } = setUp({ listAdoptable: async () => [job(1), job(2), { ...job(7), remoteId: 'remote-3' }] })
    const id = connections.add(openaiConfig)
    addJob(1, 'running')
    addJob(3, 'running')
    stores.jobs.patch(jobId(3), { connectionId: id, remoteId: 'remote-3' })
    expect(await connections.adoptable(id)).toEqual([job(2)])
  })

  // Catches a job that goes on and is billed, and that nobody can follow any more, because another key was typed for a moment.
  it('offers a job of our own that was given up as lost', async () => {
    const { connections, stores, addJob } = setUp({ listAdoptable: async () => [job(1)] })
    const id = connections.add(openaiConfig)
    addJob(1, 'running')
    stores.jobs.patch(jobId(1), { connectionId: id, remoteId: 'remote-1' })
    stores.jobs.transition(jobId(1), { kind: 'lost' }, 3)
    expect(await connections.adoptable(id)).toEqual([job(1)])
    stores.jobs.transition(jobId(1), { kind: 'found' }, 4)
    expect(await connections.adoptable(id)).toEqual([])
  })

  it('takes a job once, however often the button is pressed, and nothing that is not offered (catches a run that is followed twice)', async () => {
    let adopted = 0
    const { connections } = setUp({ listAdoptable: async () => [job(2)], adoptJob: async (_open, { jobId: id }) => { adopted += 1; return id } })
    const id = connections.add(openaiConfig)
    expect(await Promise.all([connections.adopt(id, 'remote-2'), connections.adopt(id, 'remote-2')])).toEqual([jobId(2), jobId(2)])
    expect(adopted).toBe(1)
    expect(await codeOf(() => connections.adopt(id, 'remote-9'))).toBe('JOB_NOT_FOUND')
  })
})
