import { expect } from 'vitest'
import { openaiBackend, openaiPlace, openaiSpec } from '../../support/openai-place'
import { startOpenaiPeer } from '../../peers/openai-peer'
import { backendContract } from './contract'

const peer = await startOpenaiPeer({ stepMs: 15 })
const place = openaiPlace(peer)
const longCloud = { kind: 'openai', connectionId: place.open().id, epochs: 50, batchSize: 1, learningRateMultiplier: 'auto', suffix: null, trainingType: null } as const

backendContract(openaiBackend(place), {
  spec: (changes, data) => openaiSpec({ ...changes, data }),
  context: (runFolder, templates) => ({ runFolder, python: '', supervisorPath: '', templates, environment: {} }),
  long: { cloud: longCloud },
  completedEnd: { exitCode: null },
  async isAtWork(handle) {
    if (handle.kind !== 'remote' || handle.remoteId === null) return false
    const answer = await fetch(`${peer.baseUrl}/fine_tuning/jobs/${handle.remoteId}`, { headers: { authorization: `Bearer ${peer.key}` } })
    return ((await answer.json()) as { readonly status: string }).status === 'running'
  },
  mishaps: [
    {
      what: 'a job that the service ends with an error about a line',
      arm: () => void (peer.control.failWith = { code: 'invalid_training_file', message: 'Invalid file format. Line 7: Expecting value', param: 'training_file' }),
      strike: () => Promise.resolve(void (peer.control.stepMs = 1)),
      finished: { ending: 'failed', end: { cause: expect.objectContaining({ kind: 'bad-data', details: expect.objectContaining({ line: 7 }) as unknown }) as unknown } },
    },
    {
      what: 'a job that the service does not know any more',
      arm: () => void Object.assign(peer.control, { failWith: null, stepMs: 15 }),
      strike: (handle) => Promise.resolve(void peer.forget(handle.kind === 'remote' ? (handle.remoteId ?? '') : '')),
      finished: { ending: 'lost', end: { cause: null } },
    },
  ],
  jobsAtPlace: (spec) => Promise.resolve(peer.jobsOf(spec.jobId).length),
  async cleanUp() {
    expect(peer.violations).toEqual([])
    await peer.close()
  },
})
