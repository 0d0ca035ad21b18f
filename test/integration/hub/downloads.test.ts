import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AppSettings } from '../../../electron/shared/settings'
import type { DownloadState } from '../../../electron/shared/model'
import { startHubPeer } from '../../support/hub-peer'
import type { HubPeer } from '../../support/hub-peer'
import { startProxyPeer } from '../../support/proxy-peer'
import { pick, repository, startEngine } from '../../support/start-engine'
import type { TestEngine } from '../../support/start-engine'

const modelFolder = join(repository, 'test', 'fixtures', 'models', 'tiny-llama')
const weights = readFileSync(join(modelFolder, 'model.safetensors'))
const model = { hubId: 'peer/tiny', revision: 'main' }
const token = 'hf_ThisIsNoRealTokenOfAnybody'

let engine: TestEngine
let peer: HubPeer
beforeAll(async () => {
  peer = await startHubPeer(modelFolder)
})
beforeEach(async () => {
  peer.reset()
  engine = await startEngine()
  await setHub({})
  return () => engine.close()
})
afterAll(() => peer.close())

async function setHub(change: Partial<AppSettings['hub']>): Promise<void> {
  const { hub } = await engine.request('settings.get', undefined)
  await engine.request('settings.set', { hub: { ...hub, endpoint: peer.origin, ...change } })
}
const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'no error', (error: unknown) => String(error).split(': ')[2] ?? String(error))
const ended = (downloadId: DownloadState['id']): Promise<DownloadState> => engine.until('the download ends', async () => {
  const state = (await engine.request('hub.downloads', undefined)).find(({ id }) => id === downloadId)
  return state === undefined || state.state === 'running' ? null : state
}, 20_000)
const download = async (): Promise<DownloadState> => ended((await engine.request('hub.download', model)).downloadId)
const havePart = () => (existsSync(`${weightsPath()}.part`) ? statSync(`${weightsPath()}.part`).size : 0)
/** A download whose line is cut in the middle of the weights, once bytes of them are on the disk. */
async function cutDownload(): Promise<DownloadState> {
  peer.reset({ stallAfterBytes: 100_000 })
  const { downloadId } = await engine.request('hub.download', model)
  await engine.until('bytes have come', () => (havePart() > 0 ? true : null))
  peer.drop()
  return ended(downloadId)
}
const resume = async ({ id }: DownloadState): Promise<DownloadState> => ended((await engine.request('hub.resume', { downloadId: id })).downloadId)
const weightsPath = () => join(engine.home, 'models', 'hub', 'peer--tiny', peer.sha, 'model.safetensors')
const rangesOfWeights = () => peer.seen.filter(({ path }) => path.endsWith('model.safetensors')).map(({ range }) => range)
const hubModels = async () => (await engine.request('models.list', undefined)).filter(({ kind }) => kind === 'hub')

describe('what the hub says before a download', () => {
  it('gives size, free disk, licence, commit and the place, and what is there already', async () => {
    const found = await engine.request('hub.lookup', model)
    expect(found).toMatchObject({ revision: peer.sha, license: 'mit', gated: false, cachedBytes: 0, cachePath: join(engine.home, 'models', 'hub', 'peer--tiny', peer.sha) })
    expect(found.totalBytes).toBe(readdirSync(modelFolder).reduce((sum, name) => sum + statSync(join(modelFolder, name)).size, 0))
    expect(found.freeBytes).toBeGreaterThan(1e6)
    expect(found.files.map(({ path }) => path).sort()).toEqual(readdirSync(modelFolder).sort())
    await download()
    expect((await engine.request('hub.lookup', model)).cachedBytes).toBe(found.totalBytes)
  })

  it.each([
    ['a gated model', { status: 403, errorCode: 'GatedRepo' }, 'HUB_GATED'],
    ['a gated model without a token', { status: 401, errorCode: 'GatedRepo' }, 'HUB_GATED'],
    ['a missing model', { status: 404, errorCode: 'RepoNotFound' }, 'HUB_MISSING'],
    ['a missing or private one, told by 401', { status: 401 }, 'HUB_MISSING'],
    ['a hub in trouble', { status: 503 }, 'HUB_FAILED'],
  ])('%s gets its own word', async (_what, behaviour, code) => {
    peer.reset(behaviour)
    expect(await codeOf(engine.request('hub.lookup', model))).toBe(code)
    expect(await codeOf(engine.request('hub.download', model))).toBe(code)
  })

  it('says offline when nobody answers, and asks nobody in offline mode', async () => {
    const gone = await startHubPeer(modelFolder)
    await gone.close()
    await setHub({ endpoint: gone.origin })
    expect(await codeOf(engine.request('hub.lookup', model))).toBe('HUB_OFFLINE')
    await setHub({ offline: true })
    expect(await codeOf(engine.request('hub.lookup', model))).toBe('HUB_OFFLINE')
    expect(peer.seen).toEqual([])
  })

  it('refuses a download for which the disk has no room, before it begins', async () => {
    peer.reset({ claimsBytes: 1e15 })
    expect(await codeOf(engine.request('hub.download', model))).toBe('DISK_FULL')
    expect(existsSync(join(engine.home, 'models', 'hub', 'peer--tiny'))).toBe(false)
  })
})

