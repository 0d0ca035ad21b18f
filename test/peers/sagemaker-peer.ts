// The tests' AWS at one address: SageMaker's training jobs, Service Quotas, Pricing and SimulatePrincipalPolicy of our own, checked
// against AWS's service models; S3, STS, other IAM and CloudWatch Logs passed on to moto. Every request is written down, and
// tests can deny an action, let the login expire, throttle, set quotas, turn the clock, interrupt spot and more.
//
//   const moto = await startMoto()
//   const peer = await startSagemakerPeer({ moto: moto.endpoint })
//   // the app's environment: peer.env(), which is AWS_ENDPOINT_URL, AWS_REGION and a made-up key
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as sendRequest } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { systemPython } from '../support/run-folders'
import { testPython } from '../support/test-python'
import { getProducts, getServiceQuota, listServiceQuotas, simulatePrincipalPolicy, simulateRequest } from './account-operations'
import { AwsError, callOf, readBody, scopeOf, sendError, sendJson, sendXml } from './aws-wire'
import type { AwsCall } from './aws-wire'
import { accessDenied, createControlPlane } from './control-plane'
import type { RunParts } from './job-run'
import { toolkitPrograms } from './peer-environments'
import { peerClient, peerS3 } from './s3-folder'
import type { Hostile } from './s3-folder'
import { serviceModel } from './service-model'
import { hasEnded } from './training-job'
import type { TrainingJob } from './training-job'

export interface PeerOptions {
  /** Address of moto. */
  readonly moto: string
  /** `toolkit`: AWS's own program runs the job (3 s of torch first). `direct`: a small stand-in without torch, for hundreds of jobs. */
  readonly runner?: 'toolkit' | 'direct'
  /** Added to the environment of the containers. */
  readonly env?: Readonly<Record<string, string>>
  /** Between SIGTERM and SIGKILL; AWS gives 120 s. */
  readonly graceMs?: number
  /** How often checkpoints go to S3 while the job runs. */
  readonly syncMs?: number
  /** How long Starting, Downloading and Uploading last at least. */
  readonly stageMs?: number
  /** In AWS's images the script never hears of a stop (sagemaker-training-toolkit issue 125), so that is the default; true: it gets SIGTERM. */
  readonly scriptHearsStop?: boolean
}

/** What a test can order. Each part replaces the earlier one; what is left out stays. */
export interface PeerOrders {
  /** Quotas by name, such as `ml.g5.2xlarge for training job usage`; others are 4. */
  readonly quotas?: Readonly<Record<string, number>>
  /** IAM actions that are refused, such as `s3:PutObject` or `iam:PassRole`. */
  readonly deny?: readonly string[]
  readonly roleRefused?: boolean
  readonly loginExpired?: boolean
  /** So many next requests are answered with throttling; those of `throttleAction` only, where it is set. */
  readonly throttle?: number
  readonly throttleAction?: string | null
  /** AWS's clock against ours. A request signed more than 5 minutes off it is refused. */
  readonly clockOffsetMs?: number
  /** True: nothing answers, connections are closed. */
  readonly down?: boolean
  /** Names of jobs, or '*', whose next start finds no machine. */
  readonly capacityFailure?: readonly string[]
  /** The next job that ends packs such a member. */
  readonly hostileArtifact?: Hostile | null
}

export interface SeenRequest {
  readonly atMs: number
  /** As IAM writes it: `sagemaker:CreateTrainingJob`. */
  readonly action: string
  readonly method: string
  readonly url: string
  /** Without the signature and the session token. */
  readonly headers: Readonly<Record<string, string>>
  /** Empty for S3, whose bodies are passed on unread. */
  readonly body: string
  /** Null while it is not answered. */
  status: number | null
}

export interface SagemakerPeer {
  readonly endpoint: string
  /** What the app needs in its environment to speak with this peer and no other. */
  env(): Readonly<Record<string, string>>
  control(orders: PeerOrders): void
  /** Interrupts a spot job that runs. Throws for a job that is not spot. */
  interruptSpot(name: string): void
  requests(): readonly SeenRequest[]
  jobs(): readonly TrainingJob[]
  /** Ends jobs that run and the server. Throws when an answer of the peer itself broke AWS's model. */
  stop(): Promise<void>
}

const modelNames: Readonly<Record<string, string>> = { sagemaker: 'sagemaker/2017-07-24', servicequotas: 'service-quotas/2019-06-24', pricing: 'pricing/2017-10-15', iam: 'iam/2010-05-08', logs: 'logs/2014-03-28' }

