import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { connect, createServer as createLine } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { jobNameOf } from '../../electron/remote/aws/training-jobs'
import { openDatabase } from '../../electron/storage/database'
import { createStores } from '../../electron/storage/stores'
import { logGroup } from '../peers/log-shipper'
import { startMoto } from '../peers/moto-server'
import { peerClient } from '../peers/s3-folder'
import { awsEnv } from '../peers/sagemaker-peer'
import { awsConfig } from '../support/cloud-connections'
import { buildEngineProcess, engineProcess } from '../support/engine-process'
import { launchApp } from '../support/launch-app'
import { until } from '../support/run-folders'
import { sagemakerSpec } from '../support/sagemaker-place'
import { connectionId, jobId, newJob } from '../unit/storage/storage-fixtures'
import { clickThroughRun, noteClicks, notedClicks } from './clicks'
import { option, ratioRow, report, rowOf } from './rows'

/**
 * A job on SageMaker has gone on for 100,000 events while the app was closed. The log is in moto; SageMaker itself is a small server that
 * says "Training" and holds that answer back until all is ready. Pairs with a bare loop of the SDK over the same stream, whose order
 * alternates; both go by the same line to moto. The time runs from the first request for events, for the engine until the last event is
 * in its database, for the loop until it has the last page. `--pairs` sets the pairs, `--rounds` how often the real app is opened.
 */
const pairs = option('pairs', 7)
const rounds = option('rounds', 3)
const lines = 100_000
const id = jobId(1)
const jobName = jobNameOf(id)
const stream = `${jobName}/algo-1-1795000000`

let moto: Awaited<ReturnType<typeof startMoto>>
let build: Awaited<ReturnType<typeof buildEngineProcess>>
let plane: Plane
let line: Line
const homes: string[] = []

interface Plane {
  readonly endpoint: string
  readonly server: Server
  /** From now on requests wait. */
  hold(): void
  /** Answers those that wait; resolves as soon as one has come. */
  release(): Promise<void>
}

async function startPlane(): Promise<Plane> {
  let held = false
  let waiting: (() => void)[] = []
  const at = Date.now() / 1000
  const answer = JSON.stringify({
    TrainingJobName: jobName, TrainingJobArn: `arn:aws:sagemaker:us-east-1:123456789012:training-job/${jobName}`, TrainingJobStatus: 'InProgress', SecondaryStatus: 'Training',
    SecondaryStatusTransitions: [{ Status: 'Training', StartTime: at, StatusMessage: 'Training in progress.' }], CreationTime: at, LastModifiedTime: at, TrainingStartTime: at,
    ResourceConfig: { InstanceType: 'ml.g5.xlarge', InstanceCount: 1, VolumeSizeInGB: 50 }, ModelArtifacts: { S3ModelArtifacts: 's3://bucket/model.tar.gz' }, EnableManagedSpotTraining: false,
  })
  const server = createServer((request, response) => {
    request.resume()
    const send = () => void response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(answer)
    if (held) waiting.push(send)
    else send()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server,
    hold: () => void (held = true),
    async release() {
      await until('the engine asks for the job', () => Promise.resolve(waiting.length > 0 || undefined), 60_000)
      held = false
      for (const send of waiting) send()
      waiting = []
    },
  }
}

interface Line {
  readonly endpoint: string
  /** When the first request for events since the last call of `reset` came. */
  firstAtMs(): number
  reset(): void
  close(): void
}

/** Passes bytes on to moto and notes when the first request for events comes. */
async function startLine(upstream: string): Promise<Line> {
  const { hostname, port } = new URL(upstream)
  let first = Number.NaN
  const server = createLine((socket) => {
    const onward = connect(Number(port), hostname)
    socket.on('data', (bytes) => {
      if (Number.isNaN(first) && bytes.includes('GetLogEvents')) first = performance.now()
    })
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
    socket.pipe(onward).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, firstAtMs: () => first, reset: () => void (first = Number.NaN), close: () => void server.close() }
}

beforeAll(async () => {
  moto = await startMoto()
  line = await startLine(moto.endpoint)
  plane = await startPlane()
  build = await buildEngineProcess()
  const logs = new CloudWatchLogsClient(peerClient(moto.endpoint))
  await logs.send(new CreateLogGroupCommand({ logGroupName: logGroup }))
  await logs.send(new CreateLogStreamCommand({ logGroupName: logGroup, logStreamName: stream }))
  const attempt = Date.now() - 3_600_000
  const event = (seq: number): string => JSON.stringify(seq === 0
    ? { seq, t: attempt / 1000, event: 'train_begin', total_steps: lines, total_epochs: 1, steps_per_epoch: lines, trainable_parameters: 1, total_parameters: 2, resumed_from_step: 0 }
    : { seq, t: (attempt + seq * 10) / 1000, event: 'log', step: seq, epoch: seq / lines, loss: 1 + 1 / seq, learning_rate: 1e-4, grad_norm: 0.5 + 1 / seq, tokens_per_second: 1234.5, num_tokens: seq * 512 })
  // As many as one request may hold, by its bytes.
  const batch = 4_000
  for (let from = 0; from < lines; from += batch) {
    const logEvents = Array.from({ length: Math.min(batch, lines - from) }, (_, index) => ({ timestamp: attempt + (from + index) * 10, message: `@tunesmith ${attempt} ${event(from + index)}` }))
    await logs.send(new PutLogEventsCommand({ logGroupName: logGroup, logStreamName: stream, logEvents }))
  }
  logs.destroy()
}, 300_000)
afterAll(async () => {
  plane.server.closeAllConnections()
  plane.server.close()
  line.close()
  await moto.stop()
  build.dispose()
  for (const home of homes) rmSync(home, { recursive: true, force: true, maxRetries: 5 })
})

const env = (): Record<string, string> => ({ ...awsEnv(line.endpoint), AWS_ENDPOINT_URL_SAGEMAKER: plane.endpoint })

/** A data folder as an app leaves it that was closed right after it had sent a job. */
function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'tunesmith-bench-catch-up-'))
  homes.push(home)
  const runFolder = join(home, 'runs', id)
  mkdirSync(runFolder, { recursive: true })
  const spec = sagemakerSpec({ jobId: id })
  const database = openDatabase(join(home, 'tunesmith.db'))
  const { jobs, connections } = createStores(database.connection)
  const nowMs = Date.now()
  connections.add({ id: connectionId(1), config: { ...awsConfig, profile: null }, createdAtMs: nowMs })
  const { request, ...job } = newJob(1)
  jobs.create({ ...job, request: { ...request, backend: 'sagemaker', cloud: spec.cloud } })
  jobs.transition(id, { kind: 'prepare' }, nowMs, { device: spec.device, runFolder, spec })
  const handle = { kind: 'remote', runFolder, startedAtMs: nowMs, connectionId: connectionId(1), remoteId: jobName } as const
  jobs.transition(id, { kind: 'started' }, nowMs, { handle, connectionId: connectionId(1), remoteId: jobName })
  database.close()
  return home
}