describe('downloading', () => {
  it('brings every file, registers a model that can be planned with, and deletes it again', async () => {
    expect(await download()).toMatchObject({ state: 'done', error: null })
    expect(readFileSync(weightsPath())).toEqual(weights)
    const [registered] = await hubModels()
    expect(registered).toMatchObject({ name: 'peer/tiny', hubId: `peer/tiny@${peer.sha}`, license: 'mit', hasChatTemplate: true, problem: null })
    if (registered === undefined) throw new Error('the model was not registered')
    const { datasetId } = await engine.request('datasets.addSample', undefined)
    const { settings } = await engine.request('jobs.defaults', { modelId: registered.id, datasetId, backend: 'huggingface', method: 'lora' })
    expect(settings.method).toBe('lora')
    expect(await engine.request('models.remove', { modelId: registered.id, deleteFiles: true })).toEqual({ undoable: false })
    expect(existsSync(weightsPath())).toBe(false)
    expect(await hubModels()).toEqual([])
  })

  it('goes on where the line was cut, and asks for nothing that is there', async () => {
    const cut = await cutDownload()
    expect(cut).toMatchObject({ state: 'failed', error: { code: 'HUB_FAILED' } })
    expect(await hubModels()).toEqual([])
    const have = havePart()
    expect(have).toBeGreaterThan(0)
    peer.reset()
    expect(await resume(cut)).toMatchObject({ state: 'done' })
    expect(rangesOfWeights()).toEqual([`bytes=${have}-`])
    expect(peer.seen.filter(({ path }) => path.endsWith('/config.json'))).toEqual([])
    expect(readFileSync(weightsPath())).toEqual(weights)
  })

  it('begins anew where a server does not know ranges, instead of gluing two files together', async () => {
    const cut = await cutDownload()
    peer.reset({ ignoresRange: true })
    expect(await resume(cut)).toMatchObject({ state: 'done' })
    expect(readFileSync(weightsPath())).toEqual(weights)
  })

  it('takes a whole partial file without asking: a range past the end is an error of the hub', async () => {
    const cut = await cutDownload()
    writeFileSync(`${weightsPath()}.part`, weights)
    peer.reset()
    expect(await resume(cut)).toMatchObject({ state: 'done' })
    expect(rangesOfWeights()).toEqual([])
  })

  it('keeps no file whose checksum is wrong, and a later try is whole', async () => {
    peer.reset({ corrupt: true })
    const bad = await download()
    expect(bad).toMatchObject({ state: 'failed', error: { code: 'HUB_FAILED' } })
    expect(bad.error?.message).toContain('checksum')
    expect(readdirSync(resolve(weightsPath(), '..')).filter((name) => name.startsWith('model.safetensors'))).toEqual([])
    peer.reset()
    expect(await resume(bad)).toMatchObject({ state: 'done' })
    expect(createHash('sha256').update(readFileSync(weightsPath())).digest('hex')).toBe(createHash('sha256').update(weights).digest('hex'))
  })

  it('can be cancelled while the line is silent, and goes on after a restart of the engine', async () => {
    peer.reset({ stallAfterBytes: 50_000 })
    const { downloadId } = await engine.request('hub.download', model)
    await engine.until('bytes have come', () => (havePart() > 0 ? true : null))
    expect((await engine.request('hub.download', model)).downloadId).toBe(downloadId)
    await engine.request('hub.cancel', { downloadId })
    expect(await ended(downloadId)).toMatchObject({ state: 'cancelled', error: null })
    peer.reset()
    await engine.restart()
    expect((await engine.request('hub.lookup', model)).cachedBytes).toBeGreaterThan(0)
    expect(await download()).toMatchObject({ state: 'done' })
    expect(rangesOfWeights()[0]).toMatch(/^bytes=\d+-$/)
    expect(readFileSync(weightsPath())).toEqual(weights)
  })

  it('a second try takes the place of the first, and one that has ended can be dismissed (catches cards that stay for ever)', async () => {
    const ids = async () => (await engine.request('hub.downloads', undefined)).map(({ id }) => id)
    const cut = await cutDownload()
    peer.reset()
    const whole = await download()
    expect(await ids()).toContain(whole.id)
    expect(await ids()).not.toContain(cut.id)
    await engine.request('hub.dismiss', { downloadId: whole.id })
    expect(await ids()).not.toContain(whole.id)
  })

  it('leaves alone what leads out of its folder or could run code, and a second copy of the weights', async () => {
    peer.reset({ extraFiles: [{ rfilename: '../../evil.json', size: 3 }, { rfilename: '..\\evil.json', size: 3 }, { rfilename: '/tmp/evil.json', size: 3 }, { rfilename: 'pytorch_model.bin', size: 3 }, { rfilename: 'consolidated.safetensors', size: 3 }] })
    const found = await engine.request('hub.lookup', model)
    expect(found.files.map(({ path }) => path).sort()).toEqual(readdirSync(modelFolder).sort())
  })

  it('works with a mirror that tells neither sizes nor checksums', async () => {
    peer.reset({ tellsNoSizes: true })
    expect(await download()).toMatchObject({ state: 'done' })
    expect(readFileSync(weightsPath())).toEqual(weights)
    expect(readFileSync(resolve(weightsPath(), '..', 'config.json'))).toEqual(readFileSync(join(modelFolder, 'config.json')))
  })
})

