import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { SecretName } from '../shared/settings'
import { readJsonFile, writeJsonFile } from './json-file'
import type { Log } from './log'

/** What this needs of Electron's safeStorage; only the asynchronous calls, the others are deprecated. */
export interface Sealer {
  isAsyncEncryptionAvailable(): Promise<boolean>
  encryptStringAsync(plainText: string): Promise<Buffer>
  decryptStringAsync(encrypted: Buffer): Promise<{ readonly result: string; readonly shouldReEncrypt: boolean }>
}

export interface SecretOptions {
  /** A file of mode 0600 that holds what the system's keyring sealed, in base 64. */
  readonly file: string
  readonly sealer: Sealer
  /** False where the system has no keyring: on Linux, when the chosen backend is `basic_text` or `unknown`. */
  hasKeyring(): boolean
  readonly log: Log
  /** Waits between two questions; tests pass a clock of their own. */
  readonly wait?: (ms: number) => Promise<unknown>
}

export interface Secrets {
  get(name: SecretName): Promise<string | null>
  set(name: SecretName, value: string): Promise<'sealed-file' | 'session-only'>
  clear(name: SecretName): Promise<void>
  state(name: SecretName): Promise<{ readonly hasKey: boolean; readonly kept: 'sealed-file' | 'session-only' }>
}

const SealedFile = z.object({ version: z.literal(1), secrets: z.partialRecord(SecretName, z.base64()) })

/**
 * Electron answers "not available" until its key provider has loaded, about a second after the app is ready, and an
 * encryption asked for meanwhile never settles. So we ask again for a while before we believe a no.
 */
const keyringWaitMs = 4_000
const keyringPollMs = 100

/** Keeps secrets sealed in a file, or for this session only where there is no keyring. Values are never logged. */
export function createSecrets({ file, sealer, hasKeyring, log, wait = sleep }: SecretOptions): Secrets {
  const session = new Map<SecretName, string>()
  let available: Promise<boolean> | null = null
  const canSeal = (): Promise<boolean> => (available ??= hasKeyring() ? waitForKeyring(sealer, log, wait) : Promise.resolve(false))

  const readSealed = (): z.infer<typeof SealedFile>['secrets'] => {
    const parsed = SealedFile.safeParse(readJsonFile(file))
    return parsed.success ? parsed.data.secrets : {}
  }
  const writeSealed = (name: SecretName, sealed: Buffer | null) => {
    const { [name]: _old, ...rest } = readSealed()
    writeJsonFile(file, { version: 1, secrets: sealed === null ? rest : { ...rest, [name]: sealed.toString('base64') } }, 0o600)
  }
  const open = async (name: SecretName, sealed: string): Promise<string> => {
    const { result, shouldReEncrypt } = await sealer.decryptStringAsync(Buffer.from(sealed, 'base64'))
    if (shouldReEncrypt) writeSealed(name, await sealer.encryptStringAsync(result))
    return result
  }

  return {
    async get(name) {
      const kept = session.get(name)
      if (kept !== undefined) return kept
      const sealed = readSealed()[name]
      if (sealed === undefined || !(await canSeal())) return null
      const value = await open(name, sealed)
      session.set(name, value)
      return value
    },
    async set(name, value) {
      session.set(name, value)
      if (!(await canSeal())) return 'session-only'
      writeSealed(name, await sealer.encryptStringAsync(value))
      return 'sealed-file'
    },
    clear(name) {
      session.delete(name)
      if (readSealed()[name] !== undefined) writeSealed(name, null)
      return Promise.resolve()
    },
    async state(name) {
      const seals = await canSeal()
      const hasKey = session.has(name) || (seals && readSealed()[name] !== undefined)
      return { hasKey, kept: seals ? 'sealed-file' : 'session-only' }
    },
  }
}

async function waitForKeyring(sealer: Sealer, log: Log, wait: (ms: number) => Promise<unknown>): Promise<boolean> {
  for (let waitedMs = 0; waitedMs <= keyringWaitMs; waitedMs += keyringPollMs) {
    if (await sealer.isAsyncEncryptionAvailable()) return true
    await wait(keyringPollMs)
  }
  log.warn('the keyring did not answer; secrets are kept for this session only')
  return false
}
