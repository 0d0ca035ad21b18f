import type { MainPort } from '../shared/main-port'
import { activityStatus, isBusy, noActivity } from './activity'
import type { Activity } from './activity'
import type { BackgroundTray } from './tray'

export interface BackgroundOptions {
  readonly platform: NodeJS.Platform
  readonly tray: BackgroundTray
  readonly notify: MainPort['notify']
  isWindowOpen(): boolean
  keepAwake(on: boolean): void
  progress(ratio: number | null): void
  quit(): void
}

/** What goes on while jobs run or wait, with or without a window. */
export interface Background {
  readonly activity: Activity
  setActivity(activity: Activity): void
  windowOpened(): void
  /** Stays with a tray icon while jobs run or wait, else ends the app as its platform does. */
  windowClosed(): void
}

/** An app without window and jobs ends after this time, so that a click on the last notification still finds it. */
const idleEndMs = 10 * 60_000

export function createBackground({ platform, tray, notify, isWindowOpen, keepAwake, progress, quit }: BackgroundOptions): Background {
  let activity = noActivity
  let idleEnd: NodeJS.Timeout | undefined
  const endsWithoutWindow = platform !== 'darwin'

  return {
    get activity() {
      return activity
    },
    setActivity(next) {
      activity = next
      keepAwake(next.keepAwake && next.running > 0)
      progress(next.running > 0 ? next.progressRatio : null)
      clearTimeout(idleEnd)
      if (isWindowOpen()) return
      if (isBusy(next)) tray.show(activityStatus(next))
      else if (endsWithoutWindow) idleEnd = setTimeout(quit, idleEndMs)
      else tray.hide()
    },
    windowOpened() {
      clearTimeout(idleEnd)
      tray.hide()
    },
    windowClosed() {
      if (!isBusy(activity)) {
        if (endsWithoutWindow) quit()
        return
      }
      tray.show(activityStatus(activity))
      void notify({ title: 'Tunesmith works on in the background', body: `${activityStatus(activity)}. Start Tunesmith again to see the window.`, openJob: null })
    },
  }
}
