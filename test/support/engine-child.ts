import { once } from 'node:events'
import { createEngine } from '../../electron/engine/engine'
import { openLog } from '../../electron/engine/log-file'
import { join } from 'node:path'
import { createFakeMain } from './fake-main-port'

/** An engine in a process of its own, to be killed. Secrets, then requests come, and answers go as messages; see engine-process.ts. */
const [home = '', programFolder = ''] = process.argv.slice(2)
const main = createFakeMain()
// Secrets come as a message, since everybody can read the arguments of a process.
const [secrets] = (await once(process, 'message')) as [Readonly<Record<string, string>>]
for (const [name, value] of Object.entries(secrets)) await main.port.secretSet(name as never, value)
const engine = createEngine({
  home, programFolder, main: main.port, now: () => Date.now(), log: openLog(join(home, 'logs', 'engine.log')),
  onPush: (push, data) => process.send?.({ push, data }),
})
const caller = { id: 1, onGone: () => undefined }

process.on('message', (message: { readonly id: number; readonly route: string; readonly input: unknown; readonly dialog?: string }) => {
  if (message.dialog !== undefined) main.dialogs.push(message.dialog)
  void engine.request(message, caller).then((answer) => process.send?.(answer))
})
process.on('disconnect', () => void engine.close().then(() => process.exit(0)))
process.send?.({ ready: true })
