import { Notification } from 'electron'
import type { MainPort } from '../shared/main-port'
import type { JobId } from '../shared/ids'
import type { Log } from './log'

export interface NotificationOptions {
  /** True under `TUNESMITH_TEST`: nothing pops up on the desktop of who runs the tests. */
  readonly silent: boolean
  readonly log: Log
  openJob(jobId: JobId): void
  openWindow(): void
}

/** Shows a notification of the system; a click brings the window to the front, at the job where there is one. */
export function createNotify({ silent, log, openJob, openWindow }: NotificationOptions): MainPort['notify'] {
  /** Held until they close, else the garbage collector takes the click handler. */
  const shown = new Set<Notification>()

  return ({ title, body, openJob: job }) => {
    log.info('notification', { title, job })
    if (silent || !Notification.isSupported()) return Promise.resolve()
    const notification = new Notification({ title, body })
    shown.add(notification)
    notification.on('click', () => {
      openWindow()
      if (job !== null) openJob(job)
    })
    notification.on('close', () => shown.delete(notification))
    notification.show()
    return Promise.resolve()
  }
}
