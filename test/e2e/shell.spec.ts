import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'playwright/test'
import type { Page } from 'playwright'
import { appCommands } from '../../electron/shared/requests'
import { electronPath, launchApp, repository, sandboxArguments } from '../support/launch-app'

interface PageApi {
  request(route: string, input?: unknown): Promise<{ ok: boolean; data?: unknown; error?: { code: string } }>
  on(push: string, listener: (data: unknown) => void): () => void
}
const ask = (page: Page, route: string, input?: unknown) =>
  page.evaluate(([name, value]) => (globalThis as unknown as { tunesmith: PageApi }).tunesmith.request(name as string, value), [route, input] as const)

const newHome = () => mkdtempSync(join(tmpdir(), 'tunesmith-shell-'))

test('place and size of the window are remembered (catches a window that starts in the middle each time)', async () => {
  const first = await launchApp()
  await first.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setBounds({ x: 60, y: 70, width: 1100, height: 720 }))
  const bounds = await first.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds())
  await first.quit()
  const second = await launchApp({ home: first.home })
  expect(await second.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds())).toEqual(bounds)
  await second.dispose()
})

test('a second start brings the window forward and ends (catches two engines on one database)', async () => {
  const first = await launchApp()
  const second = spawn(electronPath(), [...sandboxArguments(), repository], { env: { ...process.env, TUNESMITH_HOME: first.home, TUNESMITH_TEST: '1' }, stdio: 'ignore' })
  const code = await new Promise((resolve) => second.once('exit', resolve))
  expect(code).toBe(0)
  expect(await first.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
  expect((await ask(first.page, 'settings.get')).ok).toBe(true)
  await first.dispose()
})

test('the engine is started again after kill -9, and the page can ask again without a reload (catches an app that must be restarted)', async () => {
  const launched = await launchApp()
  const { page } = launched
  expect((await ask(page, 'settings.get')).ok).toBe(true)
  const enginePid = () => launched.app.evaluate(({ app }) => app.getAppMetrics().find(({ name, serviceName }) => name === 'Tunesmith engine' || serviceName === 'Tunesmith engine')?.pid ?? 0)
  const before = await enginePid()
  expect(before).toBeGreaterThan(0)
  process.kill(before, 'SIGKILL')
  await expect.poll(enginePid).not.toBe(before)
  await expect.poll(async () => (await ask(page, 'settings.get')).ok).toBe(true)
  expect(launched.logLines().some((line) => line.includes('engine ended'))).toBe(true)
  await launched.dispose()
})

test('every command of the menu reaches the page (catches a shortcut that does nothing)', async () => {
  const launched = await launchApp()
  expect((await ask(launched.page, 'settings.get')).ok).toBe(true)
  await launched.page.evaluate(() => {
    const heard: unknown[] = []
    Object.assign(globalThis, { heard })
    const { tunesmith } = globalThis as unknown as { tunesmith: PageApi }
    tunesmith.on('app.command', (data) => heard.push((data as { command: unknown }).command))
  })
  const missing = await launched.app.evaluate(({ Menu, dialog }, commands) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: true, filePaths: [] })
    const menu = Menu.getApplicationMenu()
    return commands.filter((command) => {
      const item = menu?.getMenuItemById(command)
      item?.click()
      return !item
    })
  }, appCommands)
  expect(missing).toEqual([])
  await expect.poll(() => launched.page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard)).toEqual([...appCommands])
  await launched.dispose()
})

test('a newer database is left alone: the app says so, keeps it aside and starts anew (catches a downgrade that eats the history)', async () => {
  const first = await launchApp()
  expect((await ask(first.page, 'settings.get')).ok).toBe(true)
  await first.quit()
  const path = join(first.home, 'tunesmith.db')
  const bytes = readFileSync(path)
  // The schema version lies at byte 60 of an SQLite file, big-endian.
  bytes.writeUInt32BE(9999, 60)
  writeFileSync(path, bytes)
  const said = join(first.home, 'said.json')
  // Answers the recovery window before it opens, because it comes while the app starts.
  const hook = join(first.home, 'hook.cjs')
  writeFileSync(hook, `const { app, dialog } = require('electron'); app.on('ready', () => { dialog.showMessageBox = (options) => { require('node:fs').writeFileSync(${JSON.stringify(said)}, JSON.stringify(options)); return Promise.resolve({ response: options.buttons.indexOf('Start with an empty database'), checkboxChecked: false }) } })`)
  const second = await launchApp({ home: first.home, args: ['-r', hook] })
  await expect.poll(() => existsSync(said)).toBe(true)
  const options = JSON.parse(readFileSync(said, 'utf8')) as { message: string; detail: string; buttons: readonly string[] }
  expect(options.message).toBe('The database was written by a newer Tunesmith')
  expect(options.buttons).toEqual(expect.arrayContaining(['Start with an empty database', 'Open the folder', 'Quit']))
  await expect.poll(async () => (await ask(second.page, 'settings.get')).ok).toBe(true)
  const kept = readdirSync(first.home).filter((name) => /^tunesmith\.db\.kept-/.test(name) && !/-(wal|shm)$/.test(name))
  expect(kept).toHaveLength(1)
  expect(readFileSync(join(first.home, kept[0] ?? '')).readUInt32BE(60)).toBe(9999)
  await second.dispose()
})

test('the data folder can lie elsewhere, and one that is gone is asked about (catches a fresh, empty app in front of a lost disk)', async () => {
  const home = newHome()
  const moved = newHome()
  mkdirSync(join(home, 'electron'), { recursive: true })
  writeFileSync(join(home, 'electron', 'data-folder.json'), JSON.stringify({ path: moved }))
  const first = await launchApp({ home })
  expect((await ask(first.page, 'settings.get')).ok).toBe(true)
  expect(existsSync(join(moved, 'tunesmith.db'))).toBe(true)
  expect(existsSync(join(home, 'tunesmith.db'))).toBe(false)
  await first.quit()

  rmSync(moved, { recursive: true })
  const said = join(home, 'said.json')
  const hook = join(home, 'hook.cjs')
  writeFileSync(hook, `const { app, dialog } = require('electron'); app.on('ready', () => { dialog.showMessageBox = (options) => { require('node:fs').writeFileSync(${JSON.stringify(said)}, JSON.stringify(options)); return Promise.resolve({ response: 1, checkboxChecked: false }) } })`)
  const second = await launchApp({ home, args: ['-r', hook] })
  expect((await ask(second.page, 'settings.get')).ok).toBe(true)
  expect((JSON.parse(readFileSync(said, 'utf8')) as { detail: string }).detail).toContain(moved)
  expect(existsSync(join(home, 'tunesmith.db'))).toBe(true)
  await second.dispose()
})