/** What is stored, straight from the database: steps 1 to the last, each once. */
function expectEverything(home: string): void {
  const { connection, close } = openDatabase(join(home, 'tunesmith.db'))
  expect(connection.prepare('SELECT count(*) AS points, count(DISTINCT step) AS steps, max(step) AS last FROM metric_points').get()).toEqual({ points: lines - 1, steps: lines - 1, last: lines - 1 })
  close()
}

/** When the last event is stored, as another process sees it in the database. */
async function storedAtMs(home: string): Promise<number> {
  const { connection, close } = openDatabase(join(home, 'tunesmith.db'))
  const last = connection.prepare<[], number>('SELECT last_seq FROM training_jobs').pluck()
  while ((last.get() ?? -1) < lines - 1) await wait(10)
  const atMs = performance.now()
  close()
  return atMs
}

/** Lines per second of an engine that starts. */
async function catchUp(): Promise<number> {
  const home = newHome()
  plane.hold()
  line.reset()
  const engine = engineProcess(build.script, { home, env: env() })
  await engine.start()
  await plane.release()
  const rate = (lines / ((await storedAtMs(home)) - line.firstAtMs())) * 1000
  await engine.close()
  expectEverything(home)
  return rate
}

async function drain(): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'drain-logs.mjs'), logGroup, stream], { env: { ...process.env, ...env() } })
  const told = JSON.parse(stdout) as { readonly lines: number; readonly ms: number }
  expect(told.lines).toBe(lines)
  return (lines / told.ms) * 1000
}

it('catches up nearly as fast as a bare loop of the SDK', async () => {
  // Once each without counting, so that every file of theirs is in memory.
  await catchUp()
  await drain()
  const rates = { own: [] as number[], bare: [] as number[] }
  for (let pair = 0; pair < pairs; pair += 1)
    for (const side of pair % 2 === 0 ? (['own', 'bare'] as const) : (['bare', 'own'] as const)) rates[side].push(await (side === 'own' ? catchUp() : drain()))
  const what = 'Catch-up of 100,000 log lines after a restart'
  report(
    ratioRow({ figure: `${what}: rate over that of a bare SDK loop`, bound: 'at least 0.8', peer: 'GetLogEvents of @aws-sdk/client-cloudwatch-logs in a loop that parses nothing, on the same moto' }, rates.own, rates.bare, ({ value }) => value >= 0.8),
    rowOf({ figure: `${what}: rate`, bound: null, unit: 'lines/s' }, rates.own, null),
    rowOf({ figure: `${what}: rate of the bare loop`, bound: null, unit: 'lines/s' }, rates.bare, null),
  )
}, 1_200_000)

it('paints clicks meanwhile in the real app', async () => {
  const clicks: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const home = newHome()
    plane.hold()
    const { page, quit } = await launchApp({ home, env: env() })
    await page.evaluate((job) => { location.hash = `#/run/${job}` }, id as string)
    await page.getByRole('tab', { name: 'Facts' }).waitFor()
    await plane.release()
    await page.getByRole('region', { name: 'Loss', exact: true }).locator('canvas').waitFor()
    await noteClicks(page)
    let over = false
    const clicking = clickThroughRun(page, () => over)
    await until('all is stored', async () => {
      const reply = await page.evaluate((job) => (globalThis as unknown as { tunesmith: { request(route: string, input: unknown): Promise<unknown> } }).tunesmith.request('jobs.get', { jobId: job }), id as string)
      await page.waitForTimeout(200)
      return (reply as { readonly data: { readonly job: { readonly lastSeq: number } } }).data.job.lastSeq >= lines - 1 || undefined
    }, 120_000)
    over = true
    await clicking
    clicks.push(...(await notedClicks(page)))
    await quit()
    expectEverything(home)
  }
  report(rowOf({ figure: 'Catch-up of 100,000 log lines after a restart: a click is painted meanwhile', bound: 'at most 100 ms (95th percentile)', unit: 'ms' }, clicks, (_, p95) => p95 <= 100, { p95: true }))
}, 600_000)
