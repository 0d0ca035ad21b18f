import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'playwright/test'
import { electronPath, launchApp } from '../support/launch-app'
import type { LaunchedApp } from '../support/launch-app'
import { stageApp } from '../support/staged-app'
import type { StagedApp } from '../support/staged-app'

const token = 'hf_TunesmithKeyringTest0123456789'

interface PageApi {
  request(route: string, input?: unknown): Promise<{ ok: boolean; data?: unknown; error?: { code: string; message: string } }>
}
const ask = async ({ page }: LaunchedApp, route: string, input?: unknown): Promise<unknown> => {
  const reply = await page.evaluate(([name, value]) => (globalThis as unknown as { tunesmith: PageApi }).tunesmith.request(name as string, value), [route, input] as const)
  if (!reply.ok) throw new Error(`${route}: ${reply.error?.code ?? ''} ${reply.error?.message ?? ''}`)
  return reply.data
}

/** Every file below the data folder that holds the token in plain. */
const leaks = (home: string): readonly string[] =>
  readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(token))

const isOnPath = (program: string) => (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))

test.describe('with gnome-keyring', () => {
  test.skip(process.platform !== 'linux' || !isOnPath('gnome-keyring-daemon') || !isOnPath('dbus-run-session'), 'needs gnome-keyring and dbus (npm test installs them on Debian as root)')
  let staged: StagedApp
  test.beforeAll(() => {
    staged = stageApp(electronPath(), { withKeyring: true })
  })
  test.afterAll(() => staged.remove())

  test('a token is sealed into a private file, opens after a restart and is nowhere in plain (catches a token in the database, a log or the page)', async () => {
    const home = staged.makeHome()
    const options = { staged, home, args: ['--password-store=gnome-libsecret'] }
    const first = await launchApp(options)
    expect(await ask(first, 'secrets.set', { name: 'huggingface-token', value: token })).toEqual({ name: 'huggingface-token', hasKey: true, kept: 'sealed-file' })
    await first.quit()
    const file = join(home, 'secrets.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(leaks(home)).toEqual([])

    const second = await launchApp(options)
    const state = await ask(second, 'secrets.state')
    expect(state).toEqual([{ name: 'huggingface-token', hasKey: true, kept: 'sealed-file' }])
    expect(JSON.stringify(state)).not.toContain(token)
    const { secrets } = JSON.parse(readFileSync(file, 'utf8')) as { secrets: Record<string, string> }
    const opened = await second.app.evaluate(async ({ safeStorage }, sealed) => (await safeStorage.decryptStringAsync(Buffer.from(sealed, 'base64'))).result, secrets['huggingface-token'] ?? '')
    expect(opened).toBe(token)
    expect(await ask(second, 'secrets.clear', { name: 'huggingface-token' })).toMatchObject({ hasKey: false })
    await second.quit()
    expect(readFileSync(file, 'utf8')).toContain('"secrets": {}')
  })
})

test.describe('without a keyring', () => {
  test.skip(process.platform !== 'linux', 'macOS and Windows always have one')

  test('a token is kept for this session only, and the page is told (catches a token under the password that Chromium has in its source)', async () => {
    const staged = stageApp(electronPath())
    try {
      const home = staged.makeHome()
      const options = { staged, home, args: ['--password-store=basic'] }
      const first = await launchApp(options)
      expect(await ask(first, 'secrets.set', { name: 'huggingface-token', value: token })).toEqual({ name: 'huggingface-token', hasKey: true, kept: 'session-only' })
      await first.quit()
      expect(existsSync(join(home, 'secrets.json'))).toBe(false)
      expect(leaks(home)).toEqual([])
      const second = await launchApp(options)
      expect(await ask(second, 'secrets.state')).toEqual([{ name: 'huggingface-token', hasKey: false, kept: 'session-only' }])
      await second.quit()
    } finally {
      staged.remove()
    }
  })
})
