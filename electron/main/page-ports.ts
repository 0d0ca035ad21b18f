import { ipcMain } from 'electron'
import type { BrowserWindow, IpcMainEvent, WebContents } from 'electron'
import type { Log } from './log'
import { pageOrigin } from './web-guards'

/** The one message that a page's preload sends to main: it asks for its port. */
export const connectChannel = 'tunesmith:connect'

export interface PagePorts {
  /** From now on the main frame of this window may ask for a port. */
  admit(window: BrowserWindow): void
}

/**
 * Hands ports out only to the main frame of a window that main opened itself and that shows our page. The frame's own
 * `origin` counts: Node's URL gives "null" for app: addresses, and an about:blank child has its parent's origin,
 * which is why the parent is checked as well.
 */
export function createPagePorts(connect: (page: WebContents) => void, log: Log): PagePorts {
  const admitted = new Set<number>()
  ipcMain.on(connectChannel, (event) => {
    const reason = refusal(event, admitted)
    if (reason === null) connect(event.sender)
    else log.warn('refused a port', { reason, url: event.senderFrame?.url ?? null })
  })
  return {
    admit(window) {
      const { id } = window.webContents
      admitted.add(id)
      window.on('closed', () => admitted.delete(id))
    },
  }
}

/** True while the window shows our page, which a port asked for earlier may no longer be true of. */
export const showsOurPage = (page: WebContents): boolean => page.mainFrame.origin === pageOrigin

function refusal(event: IpcMainEvent, admitted: ReadonlySet<number>): string | null {
  const frame = event.senderFrame
  if (!admitted.has(event.sender.id)) return 'not a window of ours'
  if (frame === null) return 'the frame is gone'
  if (frame.parent !== null || frame !== event.sender.mainFrame) return 'not the main frame'
  if (frame.origin !== pageOrigin) return `foreign origin ${frame.origin}`
  return null
}
