import { describe, expect, it } from 'vitest'
import { followJob } from '../../../electron/backends/sagemaker-observe'
import { CloudError } from '../../../electron/remote/gateway'
import type { Gateway } from '../../../electron/remote/gateway'
import type { RunObservation } from '../../../electron/shared/run-observation'
import { awsConfig } from '../../support/cloud-connections'
import { connectionId, temporaryFolder } from '../storage/storage-fixtures'

const minute = 60_000
const notFound = (): CloudError => new CloudError({ kind: 'final', cause: { kind: 'unknown', evidence: 'Requested resource not found.', details: { code: 'ValidationException' } } }, false, 'look at the job')
const beganMs = 1_795_000_000_000

/** Follows a job that trains without a line in its log, and is unknown at the looks that `missing` names, until it is lost or `looks` are over. */
async function follow(looks: number, missing: (look: number) => boolean): Promise<{ readonly seen: readonly RunObservation[]; readonly looks: number }> {
  let nowMs = beganMs
  let look = 0
  const abort = new AbortController()
  const gateway = {
    call: (what: string): Promise<unknown> => {
      if (!what.startsWith('look at the job')) return Promise.resolve({ logStreams: [] })
      look += 1
      return Promise.resolve(missing(look) ? null : {
        TrainingJobStatus: 'InProgress', SecondaryStatus: 'Training', SecondaryStatusTransitions: [{ Status: 'Training', StatusMessage: 'Training.' }], CreationTime: new Date(beganMs), TrainingStartTime: new Date(beganMs),
        ResourceConfig: { InstanceType: 'ml.g5.xlarge', InstanceCount: 1 },
      }).then((answer) => answer ?? Promise.reject(notFound()))
    },
  } as unknown as Gateway
  const pace = {
    next: () => {
      nowMs += minute / 2
      if (look >= looks) abort.abort()
      abort.signal.throwIfAborted()
      return Promise.resolve()
    },
    changed: () => undefined, wake: () => undefined,
  }
  const handle = { kind: 'remote', runFolder: temporaryFolder(), startedAtMs: beganMs, connectionId: connectionId(1), remoteId: 'tunesmith-job' } as const
  const connections = { aws: () => Promise.resolve({ id: connectionId(1), config: awsConfig, gateway }) }
  const seen: RunObservation[] = []
  for await (const piece of followJob({ connections, now: () => nowMs, describeEveryMs: 10_000 }, handle, null, pace, abort.signal)) seen.push(piece)
  return { seen, looks: look }
}

describe('following a job on SageMaker', () => {
  // Catches a budget that is judged when the training begins and again when all the money is spent.
  it('says at least every minute what was used, though nothing else changes', async () => {
    const { seen } = await follow(20, () => false)
    const used = seen.flatMap((piece) => (piece.kind === 'phase' && piece.usage?.kind === 'instances' ? [piece.usage.trainingSeconds] : []))
    expect(used.length).toBeGreaterThanOrEqual(10)
    expect(used.length).toBeLessThanOrEqual(11)
    expect(used).toEqual(used.toSorted((a, b) => a - b))
    expect(used.at(-1)).toBeGreaterThanOrEqual(9 * 60)
  })

  // Catches a job that is given up, and goes on unseen, because one answer was wrong or the login was another account's for a moment.
  it('gives a job up only when it is unknown three times in a row', async () => {
    expect((await follow(12, (look) => look % 3 !== 0)).seen.map(({ kind }) => kind)).not.toContain('finished')
    const { seen, looks } = await follow(12, (look) => look > 4)
    expect(looks).toBe(7)
    expect(seen.at(-1)).toMatchObject({ kind: 'finished', ending: 'lost' })
  })
})
