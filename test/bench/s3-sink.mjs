// A server that speaks as much S3 as an upload needs, and keeps nothing: it costs the least that a peer over HTTP can cost.
import { createServer } from 'node:http'

const xml = { 'content-type': 'application/xml' }
let received = 0

const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url, 'http://s3')
  request.on('data', (chunk) => void (received += chunk.length))
  request.on('end', () => {
    if (request.method === 'GET') response.end(String(received))
    else if (request.method === 'PUT') response.writeHead(200, { etag: '"part"' }).end()
    else if (searchParams.has('uploads')) response.writeHead(200, xml).end('<InitiateMultipartUploadResult><UploadId>sink</UploadId></InitiateMultipartUploadResult>')
    else if (request.method === 'POST') response.writeHead(200, xml).end('<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>')
    else response.writeHead(204).end()
  })
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`))
