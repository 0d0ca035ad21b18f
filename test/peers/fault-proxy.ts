// An HTTP proxy before any peer that, by a seeded plan, drops, delays, cuts, repeats and spoils answers or answers 429 and 500: before a
// request reached the peer, or after it, when the peer has acted and the client cannot know.
import { createServer, request as sendRequest } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { seededRandom } from '../../electron/domain/random'

/** `...-before`: the peer never sees the request. `...-after`: it has answered already. */
export const faultKinds = ['drop-before', 'drop-after', 'throttle-before', 'error-before', 'error-after', 'delay', 'truncate', 'repeat', 'corrupt', 'stall'] as const
export type FaultKind = (typeof faultKinds)[number]

export interface FaultPlan {
  readonly seed: number
  /** 0..1: how many requests meet a fault. */
  readonly rate: number
  readonly kinds?: readonly FaultKind[]
  /** Requests that no fault meets. */
  readonly spare?: (request: { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders }) => boolean
  /** Of 429 answers, in seconds; null: no header. */
  readonly retryAfterSeconds?: number | null
  /** Longest delay; a stalled answer says nothing until the client goes or so long. */
  readonly delayMs?: number
  readonly stallMs?: number
}

export interface MetFault {
  readonly atMs: number
  readonly kind: FaultKind
  readonly method: string
  readonly url: string
  /** `X-Amz-Target`, where there is one. */
  readonly target: string | null
}

export interface FaultProxy {
  readonly endpoint: string
  readonly met: readonly MetFault[]
  /** Requests that came in, with a fault or without. */
  count(): number
  /** From now on another plan; null: every request passes. */
  setPlan(plan: FaultPlan | null): void
  /** The next request that `matches` meets this fault, whatever the plan says. */
  next(kind: FaultKind, matches?: (target: string | null, url: string) => boolean): void
  stop(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export async function startFaultProxy(upstream: string, first: FaultPlan | null = null): Promise<FaultProxy> {
  const met: MetFault[] = []
  const ordered: { readonly kind: FaultKind; readonly matches: (target: string | null, url: string) => boolean }[] = []
  let plan = first
  let random = seededRandom(first?.seed ?? 0)
  let count = 0

  /** Each request draws from the plan once, so that equal requests in equal order meet equal faults. */
  function draw(request: IncomingMessage): FaultKind | null {
    const target = targetOf(request)
    const index = ordered.findIndex(({ matches }) => matches(target, request.url ?? '/'))
    if (index >= 0) return ordered.splice(index, 1)[0]?.kind ?? null
    if (plan === null) return null
    const [chance, choice] = [random(), random()]
    if (chance >= plan.rate || plan.spare?.({ method: request.method ?? '', url: request.url ?? '/', headers: request.headers }) === true) return null
    const kinds = plan.kinds ?? faultKinds
    return kinds[Math.floor(choice * kinds.length)] ?? null
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    count += 1
    const kind = draw(request)
    if (kind === null) return void pass(upstream, request, response)
    met.push({ atMs: Date.now(), kind, method: request.method ?? '', url: request.url ?? '/', target: targetOf(request) })
    await act(kind, request, response)
  }

  async function act(kind: FaultKind, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bytesOf(request)
    switch (kind) {
      case 'drop-before':
        return void request.socket.destroy()
      case 'throttle-before':
        return refuse(response, 429, plan?.retryAfterSeconds ?? null)
      case 'error-before':
        return refuse(response, 500, null)
      case 'delay':
        await wait(random() * (plan?.delayMs ?? 500))
        return send(response, await ask(upstream, request, body))
      case 'stall':
        await ask(upstream, request, body)
        await Promise.race([wait(plan?.stallMs ?? 60_000), new Promise<void>((resolve) => response.once('close', () => resolve()))])
        return void request.socket.destroy()
      case 'repeat':
        await ask(upstream, request, body)
        return send(response, await ask(upstream, request, body))
      case 'drop-after':
        await ask(upstream, request, body)
        return void request.socket.destroy()
      case 'error-after':
        await ask(upstream, request, body)
        return refuse(response, 500, null)
      case 'truncate': {
        const answer = await ask(upstream, request, body)
        response.writeHead(answer.status, { ...answer.headers, 'content-length': String(Math.max(1, answer.body.length)) })
        response.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)))
        return void setImmediate(() => response.destroy())
      }
      case 'corrupt':
        return send(response, spoil(await ask(upstream, request, body), random))
    }
  }

  const server = createServer((request, response) => void handle(request, response).catch(() => request.socket.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    met,
    count: () => count,
    setPlan(next) {
      plan = next
      random = seededRandom(next?.seed ?? 0)
    },
    next: (kind, matches = () => true) => void ordered.push({ kind, matches }),
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

const targetOf = ({ headers }: IncomingMessage): string | null => (typeof headers['x-amz-target'] === 'string' ? headers['x-amz-target'] : null)
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function onward(upstream: string, request: IncomingMessage, onAnswer: (answer: IncomingMessage) => void) {
  const { hostname, port } = new URL(upstream)
  return sendRequest({ hostname, port, method: request.method, path: request.url, headers: request.headers }, onAnswer)
}

/** Passes a request and its answer as streams. */
function pass(upstream: string, request: IncomingMessage, response: ServerResponse): void {
  const sent = onward(upstream, request, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.on('error', () => response.destroy()).pipe(response)
  })
  sent.on('error', () => response.destroy())
  response.once('close', () => sent.destroy())
  request.on('error', () => sent.destroy()).pipe(sent)
}

/** Sends a whole request and takes the whole answer, whether or not the client is still there. */
function ask(upstream: string, request: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = onward(upstream, request, (answer) => void bytesOf(answer).then((bytes) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: bytes }), reject))
    sent.on('error', reject).end(body)
  })
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const { 'transfer-encoding': _chunked, ...rest } = headers
  response.writeHead(status, { ...rest, 'content-length': String(response.req.method === 'HEAD' ? (headers['content-length'] ?? 0) : body.length) }).end(body)
}

/** A page in HTML, as a load balancer answers it. */
function refuse(response: ServerResponse, status: number, retryAfterSeconds: number | null): void {
  response.writeHead(status, { 'content-type': 'text/html', ...(retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) }) }).end(`<html><body><h1>${status}</h1></body></html>`)
}

/** Overwrites a stretch in the middle, or answers a page of HTML instead. */
function spoil(answer: Answer, random: () => number): Answer {
  if (answer.body.length < 8 || random() < 0.5) return { ...answer, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html><body>Welcome to the hotel network</body></html>') }
  const body = Buffer.from(answer.body)
  const from = Math.floor(random() * (body.length - 4))
  body.fill(0x00, from, from + 4)
  return { ...answer, body }
}
