import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import Sqlite from 'better-sqlite3'
import type { RecordedRequest } from './recording-proxy'

/** Planted secrets by what they are. */
export type Secrets = Readonly<Record<string, string>>

/** Finds planted secrets wherever they may have gone. Each search gives `name of the secret: where`, and nothing when all is well. */
export interface SecretSearch {
  inBytes(bytes: Buffer, where: string): readonly string[]
  /** Any value that crossed a process: texts, errors, typed arrays. */
  inValue(value: unknown, where: string): readonly string[]
  inFolder(folder: string): readonly string[]
  /** Every row of every table. */
  inDatabase(path: string): readonly string[]
  /** Where `allowed` names the secret that a header may carry: `{ authorization: 'service key' }`. */
  inRequests(requests: readonly RecordedRequest[], where: string, allowed: Readonly<Record<string, string>>): readonly string[]
}

/** The forms in which a text may lie in bytes: as it is, in a URL, in JSON, in base64 at any of its three offsets, in hexadecimal, and as UTF-16. */
function formsOf(secret: string): readonly Buffer[] {
  const inBase64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(`${'\0'.repeat(offset)}${secret}`).toString('base64').replace(/=+$/, '')
    // The first and the last letters depend on what stands beside.
    return encoded.slice(offset === 0 ? 0 : 4, -2)
  })
  const texts = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...inBase64, Buffer.from(secret).toString('hex')]
  return [...new Set(texts)].map((text) => Buffer.from(text, 'utf8')).concat(Buffer.from(secret, 'utf16le'))
}

export function createSecretSearch(secrets: Secrets): SecretSearch {
  const wanted = Object.entries(secrets).map(([name, secret]) => ({ name, forms: formsOf(secret) }))

  const inBytes = (bytes: Buffer, where: string): readonly string[] => {
    const found = wanted.filter(({ forms }) => forms.some((form) => bytes.includes(form))).map(({ name }) => `${name}: ${where}`)
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacked(bytes) : null
    return packed === null ? found : [...found, ...inBytes(packed, `${where}, unpacked`)]
  }
  const inText = (text: string, where: string): readonly string[] => inBytes(Buffer.from(text, 'utf8'), where)

  return {
    inBytes,
    inValue: (value, where) => inText(JSON.stringify(value, plain) ?? '', where),
    inFolder: (folder) => readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [...inText(entry.name, `the name of ${path}`), ...(entry.isFile() ? inBytes(readFileSync(path), path) : [])]
    }),
    inDatabase(path) {
      const database = new Sqlite(path, { readonly: true })
      try {
        const tables = database.prepare<[], string>(`SELECT name FROM sqlite_master WHERE type = 'table'`).pluck().all()
        return tables.flatMap((table) => database.prepare<[], Record<string, unknown>>(`SELECT * FROM "${table}"`).all().flatMap((row) => Object.entries(row).flatMap(([column, value]) =>
          (Buffer.isBuffer(value) ? inBytes(value, `${table}.${column}`) : inText(String(value), `${table}.${column}`)))))
      } finally {
        database.close()
      }
    },
    inRequests: (requests, where, allowed) => requests.flatMap(({ method, url, headers, body }) => {
      const at = `${where} ${method} ${url.slice(0, 120)}`
      const ofHeaders = Object.entries(headers).flatMap(([name, value]) => inText(String(value), `${at}, header ${name}`).filter((found) => allowed[name] === undefined || !found.startsWith(`${allowed[name]}: `)))
      return [...inText(url, at), ...ofHeaders, ...inBytes(body, `${at}, body`)]
    }),
  }
}

/** What JSON leaves out of an answer. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack, cause: value.cause }
  return typeof value === 'bigint' ? String(value) : value
}

function unpacked(bytes: Buffer): Buffer | null {
  try {
    return gunzipSync(bytes)
  } catch {
    return null // begins like one, and is none
  }
}

/** Notes the arguments of every process of this machine that is seen until it is stopped, many times a second. */
export function watchArguments(everyMs = 20): { readonly seen: ReadonlySet<string>; stop(): void } {
  const seen = new Set<string>()
  const look = (): void => {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '))
      } catch {
        // It has ended meanwhile.
      }
    }
  }
  look()
  const timer = setInterval(look, everyMs)
  return { seen, stop: () => clearInterval(timer) }
}
