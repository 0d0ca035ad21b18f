import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { protocol } from 'electron'
import type { ProtocolResponse } from 'electron'
import { contentSecurityPolicy, fileOfAddress } from './page-files'

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** Must run before the app is ready, once. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }])
}

/**
 * Serves the page's files from `root`. Must run after the app is ready. By the older call, because `protocol.handle` loads Node's
 * whole fetch before the first byte of the page (tens of milliseconds) and passes each file on through two streams.
 */
export function serveApp(root: string): void {
  protocol.registerBufferProtocol('app', (request, respond) => {
    respond(answer(root, request.method, request.url))
  })
}

function answer(root: string, method: string, address: string): ProtocolResponse {
  if (method !== 'GET') return refusal(405)
  const file = fileOfAddress(root, address)
  const type = file === null ? undefined : contentTypes[extname(file)]
  if (file === null || type === undefined) return refusal(404)
  try {
    return { data: readFileSync(file), headers: { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': contentSecurityPolicy } }
  } catch (error) {
    if (isMissing(error)) return refusal(404)
    throw error
  }
}

const refusal = (statusCode: number): ProtocolResponse => ({ statusCode, data: Buffer.alloc(0) })

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR' || error.code === 'ENOTDIR')
