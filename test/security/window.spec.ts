import { readFileSync, readlinkSync } from 'node:fs'
import { expect, test } from 'playwright/test'
import { contentSecurityPolicy } from '../../electron/main/page-files'
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

test('the window runs with these settings (catches one that a later Electron or a later hand changes)', async () => {
  const preferences = await launched.app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> }
    return contents.getLastWebPreferences()
  })
  expect(preferences).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
  })
  const world = await launched.page.evaluate(() => ({
    node: ['require', 'process', 'module', 'Buffer', 'electron'].filter((name) => name in globalThis),
    api: Object.keys((globalThis as unknown as { tunesmith: object }).tunesmith).sort(),
  }))
  expect(world).toEqual({ node: [], api: ['dropFile', 'on', 'request'] })
})

test('the page runs in the sandbox of Chromium, as a user without rights (catches a start with --no-sandbox)', async () => {
  const { page, main, argv } = await launched.app.evaluate(({ BrowserWindow }) => ({ page: BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId() ?? 0, main: process.pid, argv: process.argv }))
  expect(argv.filter((argument) => /sandbox/.test(argument))).toEqual([])
  test.skip(process.platform !== 'linux', 'reads /proc')
  const status = (pid: number) => readFileSync(`/proc/${pid}/status`, 'utf8')
  expect(/^Uid:\s+(\d+)/m.exec(status(main))?.[1]).not.toBe('0')
  expect(/^Seccomp:\s+(\d)/m.exec(status(page))?.[1]).toBe('2')
  expect(/^CapEff:\s+(\w+)/m.exec(status(page))?.[1]).toMatch(/^0+$/)
  // A user namespace of its own, which is what Chromium's first layer makes.
  expect(readlinkSync(`/proc/${page}/ns/user`)).not.toBe(readlinkSync(`/proc/${main}/ns/user`))
})

test('main states every setting itself (catches one that is left to a default)', () => {
  const text = readFileSync(new URL('../../electron/main/main-window.ts', import.meta.url), 'utf8')
  const settings = /export const pageSettings = \{([\s\S]*?)\} as const/.exec(text)?.[1] ?? ''
  const stated = [...settings.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name)
  expect(stated).toEqual([
    'contextIsolation', 'sandbox', 'nodeIntegration', 'nodeIntegrationInWorker', 'nodeIntegrationInSubFrames', 'webSecurity', 'allowRunningInsecureContent',
    'experimentalFeatures', 'webviewTag', 'navigateOnDragDrop', 'spellcheck', 'devTools', 'preload',
  ])
})

test('the page comes with the policy as a header, and nothing outside its folder is served (catches a meta tag that a script removes, and a path escape)', async () => {
  const answers = await launched.app.evaluate(async ({ net }) => {
    const ask = async (address: string, method = 'GET') => {
      const response = await net.fetch(address, { method })
      return { status: response.status, policy: response.headers.get('content-security-policy'), sniff: response.headers.get('x-content-type-options'), type: response.headers.get('content-type') }
    }
    const escapes = ['..%2fmain%2findex.js', '..%2f..%2fpackage.json', 'assets/..%2f..%2f..%2fpackage.json', '%2e%2e%2f%2e%2e%2fpackage.json', '..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd']
    return {
      page: await ask('app://bundle/index.html'),
      posted: (await ask('app://bundle/index.html', 'POST')).status,
      escapes: await Promise.all(escapes.map(async (path) => (await ask(`app://bundle/${path}`)).status)),
      foreign: (await ask('app://elsewhere/index.html')).status,
    }
  })
  expect(answers.page).toEqual({ status: 200, policy: contentSecurityPolicy, sniff: 'nosniff', type: 'text/html; charset=utf-8' })
  expect(answers.posted).toBe(405)
  expect(answers.escapes).toEqual([404, 404, 404, 404, 404])
  expect(answers.foreign).toBe(404)
})

test('the policy holds in the page (catches one that Chromium does not understand)', async () => {
  const refused = await launched.page.evaluate(async () => {
    const violations: string[] = []
    document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective))
    const script = document.createElement('script')
    script.textContent = 'globalThis.inlineRan = true'
    document.body.append(script)
    const frame = document.createElement('iframe')
    frame.src = 'https://example.com/'
    document.body.append(frame)
    const fetched = await fetch('https://example.com/').then(() => true, () => false)
    const local = await fetch('file:///etc/hostname').then(() => true, () => false)
    // The debugger's own code may evaluate text; a timer runs outside of it.
    setTimeout('globalThis.textRan = true', 0)
    await new Promise((resolve) => setTimeout(resolve, 50))
    frame.remove()
    script.remove()
    return { violations: [...new Set(violations)].sort(), inline: 'inlineRan' in globalThis, fetched, local, evaluated: 'textRan' in globalThis }
  })
  expect(refused).toMatchObject({ inline: false, fetched: false, local: false, evaluated: false })
  expect(refused.violations).toEqual(expect.arrayContaining(['connect-src', 'frame-src', 'script-src', 'script-src-elem']))
})

test('the page can not leave, open windows or get permissions (catches a link in a model card that takes the window along)', async () => {
  const before = launched.page.url()
  await launched.page.evaluate(() => {
    location.href = 'https://example.com/'
  })
  await launched.page.evaluate(() => void window.open('https://example.com/'))
  await launched.page.evaluate(() => {
    const link = document.createElement('a')
    link.href = 'file:///etc/hostname'
    document.body.append(link)
    link.click()
    link.remove()
  })
  expect(launched.page.url()).toBe(before)
  expect(await launched.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
  expect(await launched.page.evaluate(() => Notification.requestPermission())).toBe('denied')
  const media = await launched.page.evaluate(() => navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'given', (error: Error) => error.name))
  expect(media).not.toBe('given')
  await expect.poll(() => launched.logLines().filter((line) => line.includes('tried to leave')).length).toBeGreaterThanOrEqual(1)
})
