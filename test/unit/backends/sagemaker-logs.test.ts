import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readPosition } from '../../../electron/backends/sagemaker-cursor'
import { readStreams } from '../../../electron/backends/sagemaker-logs'
import { CloudError } from '../../../electron/remote/gateway'
import type { Gateway } from '../../../electron/remote/gateway'
import { temporaryFolder } from '../storage/storage-fixtures'

const attempt = 1_795_000_000_000
const event = (seq: number): string => `@tunesmith ${attempt} {"seq":${seq},"t":1,"event":"log","step":${seq + 1},"epoch":0.1,"loss":1.5}`

/** A log whose pages hold two lines; places in it that were given before `expire` are refused, as CloudWatch does after a day. */
function createFakeLog() {
  const lines: string[] = []
  let generation = 0
  const send = ({ input }: { readonly input: { readonly nextToken?: string } }) => {
    const [given, at] = (input.nextToken ?? `${generation}/0`).split('/').map(Number)
    if (given !== generation) return Promise.reject(Object.assign(new Error('The specified nextToken is invalid.'), { name: 'InvalidParameterException' }))
    const page = lines.slice(at, (at ?? 0) + 2)
    return Promise.resolve({ events: page.map((message) => ({ message })), nextForwardToken: `${generation}/${(at ?? 0) + page.length}` })
  }
  const gateway = {
    call: (what: string, ask: (signal: AbortSignal) => Promise<unknown>) => ask(new AbortController().signal).catch((error: unknown) => {
      const { name, message } = error as Error
      throw new CloudError({ kind: 'final', cause: { kind: 'unknown', evidence: message, details: { code: name } } }, false, what)
    }),
  } as unknown as Gateway
  return { lines, way: { gateway, clients: { logs: () => Promise.resolve({ send }) } as never }, expire: () => void (generation += 1) }
}

describe('reading the log of a job', () => {
  // Catches a run without a curve and a console after an app that was closed over a weekend.
  it('goes on from the head where its place has expired, with each event and each line once', async () => {
    const log = createFakeLog()
    const folder = temporaryFolder()
    const streams = [{ name: 'job/algo-1-1', host: 1 }]
    const seen: number[] = []
    let position = readPosition(null)
    const look = async (): Promise<void> => {
      const batches = readStreams(log.way, folder, streams, position)
      for (let step = await batches.next(); ; step = await batches.next()) {
        if (step.done === true) return void (position = step.value)
        seen.push(...step.value.events.map(({ seq }) => seq))
      }
    }
    log.lines.push('begin', event(0), event(1))
    await look()
    log.expire()
    log.lines.push(event(2), 'later', event(3), 'end')
    await look()
    log.lines.push(event(4))
    await look()
    expect(seen).toEqual([0, 1, 2, 3, 4])
    expect(readFileSync(join(folder, 'console.log'), 'utf8')).toBe('begin\nlater\nend\n')
  })
})
