import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { isErrno } from '../shared/app-error'
import type { Log } from './router'

const MAX_BYTES = 5 * 1024 * 1024
/** Tokens of the services we talk to; a secret has no business in a log, this is the second fence. */
const secretPattern = /\b(?:hf_[A-Za-z0-9]{8,}|sk-[A-Za-z0-9_-]{8,}|AKIA[A-Z0-9]{12,}|Bearer\s+\S+)/g

/** Appends JSON lines to a file, with one older file kept. */
export function openLog(path: string): Log {
  mkdirSync(dirname(path), { recursive: true })
  let bytes = sizeOf(path)
  return (level, message, fields = {}) => {
    const line = `${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }).replace(secretPattern, '<secret>')}\n`
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
