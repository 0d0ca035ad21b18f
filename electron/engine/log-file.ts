import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { isErrno } from '../shared/app-error'
import { createRedactor } from '../shared/redact'
import type { Redactor } from '../shared/redact'
import type { Log } from './router'

const MAX_BYTES = 5 * 1024 * 1024

/** Appends JSON lines to a file, with one older file kept. What looks like a secret, or is one that the redactor knows, is left out. */
export function openLog(path: string, { redact }: Pick<Redactor, 'redact'> = createRedactor()): Log {
  mkdirSync(dirname(path), { recursive: true })
  let bytes = sizeOf(path)
  return (level, message, fields = {}) => {
    const line = `${redact(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }))}\n`
    if (bytes > MAX_BYTES) {
      renameSync(path, `${path}.1`)
      bytes = 0
    }
    appendFileSync(path, line)
    bytes += Buffer.byteLength(line)
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0
    throw error
  }
}
