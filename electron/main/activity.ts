import type { MainPort } from '../shared/main-port'

export type Activity = Parameters<MainPort['setActivity']>[0]

export const noActivity: Activity = { running: 0, waiting: 0, keepAwake: false, progressRatio: null }

/** True while closing the window must not end the app. */
export const isBusy = ({ running, waiting }: Activity): boolean => running + waiting > 0

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`

/** "1 run goes on, 2 jobs wait", for the tray and the notification. */
export function activityStatus({ running, waiting }: Activity): string {
  const parts = [
    ...(running === 0 ? [] : [counted(running, 'run goes on', 'runs go on')]),
    ...(waiting === 0 ? [] : [counted(waiting, 'job waits', 'jobs wait')]),
  ]
  return parts.length === 0 ? 'nothing runs' : parts.join(', ')
}

/** What Quit says before it ends the app while jobs run or wait. */
export function quitQuestion({ running, waiting }: Activity): { readonly message: string; readonly detail: string } {
  const sentences = [
    ...(running === 0 ? [] : [`${running === 1 ? 'The run goes' : `${running} runs go`} on without the app; the next start shows ${running === 1 ? 'its' : 'their'} whole curve.`]),
    ...(waiting === 0 ? [] : [`${running === 0 ? 'The queue' : 'The rest of the queue'} waits until Tunesmith starts again: ${counted(waiting, 'job', 'jobs')}.`]),
  ]
  return { message: 'Quit Tunesmith?', detail: sentences.join('\n\n') }
}
