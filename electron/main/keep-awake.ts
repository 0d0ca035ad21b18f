import { powerSaveBlocker } from 'electron'

/** Keeps the machine from going to sleep while `on`; the display may still turn off. */
export function createKeepAwake(): (on: boolean) => void {
  let blocker: number | null = null
  return (on) => {
    if (on && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension')
    if (!on && blocker !== null) {
      powerSaveBlocker.stop(blocker)
      blocker = null
    }
  }
}
