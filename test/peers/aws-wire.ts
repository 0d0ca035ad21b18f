// How AWS's services are spoken: which service and action a request means, and answers and errors in JSON 1.1, query XML and S3 XML.
import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'

export type Wire = 'json' | 'query' | 's3'

export interface AwsCall {
  /** As IAM writes it, such as `sagemaker` and `CreateTrainingJob`. */
  readonly service: string
  readonly operation: string
  readonly wire: Wire
}

/** An error that a service answers on purpose. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message)
  }
}

const targets: Readonly<Record<string, string>> = { SageMaker: 'sagemaker', ServiceQuotasV20190624: 'servicequotas', AWSPriceListService: 'pricing', Logs_20140328: 'logs' }

/** What a request asks for; `body` is null for S3, whose bodies are streamed. */
export function callOf(request: { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders }, body: string | null): AwsCall {
  const [prefix = '', target] = String(request.headers['x-amz-target'] ?? '').split('.')
  const service = targets[prefix]
  if (target !== undefined) return { service: service ?? scopeOf(request.headers) ?? prefix, operation: target, wire: 'json' }
  if (body === null) return { service: 's3', operation: s3Operation(request.method, new URL(request.url, 'http://peer')), wire: 's3' }
  return { service: scopeOf(request.headers) ?? 'unknown', operation: new URLSearchParams(body).get('Action') ?? 'unknown', wire: 'query' }
}

/** The service that a signature is made for: `s3` in `Credential=AKIA.../20261120/us-east-1/s3/aws4_request`. */
export const scopeOf = (headers: IncomingHttpHeaders): string | undefined => /Credential=[^/,]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(headers.authorization ?? '')?.[1]

/** The IAM action that a request to S3 needs. */
function s3Operation(method: string, url: URL): string {
  const [bucket = '', ...rest] = url.pathname.slice(1).split('/')
  const has = (name: string): boolean => url.searchParams.has(name)
  if (bucket === '') return 'ListAllMyBuckets'
  if (rest.join('/') === '') return bucketOperation(method, has)
  if (has('tagging')) return `${method === 'GET' ? 'Get' : 'Put'}ObjectTagging`
  if (method === 'GET') return has('uploadId') ? 'ListMultipartUploadParts' : 'GetObject'
  if (method === 'HEAD') return 'GetObject'
  if (method === 'DELETE') return has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject'
  return 'PutObject'
}

function bucketOperation(method: string, has: (name: string) => boolean): string {
  if (method === 'GET' && has('location')) return 'GetBucketLocation'
  if (method === 'GET' && has('uploads')) return 'ListBucketMultipartUploads'
  if (method === 'POST') return 'DeleteObject'
  if (method === 'PUT') return 'CreateBucket'
  return method === 'DELETE' ? 'DeleteBucket' : 'ListBucket'
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() }).end(JSON.stringify(value ?? {}))
}

export function sendXml(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID() }).end(`<?xml version="1.0" encoding="UTF-8"?>${text}`)
}

/** Names of errors as the three ways of speaking have them. */
const spelling: Readonly<Record<string, Readonly<Record<Wire, readonly [string, number]>>>> = {
  AccessDenied: { json: ['AccessDeniedException', 400], query: ['AccessDenied', 403], s3: ['AccessDenied', 403] },
  ExpiredToken: { json: ['ExpiredTokenException', 400], query: ['ExpiredToken', 403], s3: ['ExpiredToken', 400] },
  Throttling: { json: ['ThrottlingException', 400], query: ['Throttling', 400], s3: ['SlowDown', 503] },
  ClockSkew: { json: ['InvalidSignatureException', 400], query: ['SignatureDoesNotMatch', 403], s3: ['RequestTimeTooSkewed', 403] },
}

/** Answers an error in the words of the call's service; `headers` go with it. */
export function sendError(response: ServerResponse, wire: Wire, error: AwsError): void {
  const [code, status] = spelling[error.code]?.[wire] ?? [error.code, error.status]
  if (wire === 'json') return sendJson(response, { __type: code, Message: error.message, message: error.message }, status)
  const text = escapeXml(error.message)
  if (wire === 's3') return sendXml(response, `<Error><Code>${code}</Code><Message>${text}</Message><RequestId>${randomUUID()}</RequestId></Error>`, status)
  sendXml(response, `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${text}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`, status)
}

export const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** `Name.member.1=a&Name.member.2=b` as the list that it stands for. */
export function queryList(form: URLSearchParams, name: string): readonly string[] {
  const found: string[] = []
  for (let index = 1; form.has(`${name}.member.${index}`); index += 1) found.push(form.get(`${name}.member.${index}`) ?? '')
  return found
}
