import { AppError } from '../shared/app-error'
import type { JobId } from '../shared/ids'
import type { Caller } from '../shared/requests'
import { openTerminal } from '../process/terminal'
import type { TerminalSession } from '../process/terminal'
import type { Services } from './compose'
import type { Push } from './windows'

/** Terminals of windows: each belongs to the window that opened it and ends with it; the run never does. */
export function createTerminals({ stores, environments, supervisorPath }: Services, push: Push) {
  const open = new Map<number, TerminalSession>()
  let nextId = 1

  const close = (terminalId: number): void => {
    open.get(terminalId)?.close()
    open.delete(terminalId)
  }

  return {
    async open({ jobId, columns, rows }: { readonly jobId: JobId; readonly columns: number; readonly rows: number }, caller: Caller): Promise<{ terminalId: number }> {
      const { runFolder, environmentId } = stores.jobs.record(jobId)
      const python = (environments.list().find(({ id }) => id === environmentId) ?? environments.forDevice('cpu') ?? environments.forDevice('cuda'))?.pythonPath ?? null
      if (runFolder === null) throw new AppError('RUN_FOLDER', 'this job has no output yet')
      if (python === null) throw new AppError('ENVIRONMENT_NOT_READY', 'the terminal follows a run with Python, and no environment is ready')
      const terminalId = nextId++
      // The pty may speak before this promise settles; the window sorts by id.
      const session = await openTerminal({ runFolder, python, supervisorPath, columns, rows }, {
        onData: (text) => push('terminal.data', { terminalId, text }),
        onEnd: () => {
          open.delete(terminalId)
          push('terminal.end', { terminalId })
        },
      })
      open.set(terminalId, session)
      caller.onGone(() => close(terminalId))
      return { terminalId }
    },
    resize: (terminalId: number, columns: number, rows: number): void => open.get(terminalId)?.resize(columns, rows),
    acknowledge: (terminalId: number, characters: number): void => open.get(terminalId)?.acknowledge(characters),
    close,
  }
}
