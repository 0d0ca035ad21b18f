import { join } from 'node:path'
import { BrowserWindow, app, dialog, powerMonitor } from 'electron'
import { messageOf } from '../shared/app-error'
import { isBusy, quitQuestion } from './activity'
import type { Activity } from './activity'
import type { Log } from './log'

export interface LifecycleOptions {
  readonly log: Log
  readonly dataFolder: string
  activity(): Activity
  openWindow(): void
  stopEngine(): Promise<void>
}

export interface Lifecycle {
  isEnding(): boolean
  /** Ends engine and app without a question. */
  end(): Promise<void>
  /** As `end`, and the app starts again. Runs go on meanwhile. */
  restart(): void
  /** A fault that main can't live with: says so and ends. */
  fail(error: unknown): void
}

/** Second starts, Quit with its question, the system's shutdown, and faults of main. */
export function watchLifecycle({ log, dataFolder, activity, openWindow, stopEngine }: LifecycleOptions): Lifecycle {
  let ending = false
  let asking = false

  const end = async () => {
    if (ending) return
    ending = true
    for (const window of BrowserWindow.getAllWindows()) window.close()
    await stopEngine()
    log.info('end')
    app.exit(0)
  }
  const fail = (error: unknown) => {
    log.error('main failed', { error: messageOf(error), stack: error instanceof Error ? error.stack : undefined })
    if (ending) return app.exit(1)
    ending = true
    dialog.showErrorBox('Tunesmith has to end', `${messageOf(error)}\n\nThe log is in ${join(dataFolder, 'logs')}. Runs go on without the app.`)
    app.exit(1)
  }
  const restart = () => {
    // An AppImage is mounted only while it runs, so the program inside is gone when the next start looks for it (electron-builder 1727; not tried).
    const image = process.env['APPIMAGE']
    app.relaunch(app.isPackaged && image !== undefined ? { execPath: image } : {})
    end().catch(fail)
  }
  const quit = async () => {
    if (isBusy(activity()) && !(await confirmQuit(activity()))) return
    await end()
  }

  app.on('before-quit', (event) => {
    event.preventDefault()
    if (ending || asking) return
    asking = true
    quit()
      .catch(fail)
      .finally(() => {
        asking = false
      })
  })
  // The system's shutdown and a signal can't wait for an answer.
  const endNow = () => void end().catch(fail)
  powerMonitor.on('shutdown', endNow)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, endNow)
  // Without a listener Electron ends the app with its last window; here the background decides.
  app.on('window-all-closed', () => log.info('window closed', { ...activity() }))
  app.on('second-instance', openWindow)
  app.on('activate', openWindow)
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  return { isEnding: () => ending, end, restart, fail }
}

async function confirmQuit(activity: Activity): Promise<boolean> {
  const { message, detail } = quitQuestion(activity)
  const { response } = await dialog.showMessageBox({ type: 'question', title: 'Tunesmith', message, detail, buttons: ['Quit', 'Cancel'], defaultId: 0, cancelId: 1, noLink: true })
  return response === 0
}
