import { createServer, request } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { closeServer, listen } from '../../support/hub-peer'

export interface SeenRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly range: string | null
}

/**
 * What becomes of a request: `refuse` answers 503 without passing it on, `drop` cuts the line before, `lose` passes it on and cuts the
 * line instead of answering, `truncate` cuts it in the middle of the answer, `garble` answers what is not S3.
 */
export type Fault = 'none' | 'refuse' | 'drop' | 'lose' | 'truncate' | 'garble' | 'hang'

export interface FaultyS3 {
  readonly endpoint: string
  readonly seen: SeenRequest[]
  /** Asked for each request. */
  fault: (request: SeenRequest) => Fault
  close(): Promise<void>
}

/** A line to an S3 server that fails as it is told to. */
export async function startFaultyS3(target: string): Promise<FaultyS3> {
  const seen: SeenRequest[] = []
  const peer: { fault: FaultyS3['fault'] } = { fault: () => 'none' }
  const server = createServer((incoming, outgoing) => {
    const one: SeenRequest = { method: incoming.method ?? '', path: incoming.url ?? '', range: incoming.headers.range ?? null }
    seen.push(one)
    const fault = peer.fault(one)
    if (fault === 'hang') return
    if (fault === 'drop') return void incoming.socket.destroy()
    if (fault === 'refuse' || fault === 'garble') {
      incoming.resume()
      incoming.once('end', () => (fault === 'refuse' ? outgoing.writeHead(503, { 'content-type': 'application/xml' }).end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>') : outgoing.writeHead(200).end('<html><body>captive portal')))
      return
    }
    forward(target, incoming, outgoing, fault)
  })
  const port = await listen(server)
  return {
    endpoint: `http://localhost:${port}`,
    seen,
    get fault() {
      return peer.fault
    },
    set fault(next) {
      peer.fault = next
    },
    close: () => closeServer(server),
  }
}

function forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault): void {
  const cut = (): void => void incoming.socket.destroy()
  const passed = request(`${target}${incoming.url ?? ''}`, { method: incoming.method, headers: incoming.headers }, (answer) => {
    if (fault === 'lose') {
      answer.resume()
      answer.once('end', cut)
      return
    }
    if (incoming.method === 'GET' && /[?&]uploads/.test(incoming.url ?? '')) return void datedUploads(answer, outgoing)
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
    outgoing.flushHeaders()
    if (fault !== 'truncate') return void answer.pipe(outgoing)
    answer.once('data', (chunk: Buffer) => {
      outgoing.write(chunk.subarray(0, Math.ceil(chunk.length / 2)), () => setImmediate(cut))
      answer.resume()
    })
    answer.once('end', cut)
  })
  passed.once('error', cut)
  incoming.pipe(passed)
}

/** moto says of every unfinished upload that it began in 2010; S3 says when. */
async function datedUploads(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString().replaceAll('2010-11-10T20:48:33.000Z', new Date().toISOString())
  outgoing.writeHead(answer.statusCode ?? 500, { 'content-type': 'application/xml' }).end(text)
}
