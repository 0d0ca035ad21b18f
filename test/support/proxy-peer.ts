import { createServer, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { closeServer, listen } from './hub-peer'

/** A small proxy: CONNECT tunnels and plain forwarding. Remembers what went through it. */
export interface ProxyPeer {
  readonly origin: string
  readonly seen: string[]
  close(): Promise<void>
}

export async function startProxyPeer(): Promise<ProxyPeer> {
  const seen: string[] = []
  const tunnels = new Set<Duplex>()
  const server = createServer((request, response) => {
    seen.push(`${request.method ?? ''} ${request.url ?? ''}`)
    const onward = httpRequest(request.url ?? '', { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  server.on('connect', (request, client, head) => {
    seen.push(`CONNECT ${request.url ?? ''}`)
    tunnels.add(client)
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const target = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.write(head)
      target.pipe(client)
      client.pipe(target)
    })
    // Either end may go first; the other one follows.
    target.on('error', () => client.destroy())
    client.on('error', () => target.destroy())
    client.on('close', () => target.destroy())
  })
  const port = await listen(server)
  return {
    origin: `http://localhost:${port}`, seen,
    close() {
      // The server doesn't count a tunnel among its connections.
      for (const tunnel of tunnels) tunnel.destroy()
      return closeServer(server)
    },
  }
}
