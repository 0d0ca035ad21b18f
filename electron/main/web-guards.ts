import { app, session } from 'electron'
import { appOrigin } from './page-files'
import type { Log } from './log'

/** The page's origin; with `npm run dev` the development server's, never in a package. */
export const pageOrigin: string = !app.isPackaged && process.env['ELECTRON_RENDERER_URL'] !== undefined ? new URL(process.env['ELECTRON_RENDERER_URL']).origin : appOrigin

const isOwnAddress = (address: string): boolean => address === pageOrigin || address.startsWith(`${pageOrigin}/`)

/**
 * Denies what a page could use to leave: other addresses, new windows, webviews and every permission but one.
 * The one is writing text to the clipboard, for the copy buttons.
 */
export function guardWebContents(log: Log): void {
  app.on('web-contents-created', (_event, contents) => {
    const refuse = (event: { preventDefault(): void; readonly url: string }) => {
      if (isOwnAddress(event.url)) return
      event.preventDefault()
      log.warn('a page tried to leave', { url: event.url })
    }
    contents.on('will-navigate', refuse)
    contents.on('will-redirect', refuse)
    contents.on('will-frame-navigate', refuse)
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  })
}

const allowedPermission = 'clipboard-sanitized-write'

/** Electron grants permissions by default; this answers no. Must run after the app is ready. */
export function denyPermissions(): void {
  const { defaultSession } = session
  defaultSession.setPermissionRequestHandler((_contents, permission, callback, details) => callback(permission === allowedPermission && details.isMainFrame && isOwnAddress(details.requestingUrl)))
  defaultSession.setPermissionCheckHandler((_contents, permission, origin, details) => permission === allowedPermission && details.isMainFrame && isOwnAddress(origin.replace(/\/$/, '')))
  defaultSession.setDevicePermissionHandler(() => false)
}
