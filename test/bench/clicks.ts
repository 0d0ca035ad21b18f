import type { Page } from 'playwright'

interface Noted {
  readonly clicks: number[]
}

/** From now on the page notes for each click the time from the input to the end of the frame that shows its effect. */
export const noteClicks = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const clicks: number[] = []
    Object.assign(globalThis, { clicks })
    addEventListener('click', ({ timeStamp }) => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => clicks.push(performance.now() - timeStamp)
      port2.postMessage(null)
    }), { capture: true })
  })

/** Milliseconds of each click so far. */
export const notedClicks = (page: Page): Promise<readonly number[]> => page.evaluate(() => (globalThis as unknown as Noted).clicks)

/** Clicks through the page of a run until `over`; each click redraws: the tab's panel and every chart. */
export async function clickThroughRun(page: Page, over: () => boolean): Promise<void> {
  const targets = [page.getByRole('tab', { name: 'Facts' }), page.getByText('Epoch', { exact: true }).first(), page.getByRole('tab', { name: 'Checkpoints' }), page.getByText('Step', { exact: true }).first()]
  for (let turn = 0; !over(); turn += 1) {
    const box = await targets[turn % targets.length]?.boundingBox()
    if (box === null || box === undefined) throw new Error('what should be clicked is not shown')
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
    await page.waitForTimeout(150)
  }
}
