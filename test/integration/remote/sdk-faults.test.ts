import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { CreateTrainingJobCommand } from '@aws-sdk/client-sagemaker'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { awsClients } from '../../../electron/remote/aws/clients'
import { classifyAws, classifyOpenai } from '../../../electron/remote/classify'
import type { AwsClients } from '../../../electron/remote/aws/clients'
import type { CallFault, Gateway } from '../../../electron/remote/gateway'
import type { ConnectionId } from '../../../electron/shared/ids'
import { closeServer, listen } from '../../support/hub-peer'

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}
type Behaviour = Answer | 'cut' | 'hang'

/** A place that answers everything the same, so that what the real SDKs make of it can be seen. */
let server: Server
let endpoint: string
let behaviour: Behaviour = 'cut'
let asked: { readonly url: string; readonly host: string; readonly authorization: string }[] = []
let folder: string
let clients: AwsClients

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', host: request.headers.host ?? '', authorization: request.headers.authorization ?? '' })
    request.resume()
    if (behaviour === 'cut') request.socket.destroy()
    else if (behaviour !== 'hang') response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body)
  })
  endpoint = `http://localhost:${await listen(server)}`
})
afterAll(() => closeServer(server))

const noGateway: Gateway = { call: () => Promise.reject(new Error('not used')), state: () => ({ state: 'closed', retryAtMs: null, reason: null }), retryNow: () => undefined }

