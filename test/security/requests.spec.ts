import { join } from 'node:path'
import { expect, test } from 'playwright/test'
import { electronPath, launchApp } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { stageApp } from '../support/staged-app'
import type { StagedApp } from '../support/staged-app'

// Without rights and with the sandbox on, as a user has it.
let staged: StagedApp
let launched: LaunchedApp
test.beforeAll(async () => {
  staged = stageApp(electronPath())
  launched = await launchApp({ staged })
})
test.afterAll(async () => {
  await launched.dispose()
  staged.remove()
})

interface PageApi {
  request(route: string, input?: unknown): Promise<{ ok: boolean; error?: { code: string } }>
  dropFile(file: unknown): Promise<{ ok: boolean; error?: { code: string } }>
}

const ask = (route: string, input?: unknown) =>
  launched.page.evaluate(async ([name, value]) => {
    const reply = await (globalThis as unknown as { tunesmith: PageApi }).tunesmith.request(name as string, value)
    return reply.ok ? 'ok' : (reply.error?.code ?? 'no code')
  }, [route, input] as const)

test('a sound request is answered (catches a gate that refuses everything)', async () => {
  expect(await ask('settings.get')).toBe('ok')
})

test('unknown routes and malformed input are refused at the gate (catches a handler that trusts the page)', async () => {
  expect(await ask('jobs.deleteEverything')).toBe('ROUTE_NOT_FOUND')
  expect(await ask('__proto__')).toBe('ROUTE_NOT_FOUND')
  expect(await ask('constructor')).toBe('ROUTE_NOT_FOUND')
  expect(await ask('jobs.get', { jobId: '../../etc/passwd' })).toBe('VALIDATION_FAILED')
  expect(await ask('jobs.get', { jobId: { toString: 'job_0000000000000000' } })).toBe('VALIDATION_FAILED')
  expect(await ask('jobs.get')).toBe('VALIDATION_FAILED')
  expect(await ask('datasets.import', { token: '/etc/passwd', evaluation: null })).toBe('VALIDATION_FAILED')
  expect(await ask('datasets.import', { token: 'file_0000000000000000', evaluation: null })).toBe('FILE_TOKEN')
  expect(await ask('hub.lookup', { hubId: '../../x', revision: 'main' })).toBe('VALIDATION_FAILED')
  expect(await ask('app.openLink', { link: 'https://evil.example/' })).toBe('VALIDATION_FAILED')
  expect(await ask('secrets.set', { name: 'other', value: 'x' })).toBe('VALIDATION_FAILED')
})

test('the page can not name a path, not even through the drop of a file that it made itself (catches a page that reads any file)', async () => {
  expect(await ask('files.dropped', { path: '/etc/passwd' })).toBe('ROUTE_NOT_FOUND')
  const dropped = await launched.page.evaluate(async () => {
    const { tunesmith } = globalThis as unknown as { tunesmith: PageApi }
    const forged = Object.create(File.prototype, { path: { value: '/etc/passwd' }, name: { value: 'x' } }) as object
    return [await tunesmith.dropFile(new File(['x'], '/etc/passwd')), await tunesmith.dropFile({ path: '/etc/passwd' }), await tunesmith.dropFile('/etc/passwd'), await tunesmith.dropFile(forged)].map(({ error }) => error?.code)
  })
  expect(dropped).toEqual(['VALIDATION_FAILED', 'VALIDATION_FAILED', 'VALIDATION_FAILED', 'VALIDATION_FAILED'])
})

test('a frame in the page has no way to the engine (catches a preload that runs in sub-frames)', async () => {
  const inFrame = await launched.page.evaluate(() => {
    const frame = document.createElement('iframe')
    document.body.append(frame)
    const has = frame.contentWindow !== null && 'tunesmith' in frame.contentWindow
    frame.remove()
    return has
  })
  expect(inFrame).toBe(false)
})

test('a window that main did not open gets no port, though it has our preload and our page (catches a check that looks at the address only)', async () => {
  const answered = await launched.app.evaluate(async ({ BrowserWindow }, preload) => {
    const window = new BrowserWindow({ show: false, webPreferences: { sandbox: true, contextIsolation: true, preload } })
    await window.loadURL('app://bundle/index.html')
    const answer: unknown = await window.webContents.executeJavaScript(`Promise.race([window.tunesmith.request('settings.get').then(() => 'answered'), new Promise((resolve) => setTimeout(resolve, 1500, 'no answer'))])`)
    window.destroy()
    return answer
  }, join(staged.folder, 'out', 'preload', 'index.cjs'))
  expect(answered).toBe('no answer')
  expect(launched.logLines().some((line) => line.includes('refused a port') && line.includes('not a window of ours'))).toBe(true)
})

test('our own window gets no port once it shows another page (catches a port that goes by the window alone, or that waits for the engine while the page changes)', async () => {
  const own = await launchApp({ staged })
  try {
    const answered = await own.app.evaluate(async ({ BrowserWindow }) => {
      const window = BrowserWindow.getAllWindows()[0]
      if (window === undefined) throw new Error('no window')
      // loadURL comes from main, so the navigation guard does not stop it.
      await window.loadURL('data:text/html,<title>foreign</title>')
      return (await window.webContents.executeJavaScript(`Promise.race([window.tunesmith.request('settings.get').then(() => 'answered'), new Promise((resolve) => setTimeout(resolve, 1500, 'no answer'))])`)) as unknown
    })
    expect(answered).toBe('no answer')
    expect(own.logLines().some((line) => line.includes('refused a port') && line.includes('foreign origin'))).toBe(true)
  } finally {
    await own.dispose()
  }
})

test('a flood of malformed messages leaves the engine alive (catches a gate that throws)', async () => {
  const codes = await launched.page.evaluate(async () => {
    const { tunesmith } = globalThis as unknown as { tunesmith: PageApi }
    const deep: Record<string, unknown> = {}
    let at = deep
    for (let i = 0; i < 200; i++) at = at['a'] = {}
    const odd = [null, 0, '', [], deep, { jobId: null }, new Uint8Array(1_000_000), 'x'.repeat(1_000_000), { jobId: '\u0000' }, NaN, new Date(), new Map([[1, 2]])]
    const replies = await Promise.all(Array.from({ length: 600 }, (_, i) => tunesmith.request('jobs.get', odd[i % odd.length])))
    return [...new Set(replies.map(({ ok, error }) => (ok ? 'ok' : error?.code)))]
  })
  expect(codes).toEqual(['VALIDATION_FAILED'])
  expect(await ask('settings.get')).toBe('ok')
})
