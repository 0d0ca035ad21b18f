import type { Locator, Page } from 'playwright'
import { expect } from 'playwright/test'
import type { JobId } from '../../../electron/shared/ids'

export async function openRun(page: Page, jobId: JobId): Promise<void> {
  await page.evaluate((id) => { location.hash = `#/run/${id}` }, jobId as string)
  await expect(page.getByRole('navigation', { name: 'Path' })).toBeVisible()
}

/** The state as the header says it. */
export const stateBadge = (page: Page): Locator => page.locator('.page-head .badge').first()

/** Pixels of a chart in the colour of a run; an empty chart has its axes only, in other colours. */
export async function pixelsOfRun(canvas: Locator, colour: number): Promise<number> {
  return canvas.evaluate((element: HTMLCanvasElement, run) => {
    const probe = document.createElement('canvas').getContext('2d')
    const own = element.getContext('2d')
    if (probe === null || own === null) return 0
    // A token is a light-dark() that only an element resolves.
    const span = document.createElement('span')
    span.style.color = `var(--run-${run})`
    document.body.append(span)
    probe.fillStyle = getComputedStyle(span).color
    span.remove()
    probe.fillRect(0, 0, 1, 1)
    const wanted = probe.getImageData(0, 0, 1, 1).data
    const { data } = own.getImageData(0, 0, element.width, element.height)
    let found = 0
    for (let at = 0; at < data.length; at += 4) {
      const distance = [0, 1, 2].reduce((sum, part) => sum + Math.abs((data[at + part] ?? 0) - (wanted[part] ?? 0)), 0)
      if ((data[at + 3] ?? 0) > 128 && distance < 40) found += 1
    }
    return found
  }, colour)
}

export const lossCanvas = (page: Page): Locator => page.getByRole('region', { name: 'Loss', exact: true }).locator('canvas')
