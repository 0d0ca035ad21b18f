import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { answerRemotely } from '../../../electron/remote/openai/chat'
import { checkOpenai, listTunable } from '../../../electron/remote/openai/check'
import { openaiClient } from '../../../electron/remote/openai/client'
import { sendFile } from '../../../electron/remote/openai/files'
import type { RemoteModel } from '../../../electron/shared/cloud'
import type { OpenaiConnection } from '../../../electron/shared/connection'
import { JobId } from '../../../electron/shared/ids'
import { newControl } from '../../peers/fake-openai-jobs'
import { startOpenaiPeer } from '../../peers/openai-peer'
import type { OpenaiPeer } from '../../peers/openai-peer'
import { connectionId, openaiBackend, openaiPlace, openaiSpec } from '../../support/openai-place'

const sampleData = resolve(import.meta.dirname, '..', '..', '..', 'resources', 'sample-data')
const sampling = { temperature: 0, topP: 1, maxNewTokens: 64, seed: 1 }
const now = Date.parse('2026-11-20T12:00:00Z')
const asked = [{ role: 'user' as const, content: 'What does a lion say?' }]

let peer: OpenaiPeer
let home: string
let tuned: RemoteModel

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tunesmith openai remote '))
  peer = await startOpenaiPeer({ stepMs: 1 })
  copyFileSync(join(sampleData, 'pirate-answers.jsonl'), join(home, 'train.jsonl'))
  const backend = openaiBackend(openaiPlace(peer))
  const spec = openaiSpec({ jobId: JobId.parse('job_r000000000000001'), data: { trainPath: join(home, 'train.jsonl'), evalPath: null, trainRows: 365, evalRows: 0 } })
  const context = { runFolder: join(home, 'run'), python: '', supervisorPath: '', templates: {}, environment: {} }
  const handle = await backend.start(await backend.prepare(spec, context), context)
  for await (const piece of backend.observe(handle, null)) {
    if (piece.kind === 'finished') tuned = { connectionId, name: piece.outputs?.[0]?.name ?? '', deployment: null, shutdownDate: null }
  }
})
afterEach(() => void Object.assign(peer.control, newControl(), { stepMs: 1 }))
afterAll(async () => {
  expect(peer.violations).toEqual([])
  await peer.close()
  rmSync(home, { recursive: true, force: true })
})

const placeAs = (changes: Partial<OpenaiConnection>) => openaiPlace(peer, changes).open()

describe('answers of a service\'s model', () => {
  it('the tuned model answers in its style, the base does not, both are counted and timed (catches a comparison of a model with itself)', async () => {
    const pieces: string[] = []
    const best = await answerRemotely(placeAs({}), tuned, asked, sampling, { onToken: (text) => pieces.push(text) })
    const base = await answerRemotely(placeAs({}), { ...tuned, name: 'gpt-4.1-mini-2025-04-14' }, asked, sampling)
    expect(best.text).toMatch(/^Arr! .* Aye, matey!$/)
    expect(base.text).not.toMatch(/Arr!/)
    expect(pieces.join('')).toBe(best.text)
    expect(pieces.length).toBeGreaterThan(1)
    for (const { tokens, promptTokens, firstTokenMs, totalMs, stopped } of [best, base]) {
      expect(tokens).toBeGreaterThan(2)
      expect(promptTokens).toBeGreaterThan(2)
      expect(firstTokenMs).toBeGreaterThan(0)
      expect(totalMs).toBeGreaterThanOrEqual(firstTokenMs)
      expect(stopped).toBe('end-of-turn')
    }
  })

  it('Azure is asked under the deployment\'s name, with the key in its own header (catches a 401, and a model that is not deployed)', async () => {
    peer.control.deployments = { 'my-pirate': tuned.name }
    const azure = openaiPlace({ baseUrl: peer.baseUrl.replace('/v1', '/openai/v1'), key: peer.key }, { preset: 'azure' }).open()
    expect((await answerRemotely(azure, { ...tuned, deployment: 'my-pirate' }, asked, sampling)).text).toMatch(/^Arr! /)
    expect(peer.journal.at(-1)).toMatchObject({ status: 200, headers: { 'api-key': peer.key }, body: { model: 'my-pirate', max_completion_tokens: 64 } })
    expect(peer.journal.at(-1)?.headers['authorization']).toBeUndefined()
    await expect(answerRemotely(azure, tuned, asked, sampling)).rejects.toMatchObject({ fault: { kind: 'final', cause: { kind: 'unsupported-base' } } })
  })

  it('an abort ends an answer without a fault (catches a stop button that shows an error)', async () => {
    const abort = new AbortController()
    const answer = await answerRemotely(placeAs({}), tuned, asked, sampling, { signal: abort.signal, onToken: () => abort.abort() })
    expect(answer.stopped).toBe('stopped')
    expect(answer.text.length).toBeGreaterThan(0)
  })
})

