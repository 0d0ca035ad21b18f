import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { protocol } from 'electron'
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
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } }])
}

/** Serves the page's files from `root`. Must run after the app is ready. */
export function serveApp(root: string): void {
  protocol.handle('app', async (request) => {
    if (request.method !== 'GET') return new Response(null, { status: 405 })
    const file = fileOfAddress(root, request.url)
    const type = file === null ? undefined : contentTypes[extname(file)]
    if (file === null || type === undefined) return new Response(null, { status: 404 })
    try {
      const headers = { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': contentSecurityPolicy }
      return new Response(new Uint8Array(await readFile(file)), { headers })
    } catch (error) {
      if (isMissing(error)) return new Response(null, { status: 404 })
      throw error
    }
  })
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR' || error.code === 'ENOTDIR')
