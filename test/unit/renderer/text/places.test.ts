import { describe, expect, it } from 'vitest'
import { offeredFor } from '../../../../renderer/src/pages/run/offered'
import { sideWords } from '../../../../renderer/src/pages/compare/compared-models'
import type { ComparedModel } from '../../../../renderer/src/pages/compare/compared-models'
import { endWords, needsDeployment } from '../../../../renderer/src/pages/models/remote-words'
import { activityOf } from '../../../../renderer/src/text/job-words'
import { breakerWords, describePlace, isOpenLine, placeOf, placeState } from '../../../../renderer/src/text/places'
import { fakeAws, fakeAzure, fakeBrokenPlaces, fakeCloudJobs, fakeLedger, fakePlace, fakePlaces, fakeRemoteModels } from '../../../support/fake-cloud'
import { fakeComparison } from '../../../support/fake-comparison'
import { fakeJob, modelId } from '../../../support/fake-data'

describe('how a place stands', () => {
  it('names the breaker before an old check, and a login before what else is missing (catches Ready on a dead place)', () => {
    expect(fakePlaces.map((place) => placeState(place).word)).toEqual(['Ready', '1 warning'])
    expect(fakeBrokenPlaces.map((place) => placeState(place).word)).toEqual(['Login has run out', 'Not answering', 'Not checked'])
    expect(placeState(fakePlace(1, fakeAws, { checking: true })).word).toBe('Checking')
  })

  it('says when it is asked again (catches a time that has passed)', () => {
    const at = new Date(2026, 10, 21, 14, 5).getTime()
    expect(breakerWords({ state: 'open', retryAtMs: at, reason: 'It answered 503.' }, at - 1)).toBe('Asked again at 14:05. It answered 503.')
    expect(breakerWords({ state: 'open', retryAtMs: at, reason: 'other side closed' }, at)).toBe('Asked again now. other side closed.')
    expect(breakerWords({ state: 'open', retryAtMs: at, reason: null }, at)).toBe('Asked again now.')
  })

  it('warns of an address that is not encrypted, unless it is this computer (catches a key in the clear)', () => {
    expect(['http://10.0.0.12:8000/v1', 'http://host/v1', 'http://127.0.0.1.evil.example/v1'].map(isOpenLine)).toEqual([true, true, true])
    expect(['https://host/v1', 'http://localhost:8000/v1', 'http://127.0.0.1:1/v1', 'http://[::1]/v1', 'not an address'].map(isOpenLine)).toEqual([false, false, false, false, false])
  })

  it('is described without its secrets (catches a role or key in a list)', () => {
    expect(describePlace(fakeAws)).toBe('AWS, us-east-1, profile work')
    expect(describePlace({ ...fakeAws, profile: null })).toBe('AWS, us-east-1, default credentials')
    expect(describePlace(fakeAzure)).toBe('Azure or Foundry, contoso-support.openai.azure.com')
  })
})

describe('a run elsewhere', () => {
  const job = (index: number) => fakeCloudJobs[index] ?? fakeJob(1)

  it('says what it waits for, and what it needs before anything else (catches an expired login that looks like training)', () => {
    expect(activityOf(job(1))).toBe('Queued at the service')
    expect(activityOf(job(2))).toBe('Sending the base model, 5.2 of 12.4 GB, 42%')
    expect(activityOf(job(3))).toBe('Your AWS login has run out')
    expect(activityOf(job(0))).toBe('1 h 30 left')
    expect(placeOf(job(0))).toBe('ml.g6e.2xlarge in us-east-1')
    expect(placeOf(fakeJob(1))).toBeNull()
  })

  it('offers only what its place can do (catches Resume for a service that cannot)', () => {
    expect(offeredFor({ backend: 'openai' })).toMatchObject({ resume: false, force: false, script: false, terminal: false, hardware: false, leftovers: true })
    expect(offeredFor({ backend: 'sagemaker' })).toMatchObject({ resume: true, script: true, terminal: false, hardware: false, leftovers: false })
    expect(offeredFor({ backend: 'unsloth' })).toEqual({ resume: true, force: true, script: true, terminal: true, hardware: true, leftovers: false })
  })
})

describe('a model at a service', () => {
  it('says when it ends or ended (catches a dead model offered as alive)', () => {
    const now = Date.UTC(2026, 10, 21)
    expect(endWords({ shutdownDate: '2027-01-14' }, now)).toBe('ends 14 Jan 2027')
    expect(endWords({ shutdownDate: '2026-11-21' }, now)).toBe('ended 21 Nov 2026')
    expect(endWords({ shutdownDate: null }, now)).toBe('no end known')
  })

  it('needs a deployment on Azure only (catches a comparison that can never answer)', () => {
    const remotes = fakeRemoteModels.flatMap(({ remote }) => (remote === null ? [] : [remote]))
    expect(remotes.map((remote) => needsDeployment(remote, 'azure'))).toEqual([false, true, false])
    expect(remotes.map((remote) => needsDeployment(remote, 'custom'))).toEqual([false, false, false])
  })

  it('says in a comparison where it answered, how fast and for what (catches a remote side taken for a local one)', () => {
    const model: ComparedModel = { id: modelId(21), name: 'mini', note: 'base', colour: 8, job: null, place: 'Azure west', remoteName: 'gpt-4.1-mini-2025-04-14' }
    const score = fakeComparison.scores[0] ?? null
    expect(sideWords(model, score, 'RTX 4090', fakeLedger.rows)).toBe('remote: Azure west · first token after 92 ms · cost under $0.01 · perplexity not available from a service')
    expect(sideWords(model, null, '', [])).toBe('remote: Azure west · cost not counted yet · perplexity not available from a service')
    expect(sideWords({ ...model, place: null, remoteName: null }, score, 'RTX 4090', [])).toBe('local: RTX 4090 · first token after 92 ms')
  })
})