function clientsOf(profile: string | null): AwsClients {
  return awsClients({
    id: 'c-1' as ConnectionId, gateway: noGateway,
    config: { kind: 'aws', name: 'test', profile, region: 'eu-central-1', roleArn: 'arn:aws:iam::111122223333:role/sm', bucket: 'b', prefix: '', kmsKeyArn: null, vpc: null, tags: [], reachesPypi: true },
  })
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tunesmith aws '))
  asked = []
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL_S3']) vi.stubEnv(name, undefined)
  vi.stubEnv('HOME', folder)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATESTTESTTESTTEST')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'planted-secret-key')
  clients = clientsOf(null)
})
afterEach(() => {
  clients.destroy()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

const thrown = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => expect.fail('it went well'), (error: unknown) => error)
const createJob = async () => (await clients.sagemaker()).send(new CreateTrainingJobCommand({ TrainingJobName: 'a', RoleArn: 'r', OutputDataConfig: { S3OutputPath: 's3://b/' } }))
const json = (status: number, type: string, message: string, headers = {}): Answer => ({ status, headers: { 'content-type': 'application/x-amz-json-1.1', ...headers }, body: JSON.stringify({ __type: type, message }) })
const xml = (status: number, code: string, message: string, headers = {}): Answer => ({ status, headers: { 'content-type': 'application/xml', ...headers }, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>` })

async function sagemakerFault(answer: Behaviour): Promise<CallFault> {
  behaviour = answer
  return classifyAws(await thrown(createJob()), 'work')
}
async function s3Fault(answer: Behaviour): Promise<CallFault> {
  behaviour = answer
  return classifyAws(await thrown((await clients.s3()).send(new ListObjectsV2Command({ Bucket: 'b' }))), null)
}

describe('what the AWS SDK throws', () => {
  it('throttling may be tried again, when the place says (catches a 400 that ends a job)', async () => {
    expect(await sagemakerFault(json(400, 'ThrottlingException', 'Rate exceeded'))).toMatchObject({ kind: 'retry', throttled: true, retryAfterMs: null, cause: { kind: 'rate-limit' } })
    expect(await s3Fault(xml(503, 'SlowDown', 'Please reduce your request rate.', { 'retry-after': '4' }))).toMatchObject({ kind: 'retry', throttled: true, retryAfterMs: 4_000 })
    expect(asked).toHaveLength(2)
  })

  it('a 5xx, a page of HTML, half a body and a cut line may be tried again, and may have taken effect (catches a job that is called not created)', async () => {
    const answers: readonly Behaviour[] = [
      json(500, 'InternalFailure', 'x'), { status: 502, body: '<html>Bad gateway</html>' }, { status: 200, body: '<html>captive portal</html>' }, { status: 200, body: '{"TrainingJobArn": "arn:a' }, { status: 500, body: '' }, 'cut',
    ]
    for (const answer of answers) {
      const fault = await sagemakerFault(answer)
      expect(fault).toMatchObject({ kind: 'retry', throttled: false, cause: { kind: 'unreachable' } })
      expect(fault.cause.details['sent']).toBeUndefined()
      expect(fault.cause.evidence).not.toMatch(/hidden field/)
    }
    for (const answer of ['cut', { status: 200, body: '<html><p>no</html>' }, { status: 503, body: '<html>' }] as const) expect(await s3Fault(answer)).toMatchObject({ kind: 'retry', cause: { kind: 'unreachable' } })
  })

  it('a closed port and a name that does not exist were never reached (catches a search for a job that was never sent)', async () => {
    for (const url of ['http://127.0.0.1:9', 'http://nowhere.invalid']) {
      vi.stubEnv('AWS_ENDPOINT_URL', url)
      clients = clientsOf(null)
      expect(classifyAws(await thrown(createJob()), null)).toMatchObject({ kind: 'retry', cause: { kind: 'unreachable', details: { sent: 'no' } } })
    }
  })

  it('quota, PassRole and role are final, with what the user needs (catches five tries for a quota of 0)', async () => {
    expect(await sagemakerFault(json(400, 'ResourceLimitExceeded', "The account-level service limit 'ml.g5.2xlarge for training job usage' is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances."))).toMatchObject({ kind: 'final', cause: { kind: 'quota', details: { limit: 0, requested: 1 } } })
    expect(await sagemakerFault(json(400, 'AccessDeniedException', 'User: arn:aws:iam::1:user/e is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/sm'))).toMatchObject({ kind: 'final', cause: { kind: 'access-denied', details: { action: 'iam:PassRole' } } })
    expect(await sagemakerFault(json(400, 'ValidationException', 'Could not assume role arn:aws:iam::1:role/sm.'))).toMatchObject({ kind: 'final', cause: { kind: 'role' } })
  })

  it('a refusal without words gets its action from the call (catches "403" and nothing else)', async () => {
    expect(await sagemakerFault(json(400, 'AccessDeniedException', 'no'))).toMatchObject({ cause: { kind: 'access-denied', details: { action: 'sagemaker:CreateTrainingJob' } } })
    expect(await s3Fault(xml(403, 'AccessDenied', 'Access Denied'))).toMatchObject({ kind: 'final', cause: { kind: 'access-denied', details: { action: 's3:ListBucket' } } })
    behaviour = { status: 403, body: '' }
    const head = await thrown((await clients.s3()).send(new HeadObjectCommand({ Bucket: 'b', Key: 'k' })))
    expect(classifyAws(head, null)).toMatchObject({ kind: 'final', cause: { kind: 'access-denied', details: { action: 's3:GetObject' } } })
    behaviour = { status: 404, body: '' }
    expect(classifyAws(await thrown((await clients.s3()).send(new HeadObjectCommand({ Bucket: 'b', Key: 'k' }))), null)).toMatchObject({ kind: 'final', cause: { details: { code: 'NotFound', status: 404 } } })
  })

  it('an expired login shows the command, with the profile (catches a failed job where a login is missing)', async () => {
    expect(await sagemakerFault(json(400, 'ExpiredTokenException', 'The security token included in the request is expired'))).toMatchObject({ kind: 'login', command: 'aws sso login --profile work', cause: { kind: 'login-expired' } })
    expect(await s3Fault(xml(400, 'ExpiredToken', 'The provided token has expired.'))).toMatchObject({ kind: 'login', command: 'aws sso login' })
    expect(await sagemakerFault(json(400, 'UnrecognizedClientException', 'The security token included in the request is invalid.'))).toMatchObject({ kind: 'login', command: 'aws configure --profile work' })
    expect(classifyAws(Object.assign(new Error('x'), { name: 'ExpiredToken' }), 'my "odd" $profile')).toMatchObject({ command: 'aws sso login --profile "my \\"odd\\" $profile"' })
  })

  it('an SSO session of a profile that ran out is a login, before anything is sent (catches the text of the SDK that changed)', async () => {
    writeFileSync(join(folder, 'config'), '[profile work]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = dev\nregion = eu-central-1\n[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-central-1\nsso_registration_scopes = sso:account:access\n')
    clients = clientsOf('work')
    const fault = classifyAws(await thrown(createJob()), 'work')
    expect(fault).toMatchObject({ kind: 'login', command: 'aws sso login --profile work', cause: { kind: 'login-expired' } })
    expect(asked).toEqual([])
    clients = clientsOf('missing')
    expect(classifyAws(await thrown(createJob()), 'missing')).toMatchObject({ kind: 'login', command: 'aws configure sso --profile missing' })
  })

  it('after an expired login the files are read anew (catches an app that must be started again after aws sso login)', async () => {
    const write = (key: string): void => writeFileSync(join(folder, 'credentials'), `[work]\naws_access_key_id = ${key}\naws_secret_access_key = s\n`)
    write('AKIAOLDOLDOLDOLDOLD1')
    clients = clientsOf('work')
    await sagemakerFault(json(400, 'ExpiredTokenException', 'expired'))
    write('AKIANEWNEWNEWNEWNEW2')
    behaviour = { status: 200, body: '{"TrainingJobArn":"arn:aws:sagemaker:eu-central-1:1:training-job/a"}', headers: { 'content-type': 'application/x-amz-json-1.1' } }
    await createJob()
    expect(asked.map(({ authorization }) => /Credential=(\w+)/.exec(authorization)?.[1])).toEqual(['AKIAOLDOLDOLDOLDOLD1', 'AKIANEWNEWNEWNEWNEW2'])
  })

  it('a wrong clock is set by the answer and the call tried again, or named (catches a laptop that woke up last week)', async () => {
    const skewed = json(403, 'RequestTimeTooSkewed', 'The difference between the request time and the current time is too large.', { date: new Date(Date.now() + 7_200_000).toUTCString() })
    expect(await sagemakerFault(skewed)).toMatchObject({ kind: 'retry', throttled: false, cause: { kind: 'clock-skew', details: { sent: 'no' } } })
    const agreed = { ...skewed, headers: { ...skewed.headers, date: new Date().toUTCString() } }
    expect(await sagemakerFault(agreed)).toMatchObject({ kind: 'final', cause: { kind: 'clock-skew' } })
  })

  it('puts the bucket into the path exactly where the user has an S3 of their own (catches a MinIO that is asked under names it does not have)', async () => {
    await s3Fault('cut')
    expect(asked[0]?.url).toMatch(/^\/b\/?\?/)
    vi.stubEnv('AWS_ENDPOINT_URL', undefined)
    vi.stubEnv('AWS_ENDPOINT_URL_STS', endpoint)
    clients = clientsOf(null)
    expect((await clients.s3()).config.forcePathStyle).toBe(false)
    behaviour = xml(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.')
    const sts = await thrown((await clients.sts()).send(new GetCallerIdentityCommand({})))
    expect(classifyAws(sts, null).kind).toBe('login')
    expect(await (await clients.pricing()).config.region()).toBe('us-east-1')
    expect(await (await clients.sagemaker()).config.maxAttempts()).toBe(1)
  })

  it('gives the same clients for a connection, and new ones after destroy (catches a socket pool a call)', async () => {
    const first = await clients.s3()
    expect(await clients.s3()).toBe(first)
    clients.destroy()
    expect(await clients.s3()).not.toBe(first)
  })

  it('no fault tells the secret (catches a key in a log)', async () => {
    for (const answer of ['cut', json(400, 'ExpiredTokenException', 'x'), { status: 200, body: '<' }] as const) expect(JSON.stringify(await sagemakerFault(answer))).not.toMatch(/planted-secret/)
  })
})

describe('what the openai package throws', () => {
  const key = 'planted-openai-key-without-a-known-form'
  const ask = async (answer: Behaviour, timeout = 2_000): Promise<CallFault> => {
    behaviour = answer
    const client = new OpenAI({ apiKey: key, baseURL: `${endpoint}/v1`, maxRetries: 0, timeout, logLevel: 'off' })
    return classifyOpenai(await thrown(client.fineTuning.jobs.list().then((page) => page)), key)
  }
  const body = (status: number, error: object, headers = {}): Answer => ({ status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ error }) })

  it('a limit of requests is tried again, an empty purse is not; both are 429 (catches five tries for a bill)', async () => {
    expect(await ask(body(429, { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded', param: null }, { 'retry-after-ms': '2500' }))).toMatchObject({ kind: 'retry', throttled: true, retryAfterMs: 2_500, cause: { kind: 'rate-limit' } })
    expect(await ask(body(429, { message: 'You exceeded your current quota, please check your plan and billing details.', type: 'insufficient_quota', code: 'insufficient_quota', param: null }))).toMatchObject({ kind: 'final', cause: { kind: 'insufficient-funds' } })
  })

  it('a 5xx, a malformed body, a cut line and a silent place may be tried again (catches a bare SyntaxError that ends a job)', async () => {
    const answers: readonly Behaviour[] = [body(500, { message: 'x' }), { status: 503, body: 'overloaded' }, { status: 200, headers: { 'content-type': 'application/json' }, body: '{"object": "li' }, 'cut']
    for (const answer of answers) expect(await ask(answer)).toMatchObject({ kind: 'retry', throttled: false, cause: { kind: 'unreachable' } })
    const silent = await ask('hang', 200)
    expect(silent).toMatchObject({ kind: 'retry', cause: { kind: 'unreachable' } })
    expect(silent.cause.details['sent']).toBeUndefined()
    expect(await ask(body(500, { message: 'x' }, { 'x-should-retry': 'false' }))).toMatchObject({ kind: 'final' })
  })

  it('a closed port was never reached (catches a search for a job that was never sent)', async () => {
    const closing = createServer()
    const port = await listen(closing)
    await closeServer(closing)
    const client = new OpenAI({ apiKey: key, baseURL: `http://localhost:${port}/v1`, maxRetries: 0 })
    expect(classifyOpenai(await thrown(client.models.list().then((page) => page)))).toMatchObject({ kind: 'retry', cause: { kind: 'unreachable', details: { sent: 'no' } } })
  })

  it('a refused key is a login, and what the service repeats of it is taken out (catches a key in a log)', async () => {
    const fault = await ask(body(401, { message: `Incorrect API key provided: ${key}.`, type: 'invalid_request_error', code: 'invalid_api_key', param: null }))
    expect(fault).toMatchObject({ kind: 'login', command: null, cause: { kind: 'login-expired', evidence: 'invalid_api_key: 401 Incorrect API key provided: ***.' } })
    expect(JSON.stringify(fault)).not.toContain(key)
  })

  it('an unknown model, a bad parameter and a missing scope are final (catches an outage that is none)', async () => {
    expect(await ask(body(404, { message: 'The model `gpt-9` does not exist', type: 'invalid_request_error', code: 'model_not_found', param: 'model' }))).toMatchObject({ kind: 'final', cause: { kind: 'unsupported-base', details: { code: 'model_not_found', status: 404 } } })
    expect(await ask(body(400, { message: 'n_epochs must be at most 50', type: 'invalid_request_error', code: null, param: 'n_epochs' }))).toMatchObject({ kind: 'final', cause: { kind: 'unknown', details: { param: 'n_epochs' } } })
    expect(await ask(body(403, { message: 'You have insufficient permissions. Missing scopes: api.fine_tuning.jobs.read', code: 'missing_scope' }))).toMatchObject({ kind: 'final', cause: { kind: 'access-denied', details: { action: 'api.fine_tuning.jobs.read' } } })
  })
})
