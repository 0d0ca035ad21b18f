import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LLMock } from '@copilotkit/aimock'
import { addEvent, addSteps, checkpointAnswer, checkpointSteps, fileProblem, isOver, jobAnswer, newControl, planOf, resultCsv, textOf } from './fake-openai-jobs'
import type { FakeJob, Fields, PeerControl, StoredFile } from './fake-openai-jobs'
import { answerOf, learnFrom } from './openai-answers'
import type { Learnt } from './openai-answers'
import { receiveForm } from './openai-multipart'
import { protocolSchema } from './openai-schema'

export interface JournalEntry {
  readonly method: string
  readonly path: string
  readonly status: number
  /** Of a JSON request. */
  readonly body: unknown
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
}

/** A service behind the OpenAI protocol on this machine. Its state lives as long as it does, however often the app restarts. */
export interface OpenaiPeer {
  /** Up to and with `/v1`. */
  readonly baseUrl: string
  readonly key: string
  readonly control: PeerControl
  readonly journal: readonly JournalEntry[]
  /** What broke OpenAI's specification, in either direction; always empty where the specification is not there. */
  readonly violations: readonly string[]
  /** Jobs created for a job of ours. */
  jobsOf(jobId: string): readonly FakeJob[]
  files(): readonly (StoredFile & { readonly expiresAt: number | null })[]
  /** Loses a job, as if it had never been. */
  forget(remoteId: string): void
  /** Uploads in parts that were begun and not ended. */
  openUploads(): number
  close(): Promise<void>
}

const bases = ['gpt-4.1-mini-2025-04-14', 'gpt-4.1-2025-04-14', 'gpt-4o-mini-2024-07-18']
const aimockCapBytes = 10 * 1024 * 1024
const mostPartBytes = 64 * 1024 * 1024

interface Upload {
  readonly bytes: number
  readonly filename: string
  readonly expires: number | null
  readonly parts: Map<string, string>
}
type Answer = { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> } | { readonly text: string } | 'cut'

