import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pack } from 'tar-stream'
import { packTarGz, unpackTarGz } from '../../../electron/remote/archive'
import { seededRandom } from '../../../electron/domain/random'
import type { Header } from 'tar-stream'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tunesmith archive '))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const limits = { maxBytes: 1_000_000, maxFiles: 100 }
type Member = Partial<Header> & { readonly name: string; readonly content?: string }

/** An archive as anybody may make it, written to the folder. */
async function archiveOf(members: readonly Member[], change: (tar: Buffer) => Buffer = (tar) => tar): Promise<string> {
  const tar = pack()
  for (const { content = '', ...header } of members) tar.entry(header, content)
  tar.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of tar) chunks.push(chunk as Uint8Array)
  const path = join(folder, 'model.tar.gz')
  writeFileSync(path, gzipSync(change(Buffer.concat(chunks))))
  return path
}

const target = (): string => join(folder, 'out')
const left = (): readonly string[] => readdirSync(folder).filter((name) => name !== 'model.tar.gz')

describe('packTarGz', () => {
  const files = [
    { path: 'train.py', bytes: Buffer.from('print(1)\n') },
    { path: 'tunesmith/a-rather-long-folder-name/with-another-one-in-it/and-one-more/so-that-the-name-needs-more-than-a-hundred-bytes/é.py', bytes: Buffer.from('x') },
    { path: 'data/big.bin', bytes: Buffer.alloc(200_000, 7) },
  ]

  it('gives the same bytes in any order and at any time (catches an upload of the same code with each run)', async () => {
    const [one, other] = [await packTarGz(files), await packTarGz(files.toReversed())]
    expect(other.sha256).toBe(one.sha256)
    expect(one.sha256).toBe(createHash('sha256').update(one.bytes).digest('hex'))
    // The bytes themselves: a change of them changes every user's keys.
    expect((await packTarGz([{ path: 'train.py', bytes: Buffer.from('print(1)\n') }])).sha256).toMatchInlineSnapshot(`"4722f1bfc810321363a55b7d8d91d3a4d2350fa83c36e2fba1073ba0abcc4374"`)
    expect((await packTarGz([{ path: 'train.py', bytes: Buffer.from('print(2)\n') }])).sha256).not.toBe((await packTarGz([{ path: 'train.py', bytes: Buffer.from('print(1)\n') }])).sha256)
  })

  it('is a gzip that others read, whatever its length (catches blocks with wrong lengths or checksums)', async () => {
    for (const size of [0, 1, 65_023, 65_024, 131_000, 400_000]) {
      const { bytes } = await packTarGz([{ path: 'f', bytes: Buffer.alloc(size, size % 251) }])
      expect(gunzipSync(bytes).length % 512).toBe(0)
    }
    const { bytes } = await packTarGz(files)
    const path = join(folder, 'model.tar.gz')
    writeFileSync(path, bytes)
    const unpacked = await unpackTarGz(path, target(), limits)
    expect([...unpacked.files].sort()).toEqual(files.map(({ path: name }) => name).sort())
    for (const { path: name, bytes: content } of files) expect(readFileSync(join(target(), name)).equals(content)).toBe(true)
  })
})