describe('the check of a connection', () => {
  const stateOf = async (changes: Partial<OpenaiConnection>, key = peer.key, at = now) => {
    const { items, bases } = await checkOpenai(openaiPlace({ baseUrl: peer.baseUrl, key }, changes).open(), at)
    return { items: Object.fromEntries(items.map((item) => [item.id, item])), bases }
  }

  it('names what can be tuned with its end, from the list and from the table (catches money spent on a base that dies)', async () => {
    peer.control.shutdownDates = { 'gpt-4.1-2025-04-14': '2026-11-01' }
    const { items, bases } = await stateOf({ preset: 'openai' })
    const byName = Object.fromEntries(bases.map((base) => [base.name, base]))
    expect(byName['gpt-4.1-2025-04-14']).toMatchObject({ state: 'gone', shutdownDate: '2026-11-01' })
    expect(byName['gpt-4.1-mini-2025-04-14']).toMatchObject({ state: 'ends-soon', shutdownDate: '2027-01-14' })
    expect(byName['gpt-4.1-nano-2025-04-14']).toMatchObject({ state: 'gone', shutdownDate: '2026-10-23' })
    expect(items['self-serve-end']).toMatchObject({ state: 'warning', detail: expect.stringContaining('2027-01-06') as unknown })
    expect(items['key']?.state).toBe('ok')
    expect((await stateOf({ preset: 'openai' }, peer.key, Date.parse('2027-01-07T00:00:00Z'))).items['self-serve-end']?.state).toBe('missing')
  })

  it('says for Azure what must be deployed, for a custom service what it lists (catches a tuned model that never answers)', async () => {
    expect((await stateOf({ preset: 'azure' })).items['azure-deployment']?.fix).toMatch(/deployment's name/)
    const bases = await listTunable(placeAs({}), now)
    expect(bases.map(({ name }) => name)).toContain('gpt-4o-mini-2024-07-18')
    expect(bases.some(({ name }) => name.startsWith('ft:'))).toBe(false)
  })

  it('tells a refused key, a key without rights, a wrong address and a dead one apart (catches one sentence for everything)', async () => {
    const wrong = await stateOf({}, 'sk-wrong-000000000000000000')
    expect(wrong.items['key']).toMatchObject({ state: 'missing', fix: expect.stringContaining('key') as unknown })
    expect(JSON.stringify(wrong)).not.toContain('sk-wrong')
    peer.control.failNext = { count: 1, status: 403, body: { error: { message: 'You have insufficient permissions for this operation. Missing scopes: api.model.read.', type: 'invalid_request_error', param: null, code: 'missing_scope' } } }
    expect((await stateOf({})).items['key']?.state).toBe('warning')
    expect((await stateOf({ baseUrl: `${peer.baseUrl}/nowhere` })).items['reach']).toMatchObject({ state: 'missing', fix: expect.stringContaining('/v1') as unknown })
    expect((await stateOf({ baseUrl: 'http://127.0.0.1:9/v1' })).items['reach']?.state).toBe('missing')
  })

  it('the client follows its connection and not the environment (catches a key sent to another account)', async () => {
    process.env['OPENAI_BASE_URL'] = 'http://127.0.0.1:9/v1'
    process.env['OPENAI_ORG_ID'] = 'org-other'
    const place = openaiPlace(peer, { organization: null, project: 'proj-1' })
    await listTunable(place.open(), now)
    expect(peer.journal.at(-1)?.headers).toMatchObject({ 'openai-project': 'proj-1', authorization: `Bearer ${peer.key}` })
    expect(peer.journal.at(-1)?.headers['openai-organization']).toBeUndefined()
    const before = await openaiClient(place.open())
    expect(await openaiClient(place.open())).toBe(before)
    place.current.key = 'sk-another-00000000000000000'
    expect(await openaiClient(place.open())).not.toBe(before)
    delete process.env['OPENAI_BASE_URL']
    delete process.env['OPENAI_ORG_ID']
  })
})

/** A service of its own process that reads and forgets, so that its memory is not ours. */
const sink = `
const http = require('node:http')
http.createServer((request, response) => {
  request.resume().on('end', () => {
    const done = request.url.endsWith('/complete')
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 'x' + Date.now(), file: done ? { id: 'file-1' } : null }))
  })
}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })
`

describe('an upload', () => {
  it.each([['in one piece', 1_000_000_000], ['in parts', 100_000_000]])('of 300 MB %s takes flat memory (catches a file that is held as a whole)', async (_how, singleBytes) => {
    const child = spawn(process.execPath, ['-e', sink], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [port] = (await once(child.stdout, 'data')) as [Buffer]
      const path = join(home, '300 MB.jsonl')
      writeFileSync(path, '')
      const file = await openFile(path, 'r+')
      await file.truncate(300_000_000)
      await file.close()
      const open = openaiPlace({ baseUrl: `http://127.0.0.1:${String(port).trim()}/v1`, key: 'k' }).open()
      await openaiClient(open)
      const before = process.memoryUsage().rss
      let most = 0
      let sent = 0
      await sendFile(open, { path, name: 'x.jsonl', sizeBytes: 300_000_000 }, {
        singleBytes, onUpload: () => Promise.resolve(),
        onSent: (bytes) => {
          sent = bytes
          most = Math.max(most, process.memoryUsage().rss)
        },
      })
      expect(sent).toBe(300_000_000)
      expect((most - before) / 1e6).toBeLessThan(120)
    } finally {
      child.kill()
    }
  }, 60_000)
})