/** aimock for what it does well (files, jobs, chat), and in front of it a fake of our own for what it lacks: see fake-openai-jobs.ts. */
export async function startOpenaiPeer(changes: Partial<PeerControl> & { readonly key?: string; readonly port?: number } = {}): Promise<OpenaiPeer> {
  const { key = 'sk-test-0123456789abcdef0123', port = 0, ...controls } = changes
  const control: PeerControl = Object.assign(newControl(), controls)
  const scratch = mkdtempSync(join(tmpdir(), 'tunesmith openai '))
  const schema = protocolSchema()
  const journal: JournalEntry[] = []
  const violations: string[] = []
  const jobs = new Map<string, FakeJob>()
  const files = new Map<string, StoredFile & { readonly purpose: string; readonly own: Fields | null; readonly expiresAt: number | null }>()
  const uploads = new Map<string, Upload>()
  const deleted = new Set<string>()
  const learnt = new Map<string, Learnt>()
  const mock = new LLMock({ port: 0, logLevel: 'silent' })
  mock.on({ endpoint: 'chat' }, (request) => {
    const named = control.deployments === null ? request.model : control.deployments[request.model]
    if (named === undefined || !knows(named)) return { status: 404, error: { message: `The model \`${request.model}\` does not exist or you do not have access to it.`, type: 'invalid_request_error', code: 'model_not_found' } }
    const question = request.messages.findLast(({ role }) => role === 'user')?.content
    return { content: answerOf(learntBy(named), typeof question === 'string' ? question : '', control.knows) }
  })
  await mock.start()

  function knows(model: string): boolean {
    return (bases.includes(model) && !deleted.has(model)) || (jobOfModel(model) !== null && !deleted.has(model))
  }
  function jobOfModel(model: string): FakeJob | null {
    for (const job of jobs.values()) {
      if (checkpointSteps(job).some((step) => checkpointAnswer(job, step)['fine_tuned_model_checkpoint'] === model)) return job
      if (job.status === 'succeeded' && job.upstream['fine_tuned_model'] === model) return job
    }
    return null
  }
  function learntBy(model: string): Learnt | null {
    const job = jobOfModel(model)
    if (job === null) return null
    const known = learnt.get(job.id) ?? learnFrom(job.training.path)
    learnt.set(job.id, known)
    return known
  }

  async function upstream(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: Fields }> {
    const response = await fetch(`${mock.url}/v1${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) })
    return { status: response.status, body: (await response.json()) as Fields }
  }

  /** Moves a job by the clock: aimock's by asking it once for each of its states, and our steps between. */
  async function sync(job: FakeJob): Promise<void> {
    const nowMs = Date.now()
    if (!isOver(job.status) && !control.hold) {
      const age = nowMs - job.bornMs
      if (job.status === 'validating_files' && age >= control.stepMs) await advance(job, 'queued')
      if (job.status === 'queued' && age >= 2 * control.stepMs) await advance(job, 'running')
      if (job.status === 'running') {
        const step = Math.min(job.steps, Math.floor(age / control.stepMs) - 2)
        const stopAt = job.failure === null ? job.steps : job.failure.atStep
        addSteps(job, Math.min(step, stopAt), control, nowMs)
        if (job.failure !== null && job.step >= stopAt) fail(job, nowMs)
        else if (job.step >= job.steps) await succeed(job)
      }
    }
    await pullEvents(job)
  }
  async function advance(job: FakeJob, status: string): Promise<void> {
    job.upstream = (await upstream('GET', `/fine_tuning/jobs/${job.id}`)).body
    job.status = status
    await pullEvents(job)
    // A file that breaks the rules is found before anything is trained.
    if (status === 'queued' && job.failure?.atStep === -1) fail(job, Date.now())
  }
  async function succeed(job: FakeJob): Promise<void> {
    await advance(job, 'succeeded')
    const id = `file-${randomUUID().replaceAll('-', '').slice(0, 22)}`
    const path = join(scratch, id)
    writeFileSync(path, resultCsv(job, control.base64Results))
    keepFile({ id, path, name: 'step_metrics.csv', sizeBytes: statSync(path).size }, 'fine-tune-results', null)
    job.resultFile = id
    job.finishedAt = Number(job.upstream['finished_at'])
  }
  function fail(job: FakeJob, nowMs: number): void {
    job.status = 'failed'
    job.finishedAt = Math.floor(nowMs / 1000)
    addEvent(job, nowMs, { level: 'error', message: String(job.failure?.error['message']) })
  }
  async function pullEvents(job: FakeJob): Promise<void> {
    if (job.status === 'failed') return
    const { body } = await upstream('GET', `/fine_tuning/jobs/${job.id}/events?limit=100`)
    for (const event of [...(body['data'] as FakeJob['events'])].reverse()) {
      if (job.upstreamIds.has(event.id)) continue
      job.upstreamIds.add(event.id)
      job.events.push(event)
    }
  }

  function keepFile(file: StoredFile, purpose: string, own: Fields | null, expiresAt: number | null = null): Fields {
    files.set(file.id, { ...file, purpose, own, expiresAt })
    return fileAnswer(file.id) ?? {}
  }
  function fileAnswer(id: string): Fields | null {
    const file = files.get(id)
    if (file === undefined) return null
    const plain = { id, object: 'file', bytes: file.sizeBytes, created_at: Math.floor(Date.now() / 1000), filename: file.name, purpose: file.purpose, status: 'processed' }
    // aimock tells a `status_details` of null, which the specification does not have.
    const { status_details: _details, ...own } = file.own ?? {}
    return { ...plain, ...own, ...(file.expiresAt === null ? {} : { expires_at: file.expiresAt }) }
  }

  async function takeFile(path: string, name: string, purpose: string, expires: number | null): Promise<Fields> {
    const sizeBytes = statSync(path).size
    const expiresAt = expires === null ? null : Math.floor(Date.now() / 1000) + expires
    if (sizeBytes > aimockCapBytes) return keepFile({ id: `file-${randomUUID().replaceAll('-', '').slice(0, 22)}`, path, name, sizeBytes }, purpose, null, expiresAt)
    const { status, body } = await upstream('POST', '/files', { filename: name, purpose, content: textOf(path) })
    if (status >= 300) throw new Error(JSON.stringify(body))
    return keepFile({ id: String(body['id']), path, name, sizeBytes }, purpose, body, expiresAt)
  }

  const ok = (body: unknown): Answer => ({ status: 200, body })
  const refuse = (status: number, message: string, code: string | null = null, param: string | null = null): Answer => ({ status, body: { error: { message, type: 'invalid_request_error', param, code } } })
  const missing = (what: string, id: string): Answer => refuse(404, `No such ${what}: ${id}`, 'not_found')

  function page(items: readonly Fields[], query: URLSearchParams): Answer {
    const limit = Number(query.get('limit') ?? 20)
    const after = query.get('after')
    const from = after === null || control.endlessLists ? 0 : items.findIndex(({ id }) => id === after) + 1
    if (after !== null && from === 0 && !control.endlessLists) return refuse(400, `Invalid parameter: 'after' is not a known cursor: '${after}'`)
    const data = items.slice(from, from + limit)
    return ok({ object: 'list', data, has_more: control.endlessLists || from + limit < items.length, first_id: data[0]?.['id'] ?? null, last_id: data.at(-1)?.['id'] ?? null })
  }

  async function createJob(body: Fields): Promise<Answer> {
    if (control.failCreated > 0) {
      control.failCreated -= 1
      return { status: 500, body: { error: { message: 'The server had an error while processing your request', type: 'server_error', param: null, code: null } } }
    }
    const training = files.get(String(body['training_file']))
    if (training === undefined) return refuse(400, `invalid training_file: ${String(body['training_file'])}`, 'invalid_training_file', 'training_file')
    if (!bases.includes(String(body['model']))) return refuse(404, `The model ${String(body['model'])} does not exist or is not available for fine-tuning.`, 'model_not_found', 'model')
    // Azure's own field, which aimock doesn't know.
    const { trainingType: _azure, ...asked } = body
    const { status, body: made } = await upstream('POST', '/fine_tuning/jobs', asked)
    if (status >= 300) return { status, body: made }
    const { rows, characters, error } = await fileProblem(training.path)
    const plan = planOf(body, rows, characters)
    const failure = error !== null ? { error, atStep: -1 } : control.failWith === null ? null : { error: control.failWith, atStep: Math.ceil(plan.steps / 2) }
    const job: FakeJob = {
      id: String(made['id']), upstream: made, body, training, ...plan, bornMs: Date.now(), events: [], upstreamIds: new Set(), failure, status: 'validating_files', step: 0,
      finishedAt: null, resultFile: null, metadata: (body['metadata'] ?? null) as Fields | null,
    }
    jobs.set(job.id, job)
    await pullEvents(job)
    if (control.loseCreated > 0) {
      control.loseCreated -= 1
      return 'cut'
    }
    return ok(jobAnswer(job, control))
  }

  async function listJobs(query: URLSearchParams): Promise<Answer> {
    const filters = [...query].flatMap(([name, value]) => /^metadata\[(.+)\]$/.exec(name)?.slice(1).map((wanted) => [wanted, value] as const) ?? [])
    const found = [...jobs.values()].reverse().filter(({ metadata }) => filters.every(([name, value]) => !control.forgetMetadata && metadata?.[name] === value))
    for (const job of found) await sync(job)
    return page(found.map((job) => jobAnswer(job, control)), query)
  }

  async function jobCall(method: string, id: string, part: string, query: URLSearchParams): Promise<Answer> {
    const job = jobs.get(id)
    if (job === undefined) return missing('fine-tuning job', id)
    await sync(job)
    if (part === 'events') return page([...job.events].reverse() as unknown as Fields[], query)
    if (part === 'checkpoints') return page(checkpointSteps(job).map((step) => checkpointAnswer(job, step)).reverse(), query)
    if (part === 'cancel' && method === 'POST') {
      if (isOver(job.status)) return refuse(400, `Job ${id} is already terminal (${job.status})`)
      const { body } = await upstream('POST', `/fine_tuning/jobs/${id}/cancel`)
      job.upstream = body
      job.status = 'cancelled'
      job.finishedAt = Number(body['finished_at'])
      await pullEvents(job)
    }
    return ok(jobAnswer(job, control))
  }

  async function fileCall(request: IncomingMessage, id: string, part: string, query: URLSearchParams): Promise<Answer> {
    const { method } = request
    if (id === '' && method === 'POST') {
      const path = join(scratch, randomUUID())
      const form = await receiveForm(request, path)
      if (form.file === null) return refuse(400, 'the form has no file')
      const expires = form.fields['expires_after[seconds]']
      return ok(await takeFile(path, form.file.name, form.fields['purpose'] ?? '', expires === undefined ? null : Number(expires)))
    }
    if (id === '') return page([...files.keys()].reverse().map((one) => fileAnswer(one) ?? {}), query)
    const file = files.get(id)
    const answer = fileAnswer(id)
    if (file === undefined || answer === null) return missing('file', id)
    if (part === 'content') return { text: textOf(file.path) }
    if (method !== 'DELETE') return ok(answer)
    files.delete(id)
    if (file.own !== null) await upstream('DELETE', `/files/${id}`)
    return ok({ id, object: 'file', deleted: true })
  }

  async function uploadCall(request: IncomingMessage, id: string, part: string, body: Fields): Promise<Answer> {
    if (id === '') {
      const made = `upload_${randomUUID().replaceAll('-', '')}`
      uploads.set(made, { bytes: Number(body['bytes']), filename: String(body['filename']), expires: Number((body['expires_after'] as Fields | undefined)?.['seconds'] ?? Number.NaN) || null, parts: new Map() })
      return ok(uploadAnswer(made, body, 'pending'))
    }
    const upload = uploads.get(id)
    if (upload === undefined) return missing('upload', id)
    const told = { bytes: upload.bytes, filename: upload.filename, purpose: 'fine-tune' }
    if (part === 'parts') {
      const path = join(scratch, randomUUID())
      const form = await receiveForm(request, path)
      if (form.file === null || form.file.sizeBytes > mostPartBytes) return refuse(400, 'a part has at most 64 MB')
      const partId = `part_${randomUUID().replaceAll('-', '')}`
      upload.parts.set(partId, path)
      return ok({ id: partId, object: 'upload.part', created_at: Math.floor(Date.now() / 1000), upload_id: id })
    }
    uploads.delete(id)
    if (part === 'cancel') return ok(uploadAnswer(id, told, 'cancelled'))
    const path = join(scratch, randomUUID())
    writeFileSync(path, '')
    for (const partId of body['part_ids'] as readonly string[]) appendFileSync(path, readFileSync(upload.parts.get(partId) ?? ''))
    for (const one of upload.parts.values()) unlinkSync(one)
    if (statSync(path).size !== upload.bytes) return refuse(400, `the parts have ${statSync(path).size} bytes, not ${upload.bytes}`)
    return ok({ ...uploadAnswer(id, told, 'completed'), file: await takeFile(path, upload.filename, 'fine-tune', upload.expires) })
  }
  const uploadAnswer = (id: string, { bytes, filename, purpose }: Fields, status: string): Fields => ({ id, object: 'upload', bytes, filename, purpose, status, created_at: Math.floor(Date.now() / 1000), expires_at: Math.floor(Date.now() / 1000) + 3600 })

  function modelCall(method: string | undefined, name: string): Answer {
    const answer = (id: string): Fields => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'system', shutdown_date: control.shutdownDates[id] ?? null })
    if (name === '') {
      const tuned = [...jobs.values()].filter(({ status }) => status === 'succeeded').map(({ upstream: made }) => String(made['fine_tuned_model']))
      return ok({ object: 'list', data: [...bases, ...tuned].filter(knows).map(answer) })
    }
    if (!knows(name)) return refuse(404, `The model '${name}' does not exist`, 'model_not_found')
    if (method !== 'DELETE') return ok(answer(name))
    deleted.add(name)
    return ok({ id: name, object: 'model', deleted: true })
  }

  async function route(request: IncomingMessage, parts: readonly string[], query: URLSearchParams, body: Fields): Promise<Answer> {
    const { method = 'GET' } = request
    const [area = '', first = '', second = '', third = ''] = parts
    if (area === 'fine_tuning' && first === 'jobs') return second === '' ? (method === 'POST' ? createJob(body) : listJobs(query)) : jobCall(method, second, third, query)
    if (area === 'files') return fileCall(request, first, second, query)
    if (area === 'uploads') return uploadCall(request, first, second, body)
    if (area === 'models') return modelCall(method, parts.slice(1).join('/'))
    return missing('path', parts.join('/'))
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request
    const url = new URL(request.url ?? '/', 'http://peer')
    const path = url.pathname.replace(/^\/openai/, '').replace(/^\/v1/, '')
    const isJson = /json/.test(headers['content-type'] ?? '')
    const text = isJson ? await bodyText(request) : ''
    const body = text === '' ? undefined : (JSON.parse(text) as Fields)
    const note = (status: number): void => void journal.push({ method, path, status, body, query: url.search, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])) })
    const send = (answer: Answer, onPurpose = control.unknownStatus !== null): void => {
      if (answer === 'cut') {
        note(0)
        response.destroy()
      } else if ('text' in answer) {
        note(200)
        response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(answer.text)
      } else {
        note(answer.status)
        if (!onPurpose) violations.push(...(schema?.problems(method, path, body, answer.status, answer.body) ?? []))
        response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(JSON.stringify(answer.body))
      }
    }
    if (control.expireKey || (headers.authorization ?? `Bearer ${String(headers['api-key'])}`) !== `Bearer ${key}`) {
      request.resume()
      return send(refuse(401, 'Incorrect API key provided.', 'invalid_api_key'))
    }
    if (control.failNext.count > 0) {
      control.failNext.count -= 1
      request.resume()
      const { status, body: answer, headers: extra = {} } = control.failNext
      return send({ status, body: answer, headers: extra }, true)
    }
    if (path === '/chat/completions') return chat(text, body ?? {}, response, note)
    send(await route(request, path.split('/').slice(1).map(decodeURIComponent), url.searchParams, body ?? {}))
  }

  async function chat(text: string, _body: Fields, response: ServerResponse, note: (status: number) => void): Promise<void> {
    const answer = await fetch(`${mock.url}/v1/chat/completions`, { method: 'POST', body: text, headers: { 'content-type': 'application/json' } })
    note(answer.status)
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
    for await (const chunk of answer.body ?? []) response.write(chunk)
    response.end()
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message: String(error), type: 'server_error', param: null, code: null } }))
    })
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, key, control, journal, violations,
    jobsOf: (jobId) => [...jobs.values()].filter(({ metadata }) => metadata?.['tunesmith_job'] === jobId),
    files: () => [...files.values()],
    forget: (remoteId) => void jobs.delete(remoteId),
    openUploads: () => uploads.size,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
      await mock.stop()
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

async function bodyText(request: IncomingMessage): Promise<string> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) text += chunk as string
  return text
}