describe('unpackTarGz', () => {
  it('unpacks files and folders, as tar writes them with ./ (catches an artifact that is refused for its dots)', async () => {
    const path = await archiveOf([{ name: './', type: 'directory' }, { name: './adapter/', type: 'directory' }, { name: './adapter/adapter_model.safetensors', content: 'weights' }, { name: 'events.jsonl', content: '{}' }, { name: 'empty' }])
    expect(await unpackTarGz(path, target(), limits)).toEqual({ files: ['adapter/adapter_model.safetensors', 'events.jsonl', 'empty'], bytes: 9 })
    expect(readFileSync(join(target(), 'adapter', 'adapter_model.safetensors'), 'utf8')).toBe('weights')
    expect(left()).toEqual(['out'])
  })

  const hostile: readonly (readonly [string, readonly Member[]])[] = [
    ['an absolute path', [{ name: '/etc/passwd' }]],
    ['a path upwards', [{ name: '../outside' }]],
    ['a path upwards in the middle', [{ name: 'a/../../outside' }]],
    ['a path upwards at the end', [{ name: 'a/..', type: 'directory' }]],
    ['a drive letter', [{ name: 'C:/Windows/x' }]],
    ['a drive without a slash', [{ name: 'C:x' }]],
    ['backslashes', [{ name: '..\\outside' }]],
    ['a share', [{ name: '\\\\host\\share' }]],
    ['a stream of a file', [{ name: 'a.txt:hidden' }]],
    ['a device of Windows', [{ name: 'sub/NUL.txt' }]],
    ['a name that Windows shortens', [{ name: 'x. ' }]],
    ['a control character', [{ name: 'a\u0007b' }]],
    ['an empty part', [{ name: 'a//b' }]],
    ['a symbolic link', [{ name: 'link', type: 'symlink', linkname: '/etc' }]],
    ['a file through a link', [{ name: 'link', type: 'symlink', linkname: '..' }, { name: 'link/outside', content: 'x' }]],
    ['a hard link', [{ name: 'hard', type: 'link', linkname: '../outside' }]],
    ['a character device', [{ name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }]],
    ['a block device', [{ name: 'sda', type: 'block-device', devmajor: 8, devminor: 0 }]],
    ['a pipe', [{ name: 'pipe', type: 'fifo' }]],
    ['a name twice', [{ name: 'a', content: '1' }, { name: 'a', content: '2' }]],
    ['a name twice in another case', [{ name: 'Adapter/a' }, { name: 'adapter/A' }]],
    ['a name twice in another normal form', [{ name: 'é' }, { name: 'é' }]],
    ['a file in the place of a folder', [{ name: 'a/b' }, { name: 'a' }]],
    ['a folder in the place of a file', [{ name: 'a' }, { name: 'a/b' }]],
    ['too many entries', Array.from({ length: 101 }, (_, index) => ({ name: `f${index}` }))],
    ['too many bytes', [{ name: 'a', content: 'x'.repeat(600_000) }, { name: 'b', content: 'x'.repeat(600_000) }]],
    ['a path in an extended header', [{ name: 'harmless', pax: { path: '../../outside' } }]],
    ['a file with the name of the whole', [{ name: './' , type: 'file' }]],
  ]
  it.each(hostile)('refuses %s, and nothing is left (catches a write outside of the folder)', async (_what, members) => {
    const path = await archiveOf([{ name: 'first.txt', content: 'was unpacked before the hostile one' }, ...members])
    await expect(unpackTarGz(path, target(), limits)).rejects.toMatchObject({ code: 'CLOUD_FAILED', data: { cause: 'hostile-artifact' } })
    expect(left()).toEqual([])
  })

  it('refuses a small archive of much nothing before it fills the disk (catches a bomb)', async () => {
    const zeros = Buffer.alloc(64 * 1024 * 1024)
    const path = await archiveOf([{ name: 'a', content: 'x' }], (tar) => Buffer.concat([tar.subarray(0, 1024), zeros]))
    await expect(unpackTarGz(path, target(), limits)).rejects.toMatchObject({ code: 'CLOUD_FAILED', data: { cause: 'hostile-artifact' } })
    expect(left()).toEqual([])
  })

  it('says that a cut or changed archive is damaged, and nothing is left (catches half a model that looks whole)', async () => {
    const path = await archiveOf([{ name: 'a', content: 'x'.repeat(5_000) }, { name: 'b', content: 'y'.repeat(5_000) }])
    const whole = readFileSync(path)
    const random = seededRandom(5)
    for (let round = 0; round < 60; round += 1) {
      const bytes = round < 30 ? whole.subarray(0, Math.floor(random() * whole.length)) : Buffer.from(whole)
      if (round >= 30) bytes.writeUInt8(bytes.readUInt8(12 + round) ^ (1 + Math.floor(random() * 255)), 12 + round)
      writeFileSync(path, bytes)
      await expect(unpackTarGz(path, target(), limits)).rejects.toMatchObject({ code: 'CLOUD_FAILED' })
      expect(left()).toEqual([])
    }
  })

  it('leaves what is there alone (catches an artifact that is mixed with another run)', async () => {
    const path = await archiveOf([{ name: 'a', content: 'new' }])
    mkdirSync(target())
    writeFileSync(join(target(), 'a'), 'old')
    await expect(unpackTarGz(path, target(), limits)).rejects.toMatchObject({ code: 'FILE_WRITE' })
    expect(readFileSync(join(target(), 'a'), 'utf8')).toBe('old')
    expect(left()).toEqual(['out'])
  })

  it('takes an empty folder that is there (catches a run folder that must not be made before)', async () => {
    mkdirSync(target())
    await unpackTarGz(await archiveOf([{ name: 'a', content: 'new' }]), target(), limits)
    expect(readFileSync(join(target(), 'a'), 'utf8')).toBe('new')
  })

  it('ends when it is cancelled, and nothing is left (catches an unpacking that nobody can stop)', async () => {
    const path = await archiveOf(Array.from({ length: 90 }, (_, index) => ({ name: `f${index}`, content: 'x'.repeat(10_000) })))
    await expect(unpackTarGz(path, target(), { ...limits, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(left()).toEqual([])
  })
})