export async function startSagemakerPeer(options: PeerOptions): Promise<SagemakerPeer> {
  const orders = {
    quotas: {} as Readonly<Record<string, number>>, deny: [] as readonly string[], roleRefused: false, loginExpired: false, throttle: 0, throttleAction: null as string | null,
    clockOffsetMs: 0, down: false, capacityFailure: [] as readonly string[], hostileArtifact: null as Hostile | null,
  }
  const root = await mkdtemp(join(tmpdir(), 'tunesmith-sagemaker-'))
  const seen: SeenRequest[] = []
  const faults: string[] = []
  const s3 = peerS3(options.moto)
  const logs = new CloudWatchLogsClient(peerClient(options.moto))
  const plane = createControlPlane(await runParts(), {
    quotas: () => orders.quotas,
    denied: (action) => orders.deny.includes(action),
    roleRefused: () => orders.roleRefused,
  })

  async function runParts(): Promise<RunParts> {
    const { runner = 'toolkit', graceMs = 120_000, syncMs = 1000, stageMs = 0, scriptHearsStop = false } = options
    return {
      s3, logs, root, graceMs, syncMs, stageMs, scriptHearsStop, bringsSource: runner === 'direct', env: { ...(await containerEnv(root, runner, options.moto)), ...options.env },
      takeCapacityFailure(name) {
        if (!orders.capacityFailure.includes(name) && !orders.capacityFailure.includes('*')) return false
        orders.capacityFailure = orders.capacityFailure.filter((each) => each !== name && each !== '*')
        return true
      },
      takeHostile() {
        const hostile = orders.hostileArtifact
        orders.hostileArtifact = null
        return hostile
      },
    }
  }

  /** Throws what a test ordered for this call. */
  function refuseIfOrdered(call: AwsCall, request: IncomingMessage): void {
    const action = `${call.service}:${call.operation}`
    if (orders.loginExpired) throw new AwsError('ExpiredToken', 'The security token included in the request is expired')
    const signedAt = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(request.headers['x-amz-date'] ?? ''))
    if (signedAt !== null && Math.abs(Date.parse(`${signedAt[1]}-${signedAt[2]}-${signedAt[3]}T${signedAt[4]}:${signedAt[5]}:${signedAt[6]}Z`) - Date.now() - orders.clockOffsetMs) > 300_000) {
      throw new AwsError('ClockSkew', call.wire === 's3' ? 'The difference between the request time and the current time is too large.' : `Signature not yet current or expired: ${signedAt[0]} is too far from the time of the service`)
    }
    if (orders.throttle > 0 && (orders.throttleAction === null || orders.throttleAction === action)) {
      orders.throttle -= 1
      throw new AwsError('Throttling', 'Rate exceeded')
    }
    if (orders.deny.includes(action)) throw accessDenied(action, call.wire === 's3' ? `arn:aws:s3:::${new URL(request.url ?? '/', 'http://peer').pathname.slice(1)}` : '*')
  }

  function answerOwn(call: AwsCall, body: string): { readonly value: unknown; readonly xml?: string } {
    if (call.service === 'iam') return simulatePrincipalPolicy(new URLSearchParams(body), new Set(orders.deny))
    const input: unknown = body === '' ? {} : JSON.parse(body)
    if (call.service === 'pricing') return { value: getProducts(input as Parameters<typeof getProducts>[0]) }
    if (call.operation === 'ListServiceQuotas') return { value: listServiceQuotas(input as Parameters<typeof listServiceQuotas>[0], orders.quotas) }
    if (call.operation === 'GetServiceQuota') return { value: getServiceQuota(input as Parameters<typeof getServiceQuota>[0], orders.quotas) }
    return { value: plane.answer(call.operation, input) }
  }

  function respond(call: AwsCall, body: string, response: ServerResponse): void {
    const model = serviceModel(modelNames[call.service] ?? '')
    if (!model.operations.includes(call.operation)) throw new AwsError('UnknownOperationException', `${call.service} has no operation ${call.operation}`)
    checkRequest(call, body)
    const { value, xml } = answerOwn(call, body)
    const problems = model.answerProblems(call.operation, value ?? undefined)
    if (problems.length > 0) {
      faults.push(`${call.operation} answered against AWS's model: ${problems.join('; ')}`)
      throw new AwsError('InternalFailure', faults.at(-1) ?? '', 500)
    }
    if (xml === undefined) sendJson(response, JSON.parse(JSON.stringify(value ?? {})))
    else sendXml(response, xml)
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (orders.down) return void request.destroy()
    const isS3 = request.headers['x-amz-target'] === undefined && scopeOf(request.headers) === 's3'
    const body = isS3 ? null : await readBody(request)
    const call = callOf({ method: request.method ?? '', url: request.url ?? '/', headers: request.headers }, body)
    const entry: SeenRequest = { atMs: Date.now(), action: `${call.service}:${call.operation}`, method: request.method ?? '', url: request.url ?? '/', headers: shownHeaders(request), body: body ?? '', status: null }
    seen.push(entry)
    response.once('close', () => (entry.status = response.headersSent ? response.statusCode : null))
    response.setHeader('date', new Date(Date.now() + orders.clockOffsetMs).toUTCString())
    try {
      refuseIfOrdered(call, request)
      if (isOwn(call)) return respond(call, body ?? '', response)
      if (call.service === 'logs') checkRequest(call, body ?? '')
      passOn(options.moto, request, response, body)
    } catch (error) {
      // A body that was not read would stay on the line before the next request.
      if (isS3) request.resume()
      sendError(response, call.wire, error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), 500))
    }
  }

  const server = createServer((request, response) => void handle(request, response).catch(() => request.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    endpoint,
    env: () => awsEnv(endpoint),
    control: (next) => void Object.assign(orders, next),
    interruptSpot: plane.interrupt,
    requests: () => seen,
    jobs: () => [...plane.jobs.values()],
    async stop() {
      await plane.stopAll()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      s3.destroy()
      logs.destroy()
      await rm(root, { recursive: true, force: true, maxRetries: 3 })
      const internal = [...plane.jobs.values()].filter((job) => hasEnded(job) && job.failureReason?.startsWith('InternalServerError') === true).map(({ failureReason }) => failureReason ?? '')
      if (faults.length + internal.length > 0) throw new Error(`The tests' SageMaker was at fault: ${[...faults, ...internal].join('\n')}`)
    },
  }
}

