import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConnectionId, DatasetId, JobId, ModelId } from '../../../electron/shared/ids'
import type { JobDetail } from '../../../electron/shared/job'
import type { BackendId, JobRequest } from '../../../electron/shared/job-spec'
import { terminalStates } from '../../../electron/shared/job-state-groups'
import { connectionKey } from '../../../electron/shared/settings'
import { prepareAccount } from '../../peers/aws-account'
import { startMoto } from '../../peers/moto-server'
import { startOpenaiPeer } from '../../peers/openai-peer'
import type { OpenaiPeer } from '../../peers/openai-peer'
import { peerS3 } from '../../peers/s3-folder'
import { awsEnv, startSagemakerPeer } from '../../peers/sagemaker-peer'
import type { SagemakerPeer } from '../../peers/sagemaker-peer'
import { buildEngineProcess, engineProcess } from '../../support/engine-process'
import type { EngineProcess } from '../../support/engine-process'
import { lightProgram } from '../../support/fault-runs'
import { peerCommit, startHubPeer } from '../../support/hub-peer'
import type { HubPeer } from '../../support/hub-peer'
import { startRecordingProxy } from '../../support/recording-proxy'
import type { GivenAnswer, RecordedRequest, RecordingProxy } from '../../support/recording-proxy'
import { until } from '../../support/run-folders'
import { createSecretSearch, watchArguments } from '../../support/secret-search'
import type { SecretSearch } from '../../support/secret-search'
import { repository } from '../../support/start-engine'

// None looks like a key of a known service, so that only a rule, and no pattern, can keep it back; but AWS's own key ids, which moto makes.
const planted = { 'service key': 'Planted+Service/Key=0Q7wZ3xR9v', 'session token': 'PlantedSessionToken//Kf82hQ+pLm55==', 'hub token': 'Planted_Hub_Token_5dTz81LqW' }
const base = 'gpt-4.1-mini-2025-04-14'

let moto: Awaited<ReturnType<typeof startMoto>>
let sagemaker: SagemakerPeer
let service: OpenaiPeer
let hub: HubPeer
let build: Awaited<ReturnType<typeof buildEngineProcess>>
let lines: { readonly aws: RecordingProxy; readonly service: RecordingProxy; readonly hub: RecordingProxy }
let engine: EngineProcess
let search: SecretSearch
let secrets: Readonly<Record<string, string>>
let places: { readonly aws: ConnectionId; readonly service: ConnectionId; readonly datasetId: DatasetId; readonly demo: ModelId; readonly gated: ModelId; readonly remote: ModelId }
const sent: unknown[] = []
const home = mkdtempSync(join(tmpdir(), 'tunesmith-secrets-'))
const programFolder = lightProgram()
const watched = watchArguments()

