import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { faultKinds, startFaultProxy } from '../../peers/fault-proxy'
import type { FaultKind, FaultProxy } from '../../peers/fault-proxy'

let peer: Server
let origin: string
let arrived = 0
const answer = JSON.stringify({ text: 'x'.repeat(200) })

beforeAll(async () => {
  peer = createServer((request, response) => {
    arrived += 1
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(answer))
  })
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`
})

afterAll(() => new Promise((resolve) => peer.close(resolve)))

/** What a client gets: the text, the status, or that the line broke. */
async function ask(proxy: FaultProxy): Promise<string> {
  try {
    const response = await fetch(`${proxy.endpoint}/jobs`, { method: 'POST', body: '{}' })
    const text = await response.text()
    if (response.status !== 200) return `${response.status}${response.headers.has('retry-after') ? ` after ${response.headers.get('retry-after')}` : ''}`
    return text === answer ? 'whole' : 'spoilt'
  } catch {
    return 'broken'
  }
}

describe('the fault proxy', () => {
  it('does what each fault says, before the peer or after it (catches an ambiguous answer that is none)', async () => {
    const proxy = await startFaultProxy(origin, { seed: 1, rate: 0, retryAfterSeconds: 2, delayMs: 5, stallMs: 20 })
    const expected: Readonly<Record<FaultKind, readonly [string, number]>> = {
      'drop-before': ['broken', 0], 'drop-after': ['broken', 1], 'throttle-before': ['429 after 2', 0], 'error-before': ['500', 0], 'error-after': ['500', 1], delay: ['whole', 1],
      truncate: ['broken', 1], repeat: ['whole', 2], corrupt: ['spoilt', 1], stall: ['broken', 1],
    }
    for (const kind of faultKinds) {
      const before = arrived
      proxy.next(kind)
      expect([kind, await ask(proxy), arrived - before]).toEqual([kind, ...expected[kind]])
    }
    expect(await ask(proxy)).toBe('whole')
    expect(proxy.met.map(({ kind }) => kind)).toEqual([...faultKinds])
    await proxy.stop()
  })

  it('gives the same faults for the same seed (catches a failure that cannot be repeated)', async () => {
    const plan = { seed: 7, rate: 0.5, delayMs: 2, stallMs: 2 }
    const outcomes: string[][] = []
    for (const seed of [7, 7, 8]) {
      const proxy = await startFaultProxy(origin, { ...plan, seed })
      for (let index = 0; index < 40; index += 1) await ask(proxy)
      outcomes.push(proxy.met.map(({ kind }) => kind))
      await proxy.stop()
    }
    expect(outcomes[0]?.length).toBeGreaterThan(8)
    expect(outcomes[1]).toEqual(outcomes[0])
    expect(outcomes[2]).not.toEqual(outcomes[0])
  })
})
