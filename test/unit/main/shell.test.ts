import { mkdtempSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MenuItemConstructorOptions } from 'electron'
import { describe, expect, it, vi } from 'vitest'
import { newestBackup, replaceDatabase } from '../../../electron/main/database-files'
import { menuTemplate } from '../../../electron/main/menu'
import { restartDelayMs } from '../../../electron/main/restart-policy'
import { appCommands } from '../../../electron/shared/requests'

const flat = (items: readonly MenuItemConstructorOptions[]): readonly MenuItemConstructorOptions[] => items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])])

describe('the menu', () => {
  it.each(['linux', 'win32', 'darwin'] as const)('on %s has every command once, each shortcut once (catches a page that the keyboard can not reach)', (platform) => {
    const command = vi.fn()
    const items = flat(menuTemplate({ platform, developer: false, command, quit: vi.fn() }))
    const ids = items.flatMap(({ id }) => (id === undefined || id === 'quit' ? [] : [id]))
    expect([...ids].sort()).toEqual([...appCommands].sort())
    const accelerators = items.flatMap(({ accelerator }) => (accelerator === undefined || accelerator === null ? [] : [String(accelerator)]))
    expect(new Set(accelerators).size).toBe(accelerators.length)
    for (const { id, click } of items) if (id !== undefined && id !== 'quit') click?.({} as never, undefined, {} as never)
    expect(command.mock.calls.map(([name]) => String(name)).sort()).toEqual([...appCommands].sort())
  })

  it('has no developer tools in a package (catches a console in front of the page)', () => {
    const roles = (developer: boolean) => flat(menuTemplate({ platform: 'linux', developer, command: vi.fn(), quit: vi.fn() })).map(({ role }) => role)
    expect(roles(false)).not.toContain('toggleDevTools')
    expect(roles(true)).toContain('toggleDevTools')
  })
})

describe('restarts of the engine', () => {
  it('come at once, then slower, then not at all (catches a loop that burns a processor)', () => {
    const now = 1_000_000
    const after = (deaths: number) => restartDelayMs(Array.from({ length: deaths }, (_, i) => now - i * 1000), now)
    expect([1, 2, 3, 4, 5, 6].map(after)).toEqual([0, 500, 2_000, 8_000, 30_000, null])
  })

  it('forget deaths of long ago (catches an engine that is given up after five crashes in a month)', () => {
    expect(restartDelayMs([0, 1, 2, 3, 4, 5, 600_000], 600_000)).toBe(0)
  })
})

describe('a database that can not be used', () => {
  it('is kept aside with its write-ahead log when a backup takes its place (catches lost data, and a log that is played into the wrong file)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tunesmith-recovery-'))
    const path = join(folder, 'tunesmith.db')
    const write = (name: string, text: string, atMs: number) => {
      writeFileSync(join(folder, name), text)
      utimesSync(join(folder, name), atMs / 1000, atMs / 1000)
    }
    write('tunesmith.db', 'damaged', 5_000_000)
    write('tunesmith.db-wal', 'log', 5_000_000)
    write('old', 'old backup', 1_000_000)
    write('new', 'new backup', 2_000_000)
    const backup = newestBackup([join(folder, 'old'), join(folder, 'gone'), join(folder, 'new')])
    const aside = replaceDatabase(path, backup, new Date('2026-11-21T12:00:00Z'))
    expect(readFileSync(path, 'utf8')).toBe('new backup')
    expect(readFileSync(aside, 'utf8')).toBe('damaged')
    expect(readFileSync(`${aside}-wal`, 'utf8')).toBe('log')
    expect(readdirSync(folder)).not.toContain('tunesmith.db-wal')
  })
})
