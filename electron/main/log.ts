import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createRedactor } from '../shared/redact'

export type LogFields = Readonly<Record<string, unknown>>

/** JSON lines: `{"t":"<ISO time>","level":"info","from":"main","message":"...", ...fields}`. */
export interface Log {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export interface LogOptions {
  readonly maxBytes?: number
  /** How many older files stay beside the current one. */
  readonly keep?: number
  readonly from?: string
  readonly now?: () => Date
}

/** Appends to `<folder>/<name>.jsonl` and turns the file over at `maxBytes`. Lines are few, so each is written at once and survives a crash. */
export function openLog(folder: string, name: string, { maxBytes = 4_000_000, keep = 3, from = name, now = () => new Date() }: LogOptions = {}): Log {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.jsonl`)
  const { redact } = createRedactor()
  const older = (n: number) => join(folder, `${name}.${n}.jsonl`)
  let size = existsSync(file) ? statSync(file).size : 0

  const turnOver = () => {
    rmSync(older(keep), { force: true })
    for (let n = keep - 1; n >= 1; n--) if (existsSync(older(n))) renameSync(older(n), older(n + 1))
    if (existsSync(file)) renameSync(file, older(1))
    size = 0
  }
  const write = (level: string, message: string, fields: LogFields = {}) => {
    const line = `${redact(JSON.stringify({ t: now().toISOString(), level, from, message, ...fields }))}\n`
    const bytes = Buffer.byteLength(line)
    if (size > 0 && size + bytes > maxBytes) turnOver()
    appendFileSync(file, line)
    size += bytes
  }
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
  }
}
