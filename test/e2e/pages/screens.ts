import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'playwright/test'
import { repository } from '../../support/launch-app'
import type { LaunchedApp } from '../../support/launch-app'
import { ask } from './tunesmith'

const screens = join(repository, 'test-results', 'screens')

/** The window in the size of the pictures: 1280 by 800 without a menu. */
export async function sizeWindow({ app, page }: LaunchedApp): Promise<void> {
  mkdirSync(screens, { recursive: true })
  await app.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows()
    window?.setMenuBarVisibility(false)
    window?.setContentSize(1280, 800)
  })
  await expect.poll(() => page.evaluate(() => [innerWidth, innerHeight])).toEqual([1280, 800])
}

/** Keeps the page as it is now in test-results/screens, light and dark; ends in light. */
export async function keepScreens({ page }: LaunchedApp, name: string): Promise<void> {
  for (const theme of ['dark', 'light'] as const) {
    await ask(page, 'settings.set', { theme })
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme)
    await page.evaluate(async () => {
      await document.fonts.ready
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
    })
    await page.screenshot({ path: join(screens, `${name}-${theme}.png`), animations: 'disabled' })
  }
}
