import { mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { JobSpec } from '../shared/job-spec'
import { AppError, isErrno, messageOf } from '../shared/app-error'

/** Names of the files of a run folder; the generated script and the supervisor use the same ones. */
export const runFiles = {
  spec: 'job.json', script: 'train.py', events: 'events.jsonl', console: 'console.log', status: 'status.json', stopRequest: 'stop.request',
} as const
export type RunFile = keyof typeof runFiles

/** Absolute path of one of the known files of a run. */
export function runPath(folder: string, file: RunFile): string {
  return join(folder, runFiles[file])
}

/** `status.json` as python-templates/supervisor.py writes it. Start times are opaque texts, see process-identity.ts. */
export const RunStatus = z.object({
  schemaVersion: z.literal(1),
  state: z.enum(['starting', 'running', 'exited']),
  supervisorPid: z.int(),
  supervisorStartTime: z.string().nullable(),
  trainerPid: z.int().nullable(),
  trainerStartTime: z.string().nullable(),
  startedAtMs: z.number(),
  finishedAtMs: z.number().nullable(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  peakMemoryBytes: z.number().nullable(),
  oomKills: z.int().nullable(),
  stopRequested: z.boolean(),
})
export type RunStatus = z.infer<typeof RunStatus>

const STATUS_ATTEMPTS = 5
const STATUS_RETRY_MS = 20

/** The run's status, or null when the run was not started. Throws RUN_FOLDER when the file stays unreadable. */
export async function readRunStatus(folder: string): Promise<RunStatus | null> {
  const path = runPath(folder, 'status')
  let problem: unknown
  for (let attempt = 0; attempt < STATUS_ATTEMPTS; attempt += 1) {
    try {
      return RunStatus.parse(JSON.parse(await readFile(path, 'utf8')))
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return null
      // Caught while being created or overwritten on a full disk, or held for an instant by a virus scanner.
      problem = error
      await delay(STATUS_RETRY_MS)
    }
  }
  throw new AppError('RUN_FOLDER', `status.json of ${folder} is unreadable: ${messageOf(problem)}`, { cause: problem })
}

/**
 * Writes the files of a run that has not started: paths relative to `folder`, `/` as separator. Idempotent: a folder whose run was
 * started is left as it is, since its files are what that run was made with. Throws RUN_FOLDER.
 */
export async function writeRunFolder(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  if (!isAbsolute(folder)) throw new AppError('RUN_FOLDER', 'a run folder needs an absolute path')
  const targets = Object.entries(files).map(([name, text]) => ({ path: inside(folder, name), text }))
  try {
    await mkdir(folder, { recursive: true })
    if (await exists(runPath(folder, 'status'))) return
    for (const { path, text } of targets) {
      await mkdir(dirname(path), { recursive: true })
      await writeFileAtomic(path, text)
    }
  } catch (error) {
    throw new AppError(isErrno(error, 'ENOSPC') ? 'DISK_FULL' : 'RUN_FOLDER', `the run folder can't be written: ${messageOf(error)}`, { cause: error })
  }
}

function inside(folder: string, name: string): string {
  const path = join(folder, ...name.split('/'))
  const way = relative(folder, path)
  if (way === '' || way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) throw new AppError('RUN_FOLDER', `${name} lies outside the run folder`)
  return path
}

/** Replaces a file in one go: a reader sees the old text or the new one, also after a power cut. */
export async function writeFileAtomic(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w')
  try {
    await file.writeFile(text, 'utf8')
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/** Asks the run to end: the trainer looks for this file after each step. Also keeps a run that was not started yet from starting. */
export async function requestStop(folder: string, mode: 'graceful' | 'force'): Promise<void> {
  try {
    // A job may be cancelled while its folder is being prepared.
    await mkdir(folder, { recursive: true })
    await writeFile(runPath(folder, 'stopRequest'), `${mode}\n`)
  } catch (error) {
    throw new AppError('RUN_FOLDER', `the stop request can't be written: ${messageOf(error)}`, { cause: error })
  }
}

/** Whether and how somebody asked the run to end. */
export async function readStopRequest(folder: string): Promise<'graceful' | 'force' | null> {
  try {
    return (await readFile(runPath(folder, 'stopRequest'), 'utf8')).trim() === 'force' ? 'force' : 'graceful'
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
}

/** The last `maxBytes` of a text file, from a line start on when it was cut; empty when there is no such file. */
export async function readTail(path: string, maxBytes: number): Promise<string> {
  let file
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return ''
    throw error
  }
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - maxBytes)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start)
    const text = buffer.toString('utf8', 0, bytesRead)
    return start === 0 ? text : text.slice(text.search(/[\r\n]/) + 1)
  } finally {
    await file.close()
  }
}

/** Whether a file or folder is there. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false
    throw error
  }
}

/** The frozen spec of a prepared run folder. Throws RUN_FOLDER. */
export async function readRunSpec(folder: string): Promise<JobSpec> {
  try {
    return JobSpec.parse(JSON.parse(await readFile(runPath(folder, 'spec'), 'utf8')))
  } catch (error) {
    throw new AppError('RUN_FOLDER', `job.json of ${folder} is unreadable: ${messageOf(error)}`, { cause: error })
  }
}
