import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { createSecrets } from '../../../electron/main/secrets'
import type { Sealer } from '../../../electron/main/secrets'

/** Turns text round and marks it, so that a sealed value differs from a plain one. `noes`: how often it is not ready yet. */
function fakeSealer({ noes = 0, reEncrypt = false } = {}): Sealer & { readonly calls: string[] } {
  let left = noes
  const calls: string[] = []
  return {
    calls,
    isAsyncEncryptionAvailable: () => Promise.resolve(left-- <= 0),
    encryptStringAsync: (text) => {
      calls.push('encrypt')
      return Promise.resolve(Buffer.from(`sealed:${[...text].reverse().join('')}`))
    },
    decryptStringAsync: (sealed) => Promise.resolve({ result: [...sealed.toString().slice('sealed:'.length)].reverse().join(''), shouldReEncrypt: reEncrypt }),
  }
}

const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
const newFile = () => join(mkdtempSync(join(tmpdir(), 'tunesmith-secrets-')), 'secrets.json')
const secret = 'hf_secretsecretsecret'

const wait = () => Promise.resolve()

describe('secrets', () => {
  it('seals into a file that only the user may read, and opens it after a restart (catches a plain or public file)', async () => {
    const file = newFile()
    const sealer = fakeSealer()
    await expect(createSecrets({ file, sealer, hasKeyring: () => true, log, wait }).set('huggingface-token', secret)).resolves.toBe('sealed-file')
    expect(readFileSync(file, 'utf8')).not.toContain(secret)
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600)
    const again = createSecrets({ file, sealer, hasKeyring: () => true, log, wait })
    await expect(again.state('huggingface-token')).resolves.toEqual({ hasKey: true, kept: 'sealed-file' })
    await expect(again.get('huggingface-token')).resolves.toBe(secret)
  })

  it('writes nothing without a keyring and says so (catches a secret under a fixed password)', async () => {
    const file = newFile()
    const sealer = fakeSealer()
    const secrets = createSecrets({ file, sealer, hasKeyring: () => false, log })
    await expect(secrets.set('huggingface-token', secret)).resolves.toBe('session-only')
    await expect(secrets.get('huggingface-token')).resolves.toBe(secret)
    await expect(secrets.state('huggingface-token')).resolves.toEqual({ hasKey: true, kept: 'session-only' })
    expect(existsSync(file)).toBe(false)
    expect(sealer.calls).toEqual([])
  })

  it('waits for a keyring that loads late (catches an early no, after which Electron 42 never settles an encryption)', async () => {
    const secrets = createSecrets({ file: newFile(), sealer: fakeSealer({ noes: 12 }), hasKeyring: () => true, log, wait })
    await expect(secrets.set('huggingface-token', secret)).resolves.toBe('sealed-file')
  })

  it('gives up on a keyring that never answers (catches a settings page that hangs)', async () => {
    const sealer = fakeSealer({ noes: Infinity })
    const set = createSecrets({ file: newFile(), sealer, hasKeyring: () => true, log, wait }).set('huggingface-token', secret)
    await expect(set).resolves.toBe('session-only')
    expect(sealer.calls).toEqual([])
  })

  it('forgets a cleared secret in the file as well (catches a token that is back after the next start)', async () => {
    const file = newFile()
    const sealer = fakeSealer()
    const secrets = createSecrets({ file, sealer, hasKeyring: () => true, log, wait })
    await secrets.set('huggingface-token', secret)
    await secrets.clear('huggingface-token')
    await expect(secrets.get('huggingface-token')).resolves.toBeNull()
    await expect(createSecrets({ file, sealer, hasKeyring: () => true, log, wait }).state('huggingface-token')).resolves.toMatchObject({ hasKey: false })
  })

  it('seals again when the key changed (catches a secret that dies with its old key)', async () => {
    const file = newFile()
    await createSecrets({ file, sealer: fakeSealer(), hasKeyring: () => true, log, wait }).set('huggingface-token', secret)
    const rotated = fakeSealer({ reEncrypt: true })
    await createSecrets({ file, sealer: rotated, hasKeyring: () => true, log, wait }).get('huggingface-token')
    expect(rotated.calls).toEqual(['encrypt'])
  })
})
