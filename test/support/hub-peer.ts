import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** How the peer treats a file or a model; each is something that a real hub, its CDN or a mirror does. */
export interface PeerBehaviour {
  /** Sends whole files whatever Range says. */
  ignoresRange?: boolean
  /** Large files come from another origin, as they do from a CDN. */
  redirectTo?: string
  /** Answers with another byte than the hub states. */
  corrupt?: boolean
  /** Sends so many bytes of the weights and then nothing, until the line is cut or the client goes. */
  stallAfterBytes?: number
  status?: number
  errorCode?: string
  /** Added to the listing. */
  extraFiles?: readonly { rfilename: string; size?: number | null }[]
  /** More than any disk has. */
  claimsBytes?: number
  /** A mirror that tells no sizes and no checksums. */
  tellsNoSizes?: boolean
}

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly authorization: string | null
  readonly range: string | null
}

/** A small hub that serves one folder as one model, over real HTTP on this machine. */
export interface HubPeer {
  readonly origin: string
  readonly seen: SeenRequest[]
  readonly behaviour: PeerBehaviour
  readonly sha: string
  /** Sets the behaviour anew and forgets what was seen. */
  reset(behaviour?: PeerBehaviour): void
  /** Cuts every connection, as a lost line does. */
  drop(): void
  close(): Promise<void>
}

export const peerCommit = 'c0ffee0123456789c0ffee0123456789c0ffee01'

export async function startHubPeer(folder: string, tls?: { readonly key: string; readonly cert: string }): Promise<HubPeer> {
  const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]))
  const seen: SeenRequest[] = []
  const behaviour: PeerBehaviour = {}

  const answer: RequestListener = (request, response) => {
    const path = request.url ?? ''
    seen.push({ method: request.method ?? '', path, authorization: request.headers.authorization ?? null, range: request.headers.range ?? null })
    if (behaviour.status !== undefined) {
      response.writeHead(behaviour.status, behaviour.errorCode === undefined ? {} : { 'x-error-code': behaviour.errorCode }).end('{"error":"no"}')
    } else if (path.startsWith('/api/models/')) response.setHeader('content-type', 'application/json').end(JSON.stringify(listing(files, behaviour)))
    else sendFile(files.get(decodeURIComponent(path.split('/').at(-1) ?? '')), path, request, response, behaviour)
  }
  const server = tls === undefined ? createHttp(answer) : createHttps(tls, answer)
  const port = await listen(server)
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://localhost:${port}`, seen, behaviour, sha: peerCommit,
    reset(next = {}) {
      for (const key of Object.keys(behaviour)) Reflect.deleteProperty(behaviour, key)
      Object.assign(behaviour, next)
      seen.length = 0
    },
    drop: () => server.closeAllConnections(),
    close: () => closeServer(server),
  }
}

function listing(files: ReadonlyMap<string, Buffer>, behaviour: PeerBehaviour) {
  const siblings = [...files].map(([rfilename, bytes]) => {
    if (behaviour.tellsNoSizes === true) return { rfilename }
    const size = behaviour.claimsBytes !== undefined && rfilename.endsWith('.safetensors') ? behaviour.claimsBytes : bytes.length
    return { rfilename, size, ...(rfilename.endsWith('.safetensors') ? { lfs: { sha256: createHash('sha256').update(bytes).digest('hex') } } : {}) }
  })
  return { id: 'peer/tiny', sha: peerCommit, gated: false, cardData: { license: 'mit' }, siblings: [...siblings, ...(behaviour.extraFiles ?? [])] }
}

function sendFile(whole: Buffer | undefined, path: string, request: IncomingMessage, response: ServerResponse, behaviour: PeerBehaviour): void {
  if (whole === undefined) return void response.writeHead(404).end()
  const large = path.endsWith('.safetensors')
  if (large && behaviour.redirectTo !== undefined) return void response.writeHead(302, { location: `${behaviour.redirectTo}${path}` }).end()
  const from = behaviour.ignoresRange === true ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  if (from >= whole.length) return void response.writeHead(416, { 'content-range': `bytes */${whole.length}` }).end()
  const bytes = Buffer.from(whole.subarray(from))
  if (large && behaviour.corrupt === true) bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length, ...(from > 0 ? { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` } : {}) })
  if (large && behaviour.stallAfterBytes !== undefined && bytes.length > behaviour.stallAfterBytes) response.write(bytes.subarray(0, behaviour.stallAfterBytes))
  else response.end(bytes)
}

export function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, 'localhost', () => resolve((server.address() as AddressInfo).port)))
}

export function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