/** Variables of the SDKs and AWS's command line that lead to `endpoint`; files of the user's own are left out. */
export const awsEnv = (endpoint: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIAPEERPEERPEERPEER', AWS_SECRET_ACCESS_KEY: 'peer-secret-of-the-tests',
  AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true',
})

const isOwn = ({ service, operation }: AwsCall): boolean => ['sagemaker', 'servicequotas', 'pricing'].includes(service) || (service === 'iam' && operation === 'SimulatePrincipalPolicy')

function checkRequest(call: AwsCall, body: string): void {
  const model = serviceModel(modelNames[call.service] ?? '')
  const problems = model.requestProblems(call.operation, call.wire === 'query' ? simulateRequest(new URLSearchParams(body)) : JSON.parse(body === '' ? '{}' : body))
  if (problems.length > 0) throw new AwsError('ValidationException', `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected: ${problems.join('; ')}`)
}

const hiddenHeaders = ['authorization', 'x-amz-security-token']
const shownHeaders = ({ headers }: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hiddenHeaders.includes(name)).map(([name, value]) => [name, String(value)]))

/** Sends a request on to moto and its answer back, both as streams. */
function passOn(moto: string, request: IncomingMessage, response: ServerResponse, body: string | null): void {
  const { hostname, port } = new URL(moto)
  const onward = sendRequest({ hostname, port, method: request.method, path: request.url, headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.on('error', () => response.destroy()).pipe(response)
  })
  onward.on('error', () => response.destroy())
  // A client that goes away ends what it asked for, as it would at AWS.
  response.once('close', () => onward.destroy())
  if (body === null) request.on('error', () => onward.destroy()).pipe(onward)
  else onward.end(body)
}

/** What AWS's images set, with `train` on the PATH, a way to moto and to nothing else, and a Python that sees no GPU. */
async function containerEnv(root: string, runner: 'toolkit' | 'direct', moto: string): Promise<Readonly<Record<string, string>>> {
  const programs = runner === 'toolkit' ? [toolkitPrograms(), dirname(testPython())] : [await directPrograms(root)]
  const nowhere = 'http://127.0.0.1:9'
  return {
    PATH: [...programs, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    PYTHONUNBUFFERED: 'TRUE', PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'UTF-8', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8',
    SAGEMAKER_TRAINING_MODULE: 'sagemaker_pytorch_container.training:main', AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: moto, S3_ENDPOINT_URL: moto, AWS_ACCESS_KEY_ID: 'container', AWS_SECRET_ACCESS_KEY: 'container',
    HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, http_proxy: nowhere, https_proxy: nowhere, NO_PROXY: 'localhost,127.0.0.1', no_proxy: 'localhost,127.0.0.1',
    PIP_NO_INDEX: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1', CUDA_VISIBLE_DEVICES: '', UNSLOTH_FORCE_CPU: '1', OMP_NUM_THREADS: '1', GLOO_SOCKET_IFNAME: 'lo',
  }
}

/** A folder with a `train` that is the stand-in. */
async function directPrograms(root: string): Promise<string> {
  const folder = join(root, 'bin')
  await mkdir(folder)
  await writeFile(join(folder, 'train'), `#!/bin/sh\nexec '${systemPython()}' '${join(import.meta.dirname, 'direct_runner.py')}' "$@"\n`)
  await chmod(join(folder, 'train'), 0o755)
  return folder
}
