import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, isErrno, messageOf } from '../shared/app-error'
import type { NormalRow } from '../shared/dataset'
import type { JobSpec } from '../shared/job-spec'
import { protocolProblems, protocolRow } from '../domain/openai-row'
import { runPath, writeFileAtomic } from '../process/run-folder'
import { readDispatch } from './openai-dispatch'

/** The files of a run folder that are sent, as they are. */
export const sentFiles = { training: 'training.jsonl', validation: 'validation.jsonl' } as const
export type SentPart = keyof typeof sentFiles

/**
 * Writes `job.json` and the rows in the protocol's form. A folder whose run was started is left alone. Throws JOB_REFUSED for a row that
 * the protocol refuses, DATASET_NOT_FOUND, DISK_FULL and RUN_FOLDER.
 */
export async function writeProtocolFolder(folder: string, spec: JobSpec): Promise<void> {
  if ((await readDispatch(folder)) !== null) return
  try {
    await mkdir(folder, { recursive: true })
    await writeProtocolFile(spec.data.trainPath, join(folder, sentFiles.training))
    if (spec.data.evalPath !== null && spec.data.evalRows > 0) await writeProtocolFile(spec.data.evalPath, join(folder, sentFiles.validation))
    await writeFileAtomic(runPath(folder, 'spec'), `${JSON.stringify(spec, null, 2)}\n`)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError(isErrno(error, 'ENOSPC') ? 'DISK_FULL' : isErrno(error, 'ENOENT') ? 'DATASET_NOT_FOUND' : 'RUN_FOLDER', `the run folder can't be written: ${messageOf(error)}`, { cause: error })
  }
}

const flushCharacters = 1_000_000

async function writeProtocolFile(from: string, to: string): Promise<void> {
  const temporary = `${to}.new`
  const file = await open(temporary, 'w')
  try {
    let text = ''
    let line = 0
    for await (const raw of linesOf(from)) {
      line += 1
      if (raw.trim() === '') continue
      text += `${sentLine(raw, line)}\n`
      if (text.length < flushCharacters) continue
      await file.writeFile(text, 'utf8')
      text = ''
    }
    await file.writeFile(text, 'utf8')
    await file.sync()
  } catch (error) {
    await file.close()
    await rm(temporary, { force: true })
    throw error
  }
  await file.close()
  await rename(temporary, to)
}

function sentLine(raw: string, line: number): string {
  let row: ReturnType<typeof protocolRow>
  try {
    row = protocolRow(JSON.parse(raw) as NormalRow)
  } catch (error) {
    throw new AppError('JOB_REFUSED', `Line ${line} of the data is not a row: ${messageOf(error)}`, { cause: error, data: { reason: 'bad-row', line } })
  }
  const [problem] = protocolProblems(row)
  if (problem !== undefined) throw new AppError('JOB_REFUSED', `Line ${line} of the data: ${problem.message}`, { data: { reason: 'bad-row', line } })
  return JSON.stringify(row)
}

/** Lines end at `\n` alone: U+2028 may stand in a text. */
async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  let rest = ''
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
    const lines = `${rest}${chunk as string}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

/** sha256 of a file, hex, and its size. */
export async function hashOf(path: string, signal?: AbortSignal): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of createReadStream(path, signal === undefined ? {} : { signal })) {
    hash.update(chunk as Buffer)
    sizeBytes += (chunk as Buffer).length
  }
  return { sha256: hash.digest('hex'), sizeBytes }
}