describe('the token', () => {
  it('goes to the hub as a header, not on to another origin, and stands in no file, log or answer', async () => {
    const cdn = await startHubPeer(modelFolder)
    try {
      await engine.request('secrets.set', { name: 'huggingface-token', value: token })
      peer.reset({ redirectTo: cdn.origin })
      expect(await download()).toMatchObject({ state: 'done' })
      expect(new Set(peer.seen.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${token}`]))
      expect(cdn.seen).toMatchObject([{ authorization: null }])
      peer.reset({ status: 403, errorCode: 'GatedRepo' })
      await codeOf(engine.request('hub.lookup', model))
    } finally {
      await cdn.close()
    }
    expect(await engine.request('secrets.state', undefined)).toEqual([{ name: 'huggingface-token', hasKey: true, kept: 'session-only' }])
    expect(JSON.stringify([engine.logs, engine.pushes])).not.toContain(token)
    for (const name of readdirSync(engine.home, { recursive: true, withFileTypes: true })) {
      if (name.isFile()) expect(readFileSync(join(name.parentPath, name.name)).includes(token), name.name).toBe(false)
    }
  })

  it('is not quoted by the error of a header that refuses it', async () => {
    await engine.request('secrets.set', { name: 'huggingface-token', value: 'hf_secretsecret\nvalue' })
    const message = await engine.request('hub.lookup', model).then(() => '', String)
    expect(message).toContain('HUB_FAILED')
    expect(message).not.toContain('secretsecret')
  })
})

describe('proxy and CA', () => {
  const tls = (name: string) => join(repository, 'test', 'fixtures', 'tls', name)

  it('reaches a hub whose certificate a CA file vouches for, directly and through a proxy, and no hub without it', async () => {
    const [secure, proxy] = await Promise.all([startHubPeer(modelFolder, { key: readFileSync(tls('server.key'), 'utf8'), cert: readFileSync(tls('server.pem'), 'utf8') }), startProxyPeer()])
    try {
      await setHub({ endpoint: secure.origin })
      expect(await codeOf(engine.request('hub.lookup', model))).toBe('HUB_FAILED')
      expect(await codeOf(setHub({ endpoint: secure.origin, caFile: tls('ca.pem') }))).toBe('FILE_TOKEN')
      await pick(engine, 'ca-file', tls('ca.pem'))
      await setHub({ endpoint: secure.origin, caFile: tls('ca.pem') })
      expect((await engine.request('hub.lookup', model)).revision).toBe(secure.sha)
      expect(proxy.seen).toEqual([])
      await setHub({ endpoint: secure.origin, caFile: tls('ca.pem'), proxy: proxy.origin })
      expect(await download()).toMatchObject({ state: 'done' })
      expect(new Set(proxy.seen)).toEqual(new Set([`CONNECT ${new URL(secure.origin).host}`]))
      await setHub({ endpoint: peer.origin, caFile: null, proxy: proxy.origin })
      expect((await engine.request('hub.lookup', model)).revision).toBe(peer.sha)
      expect(proxy.seen.at(-1)).toContain(new URL(peer.origin).host)
    } finally {
      await Promise.all([secure.close(), proxy.close()])
    }
  })

  it('stores no proxy with a password in it', async () => {
    expect(await codeOf(setHub({ proxy: 'http://me:secret@localhost:1' }))).toBe('VALIDATION_FAILED')
  })
})
