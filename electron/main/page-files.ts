import { isAbsolute, join, relative } from 'node:path'

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
