import { readFile } from 'node:fs/promises'
import { extname, isAbsolute, join, relative } from 'node:path'
import { protocol } from 'electron'

/** The origin of the one page that we ship. */
export const appOrigin = 'app://bundle'
export const appPage = `${appOrigin}/index.html`

/**
 * Only our own scripts run, and nothing is fetched. Inline styles are allowed because xterm and CodeMirror set
 * their colours that way; without them the terminal is black on black.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "worker-src 'self'",
  "connect-src 'none'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

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

/** The file under `root` that an app:// address names, or null when it names another host or leads outside. */
export function fileOfAddress(root: string, address: string): string | null {
  if (!URL.canParse(address)) return null
  const { protocol: scheme, host, pathname } = new URL(address)
  if (scheme !== 'app:' || host !== 'bundle') return null
  const path = decoded(pathname)
  if (path === null || path.includes('\0')) return null
  const file = join(root, path === '/' ? 'index.html' : path)
  const inside = relative(root, file)
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? null : file
}

function decoded(pathname: string): string | null {
  try {
    return decodeURIComponent(pathname)
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
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
