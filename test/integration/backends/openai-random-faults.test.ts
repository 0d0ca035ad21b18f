import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunHandle } from '../../../electron/backends/training-backend'
import { seededRandom } from '../../../electron/domain/random'
import type { Gateway } from '../../../electron/remote/gateway'
import { JobId } from '../../../electron/shared/ids'
import type { TrainingEvent } from '../../../electron/shared/training-event'
import { faultKinds, startFaultProxy } from '../../peers/fault-proxy'
import { startOpenaiPeer } from '../../peers/openai-peer'
import type { OpenaiPeer } from '../../peers/openai-peer'
import { openaiBackend, openaiPlace, openaiSpec } from '../../support/openai-place'

const runs = Number(process.env['TUNESMITH_FAULT_RUNS'] ?? 8)

let peer: OpenaiPeer
let home: string
beforeAll(async () => {
  peer = await startOpenaiPeer({ stepMs: 20 })
  home = mkdtempSync(join(tmpdir(), 'tunesmith random faults '))
  writeFileSync(join(home, 'train.jsonl'), Array.from({ length: 64 }, (_, index) => `${JSON.stringify({ prompt: `Say ${index}.`, completion: `It is ${index}.` })}\n`).join(''))
})
afterAll(async () => {
  await peer.close()
  rmSync(home, { recursive: true, force: true })
})

class Death extends Error {}

/** An app that may die after any call, when the place has acted and nothing of it was written down. */
function mortal(place: ReturnType<typeof openaiPlace>, random: () => number) {
  const gateway: Gateway = {
    ...place.gateway,
    async call(what, attempt, options) {
      const answer = await place.gateway.call(what, attempt, options)
      if (random() < 0.1) throw new Death(what)
      return answer
    },
  }
  return { ...place, connections: { openai: () => Promise.resolve({ ...place.open(), gateway }) } }
}

/** Does it again, as a new app, until it comes through. */
async function untilAlive<T>(life: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await life()
    } catch (error) {
      if (!(error instanceof Death)) throw error
    }
  }
}

describe('a job under faults at random, of the line, of the service and of the app', () => {
  it.each(Array.from({ length: runs }, (_, index) => index + 1))('run %i is one job with each event once (catches what no single fault shows)', async (seed) => {
    const random = seededRandom(seed)
    // A request that the line repeats by itself is two for this protocol, whose requests carry no mark against it; lines don't do that.
    const proxy = await startFaultProxy(peer.baseUrl.replace('/v1', ''), { seed, rate: 0.3, delayMs: 50, stallMs: 300, retryAfterSeconds: 0, kinds: faultKinds.filter((kind) => kind !== 'repeat') })
    const place = mortal(openaiPlace({ baseUrl: `${proxy.endpoint}/v1`, key: peer.key }), random)
    const jobId = JobId.parse(`job_z${String(seed).padStart(15, '0')}`)
    const spec = openaiSpec({ jobId, data: { trainPath: join(home, 'train.jsonl'), evalPath: null, trainRows: 64, evalRows: 0 } })
    const context = { runFolder: join(home, jobId), python: '', supervisorPath: '', templates: {}, environment: {} }
    const run = await openaiBackend(place).prepare(spec, context)
    const handle: RunHandle = await untilAlive(() => openaiBackend(place).start(run, context))
    const events: TrainingEvent[] = []
    const endings: string[] = []
    let cursor: string | null = null
    await untilAlive(async () => {
      for await (const piece of openaiBackend(place).observe(handle, cursor)) {
        if (piece.kind === 'batch') {
          events.push(...piece.events)
          ;({ cursor } = piece)
        } else if (piece.kind === 'finished') return void endings.push(piece.ending)
        if (random() < 0.1) throw new Death('between two pieces')
      }
    })
    await proxy.stop()
    expect(endings).toEqual(['completed'])
    expect(peer.jobsOf(jobId)).toHaveLength(1)
    expect(peer.files().filter(({ name }) => name.includes(jobId))).toHaveLength(1)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index))
    expect(events.flatMap((event) => (event.kind === 'metrics' ? [event.step] : [])).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(events.filter(({ kind }) => kind === 'train-end')).toHaveLength(1)
  }, 60_000)
})