beforeAll(async () => {
  moto = await startMoto()
  sagemaker = await startSagemakerPeer({ moto: moto.endpoint, runner: 'direct', graceMs: 2_000 })
  service = await startOpenaiPeer({ stepMs: 30, key: planted['service key'] })
  hub = await startHubPeer(join(repository, 'test', 'fixtures', 'models', 'tiny-llama'))
  const account = await prepareAccount(moto.endpoint)
  secrets = { ...planted, 'access key': account.env['AWS_ACCESS_KEY_ID'] ?? '', 'secret key': account.env['AWS_SECRET_ACCESS_KEY'] ?? '' }
  search = createSecretSearch(secrets)
  lines = { aws: await startRecordingProxy(sagemaker.endpoint), service: await startRecordingProxy(new URL(service.baseUrl).origin), hub: await startRecordingProxy(hub.origin) }
  build = await buildEngineProcess()
  const keys: Record<string, string> = { 'huggingface-token': planted['hub token'] }
  engine = engineProcess(build.script, {
    home, programFolder, secrets: keys, onSent: (message) => void sent.push(message),
    env: { ...awsEnv(lines.aws.endpoint), ...account.env, AWS_SESSION_TOKEN: planted['session token'], HF_TOKEN: planted['hub token'], HF_ENDPOINT: lines.hub.endpoint, OPENAI_API_KEY: planted['service key'] },
  })
  await engine.start()
  const { datasetId } = await engine.request('datasets.addSample', undefined)
  const { connectionId: aws } = await engine.request('connections.add', account.connection)
  const { connectionId: other } = await engine.request('connections.add', { kind: 'openai', name: 'Service', preset: 'custom', baseUrl: `${lines.service.endpoint}/v1`, organization: null, project: null })
  keys[connectionKey(other)] = planted['service key']
  await engine.request('secrets.set', { name: connectionKey(other), value: planted['service key'] })
  const { modelId: remote } = await engine.request('models.addRemote', { connectionId: other, name: base, deployment: null })
  const demo = await until('the demo model is there', async () => (await engine.request('models.list', undefined)).find(({ kind }) => kind === 'demo')?.id)
  await engine.request('hub.download', { hubId: 'peer/tiny', revision: peerCommit })
  const gated = await until('the gated model is there', async () => (await engine.request('models.list', undefined)).find(({ kind }) => kind === 'hub')?.id)
  places = { aws, service: other, datasetId, demo, gated, remote }
})
afterAll(async () => {
  watched.stop()
  await engine.close()
  for (const line of Object.values(lines)) await line.stop()
  await hub.close()
  await service.close()
  await sagemaker.stop()
  await moto.stop()
  build.dispose()
  for (const folder of [home, programFolder]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function requestFor(name: string, backend: BackendId, modelId: ModelId): Promise<JobRequest> {
  const { settings } = await engine.request('jobs.defaults', { modelId, datasetId: places.datasetId, backend, method: backend === 'openai' ? null : 'lora' })
  return {
    name, backend, modelId, datasetId: places.datasetId, device: { kind: 'auto' }, budget: null, settings: { ...settings, length: { kind: 'steps', steps: 8 }, evaluateEverySteps: 0, checkpointEverySteps: 4 },
    cloud: backend === 'openai'
      ? { kind: 'openai', connectionId: places.service, epochs: 1, batchSize: 'auto', learningRateMultiplier: 'auto', suffix: null, trainingType: null }
      : {
          kind: 'sagemaker', connectionId: places.aws, trainer: 'huggingface', instanceType: 'ml.g5.xlarge', instanceCount: 1, volumeGb: 30, spot: false, maxRunSeconds: 3600, maxWaitSeconds: null, imageUri: null,
          hubTokenSecret: 'hub-token',
        },
  }
}
async function create(name: string, backend: BackendId, modelId: ModelId): Promise<JobId> {
  const created = await engine.request('jobs.create', await requestFor(name, backend, modelId))
  if ('refused' in created) throw new Error(JSON.stringify(created.refused))
  return created.jobId
}
const atService = (name: string): Promise<JobId> => create(name, 'openai', places.remote)
const onAws = (name: string, model = places.demo): Promise<JobId> => create(name, 'sagemaker', model)

async function ends(jobId: JobId): Promise<JobDetail> {
  return until(`${jobId} ends`, async () => {
    const detail = await engine.request('jobs.get', { jobId })
    return terminalStates.includes(detail.job.state) ? detail : undefined
  }, 60_000)
}

/** A place that says all that it knows of us, as some do in their errors; AWS even what it is never sent. */
const telling = (...names: readonly string[]): string => names.map((name) => `You sent ${secrets[name] ?? ''}.`).join(' ')
const awsTelling = (): string => telling('access key', 'session token', 'secret key')
const isFor = (target: string) => ({ headers }: RecordedRequest): boolean => String(headers['x-amz-target'] ?? '').endsWith(`.${target}`)
const awsRefusal = (type: string): GivenAnswer => ({ status: 400, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify({ __type: type, message: `The request was refused. ${awsTelling()}` }) })
const s3Refusal = (code: string): GivenAnswer => ({
  status: 403, headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>We refused it. ${awsTelling()}</Message><AWSAccessKeyId>${secrets['access key'] ?? ''}</AWSAccessKeyId><CanonicalRequest>x-amz-security-token:${planted['session token']}</CanonicalRequest></Error>`,
})
const serviceRefusal = (status: number): GivenAnswer => ({ status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error: { message: `Refused. ${telling('service key')}`, type: 'invalid_request_error', param: null, code: null } }) })

/** Answers so many requests that match, then lets all pass. */
function answering(line: RecordingProxy, matches: (request: RecordedRequest) => boolean, answer: GivenAnswer, times = Infinity): { readonly met: () => number } {
  let met = 0
  line.instead = (request) => {
    if (met >= times || !matches(request)) return null
    met += 1
    return answer
  }
  return { met: () => met }
}

/** A place whose last check found something missing takes no job. */
async function checkAgain(connectionId: ConnectionId): Promise<void> {
  await engine.request('connections.check', { connectionId, instanceType: connectionId === places.aws ? 'ml.g5.xlarge' : null })
}

describe('no secret leaves its place', () => {
  it('when all goes well, at both places, with a model from a hub that wants a token', async () => {
    for (const connectionId of [places.aws, places.service]) await checkAgain(connectionId)
    const jobs = [await atService('Well at a service'), await onAws('Well on SageMaker', places.gated)]
    for (const jobId of jobs) expect((await ends(jobId)).job).toMatchObject({ state: 'succeeded', cause: null })
    expect(lines.hub.seen.some(({ headers }) => headers.authorization === `Bearer ${planted['hub token']}`)).toBe(true)
    expect(lines.aws.seen.some(({ headers }) => headers['x-amz-security-token'] === planted['session token'])).toBe(true)
  })

  it('when the service tells what it was sent: a refused key, a broken answer, a failed upload, a failed job', async () => {
    const refused = answering(lines.service, ({ method, url }) => method === 'POST' && url.endsWith('/fine_tuning/jobs'), serviceRefusal(401), 1)
    const jobId = await atService('A key that is told')
    await until('the key was refused', () => Promise.resolve(refused.met() > 0 || undefined))
    await until('it says so', async () => (await engine.request('jobs.get', { jobId })).job.phase?.attention === true || undefined)
    await engine.request('connections.check', { connectionId: places.service, instanceType: null })
    // It waits 15 s before it looks again; whether it ends is not what is asked here.
    await engine.request('jobs.cancel', { jobId, mode: 'save' })
    await ends(jobId)

    answering(lines.service, ({ url }) => url.includes('/models'), serviceRefusal(401), 1)
    await engine.request('connections.check', { connectionId: places.service, instanceType: null })
    answering(lines.service, ({ url }) => url.includes('/chat/completions'), serviceRefusal(401), 1)
    await engine.request('chat.send', { modelId: places.remote, messages: [{ role: 'user', content: 'Who are you?' }], sampling: { temperature: 0, topP: 1, maxNewTokens: 8, seed: 1 }, precision: 'float32' })
    await until('the chat ends', () => Promise.resolve(sent.some((message) => JSON.stringify(message).includes('"chat.end"')) || undefined))
    lines.service.instead = null
    await checkAgain(places.service)

    const broken = answering(lines.service, ({ method, url }) => method === 'GET' && url.includes('/fine_tuning/jobs/'), { status: 200, headers: { 'content-type': 'application/json' }, body: `{"id": ${telling('service key')}` }, 2)
    expect((await ends(await atService('Broken answers'))).job.state).toBe('succeeded')
    expect(broken.met()).toBe(2)

    answering(lines.service, ({ method, url }) => method === 'POST' && url.endsWith('/files'), serviceRefusal(400), 1)
    expect((await ends(await atService('No upload'))).job.state).toBe('failed')
    lines.service.instead = null

    service.control.failWith = { code: 'server_error', message: `The job has failed. ${telling('service key')}`, param: null }
    expect((await ends(await atService('Failed there'))).job.state).toBe('failed')
    service.control.failWith = null
  })

  it('when AWS tells what it was sent: a denied action, a login that is refused, broken answers, a failed upload, a failed job', async () => {
    sagemaker.control({ deny: ['sagemaker:CreateTrainingJob'] })
    expect((await ends(await onAws('Denied'))).job.cause).toMatchObject({ kind: 'access-denied' })
    sagemaker.control({ deny: [] })

    answering(lines.aws, isFor('CreateTrainingJob'), awsRefusal('AccessDeniedException'), 1)
    expect((await ends(await onAws('Denied with all it knows'))).job.cause).toMatchObject({ kind: 'access-denied' })

    const refused = answering(lines.aws, isFor('CreateTrainingJob'), awsRefusal('UnrecognizedClientException'), 1)
    const jobId = await onAws('A login that is told')
    await until('the login was refused', () => Promise.resolve(refused.met() > 0 || undefined))
    await until('it says so', async () => (await engine.request('jobs.get', { jobId })).job.phase?.attention === true || undefined)
    await engine.request('jobs.cancel', { jobId, mode: 'force' })
    await ends(jobId)

    answering(lines.aws, ({ body }) => body.includes('GetCallerIdentity'), awsRefusal('AccessDeniedException'), 1)
    await engine.request('connections.check', { connectionId: places.aws, instanceType: 'ml.g5.xlarge' })
    answering(lines.aws, ({ url }) => url.startsWith('/tunesmith-work'), s3Refusal('SignatureDoesNotMatch'), 3)
    await engine.request('connections.check', { connectionId: places.aws, instanceType: 'ml.g5.xlarge' })

    lines.aws.instead = null
    await checkAgain(places.aws)

    const broken = answering(lines.aws, isFor('DescribeTrainingJob'), { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: `{"TrainingJobName": ${awsTelling()}` }, 2)
    expect((await ends(await onAws('Broken answers'))).job.state).toBe('succeeded')
    expect(broken.met()).toBe(2)

    answering(lines.aws, ({ method, url }) => method === 'PUT' && url.includes('sourcedir'), s3Refusal('AccessDenied'), 1)
    expect((await ends(await onAws('No upload'))).job.cause).toMatchObject({ kind: 'access-denied' })
    lines.aws.instead = null

    lines.aws.change = (request, { body }) => (isFor('DescribeTrainingJob')(request)
      ? { status: 200, body: JSON.stringify({ ...(JSON.parse(body) as object), TrainingJobStatus: 'Failed', SecondaryStatus: 'Failed', FailureReason: `AlgorithmError: the script said ${awsTelling()}`, TrainingEndTime: Date.now() / 1000 }) }
      : null)
    expect((await ends(await onAws('Failed there'))).job.state).toBe('failed')
    lines.aws.change = null
  })

  it('when a hub tells what it was sent', async () => {
    lines.hub.instead = () => ({ status: 500, headers: { 'x-error-message': telling('hub token') }, body: telling('hub token') })
    await expect(engine.request('hub.download', { hubId: 'peer/other', revision: 'main' })).rejects.toThrow()
    lines.hub.instead = null
  })

  it('and nothing that was written or sent holds one', async () => {
    const diagnostics = join(home, 'diagnostics.json')
    expect(await engine.request('app.diagnostics', undefined, diagnostics)).toEqual({ path: diagnostics })
    await engine.request('ledger.saveCsv', undefined, join(home, 'ledger.csv'))
    // All that a window can ask for of each job.
    for (const { id: jobId } of await engine.request('jobs.list', undefined)) {
      await engine.request('jobs.get', { jobId })
      for (const file of ['script', 'spec', 'events', 'console'] as const) await engine.request('jobs.file', { jobId, file }).catch(() => undefined)
    }
    for (const route of ['connections.list', 'secrets.state', 'settings.get', 'ledger.get', 'models.list', 'app.about'] as const) await engine.request(route, undefined)
    for (const connectionId of [places.aws, places.service]) await engine.request('connections.adoptable', { connectionId })

    expect(search.inFolder(home)).toEqual([])
    expect(search.inDatabase(join(home, 'tunesmith.db'))).toEqual([])
    expect(sent.flatMap((message) => search.inValue(message, JSON.stringify(message).slice(0, 2000)))).toEqual([])
    expect([...watched.seen].flatMap((text) => search.inValue(text, 'arguments of a process'))).toEqual([])
    expect(search.inRequests(lines.service.seen, 'service', { authorization: 'service key' })).toEqual([])
    expect(search.inRequests(lines.aws.seen, 'AWS', { 'authorization': 'access key', 'x-amz-security-token': 'session token' })).toEqual([])
    expect(search.inRequests(lines.hub.seen, 'hub', { authorization: 'hub token' })).toEqual([])
    expect(await inBucket()).toEqual([])
    // The search looked at something: runs, an archive, requests of every kind.
    expect(sent.length).toBeGreaterThan(100)
    expect(lines.aws.seen.filter(({ method }) => method === 'PUT').length).toBeGreaterThan(5)
  })
})

async function inBucket(): Promise<readonly string[]> {
  const s3 = peerS3(moto.endpoint)
  const { Contents: objects = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'tunesmith-work' }))
  expect(objects.some(({ Key }) => Key?.endsWith('sourcedir.tar.gz'))).toBe(true)
  expect(objects.some(({ Key }) => Key?.endsWith('model.tar.gz'))).toBe(true)
  const found: string[] = []
  for (const { Key = '' } of objects) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'tunesmith-work', Key }))
    found.push(...search.inBytes(Buffer.from((await Body?.transformToByteArray()) ?? []), `s3://${Key}`), ...search.inBytes(Buffer.from(Key), `the name ${Key}`))
  }
  s3.destroy()
  return found
}

describe('the search itself', () => {
  it('finds a secret in a file, in an archive, in base64, in a table, in an answer, in arguments and in a request (catches a search that finds nothing)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tunesmith-canary-'))
    const key = planted['service key']
    const quiet = createSecretSearch({ 'service key': key })
    writeFileSync(join(folder, 'plain.txt'), `x ${key} y`)
    writeFileSync(join(folder, 'source.tar.gz'), gzipSync(`before ${key} after`))
    writeFileSync(join(folder, 'encoded.txt'), Buffer.from(`{"k":"${key}"}`).toString('base64'))
    expect(quiet.inFolder(folder).length).toBe(3)
    const path = join(folder, 'canary.db')
    const database = new Sqlite(path)
    database.exec('CREATE TABLE notes (text TEXT, bytes BLOB)')
    database.prepare('INSERT INTO notes VALUES (?, ?)').run(JSON.stringify({ key }), Buffer.from(key))
    database.close()
    expect(quiet.inDatabase(path)).toEqual(['service key: notes.text', 'service key: notes.bytes'])
    expect(quiet.inValue({ error: new Error(`no: ${key}`) }, 'answer')).toEqual(['service key: answer'])
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => 0, 60000)', key])
    const watching = watchArguments()
    await until('its arguments were seen', () => Promise.resolve([...watching.seen].some((text) => quiet.inValue(text, 'arguments').length > 0) || undefined))
    watching.stop()
    child.kill('SIGKILL')
    const headers = { 'authorization': `Bearer ${key}`, 'x-other': key }
    expect(quiet.inRequests([{ method: 'GET', url: `/a?key=${encodeURIComponent(key)}`, headers, body: Buffer.from(key) }], 'peer', { authorization: 'service key' })).toHaveLength(3)
    rmSync(folder, { recursive: true, force: true })
  })
})
