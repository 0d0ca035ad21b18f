import { createServer, request as sendRequest } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as it came over the line, whole. */
export interface RecordedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface GivenAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** Takes the peer's answer to change it, or null to leave it. */
export type Change = (request: RecordedRequest, answer: GivenAnswer) => GivenAnswer | null

/** An HTTP proxy before a peer that keeps every request with all its headers and its body, and can answer in the peer's place. */
export interface RecordingProxy {
  readonly endpoint: string
  readonly seen: readonly RecordedRequest[]
  /** Asked for each request before it is sent on; null: it is sent on. */
  instead: ((request: RecordedRequest) => GivenAnswer | null) | null
  /** Asked for each answer of the peer. */
  change: Change | null
  stop(): Promise<void>
}

export async function startRecordingProxy(upstream: string): Promise<RecordingProxy> {
  const { hostname, port } = new URL(upstream)
  const seen: RecordedRequest[] = []
  const proxy = { seen, instead: null as RecordingProxy['instead'], change: null as Change | null }

  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('error', () => response.destroy())
    request.on('end', () => {
      const recorded: RecordedRequest = { method: request.method ?? '', url: request.url ?? '/', headers: request.headers, body: Buffer.concat(parts) }
      seen.push(recorded)
      const own = proxy.instead?.(recorded) ?? null
      if (own !== null) return void response.writeHead(own.status, own.headers ?? {}).end(own.body)
      const onward = sendRequest({ hostname, port, method: recorded.method, path: recorded.url, headers: request.headers }, (answer) => {
        const { change } = proxy
        if (change === null) {
          response.writeHead(answer.statusCode ?? 502, answer.headers)
          return void answer.on('error', () => response.destroy()).pipe(response)
        }
        const answered: Buffer[] = []
        answer.on('data', (part: Buffer) => answered.push(part))
        answer.on('error', () => response.destroy())
        answer.on('end', () => {
          const body = Buffer.concat(answered)
          const changed = change(recorded, { status: answer.statusCode ?? 502, body: body.toString('utf8') })
          if (changed === null) response.writeHead(answer.statusCode ?? 502, answer.headers).end(body)
          else response.writeHead(changed.status, { 'content-type': answer.headers['content-type'] ?? 'application/json', ...changed.headers }).end(changed.body)
        })
      })
      onward.on('error', () => response.destroy())
      onward.end(recorded.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(proxy, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}
