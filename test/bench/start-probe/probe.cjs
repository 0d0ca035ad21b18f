// Runs before the page's scripts, beside its own preload. Times are Unix milliseconds.
const { ipcRenderer } = require('electron')

const tell = (name, atMs) => ipcRenderer.send('bench:start', name, atMs)
/** When the frame with a change in it is on its way to the screen and the page can take the next input. */
const afterFrame = (name) => requestAnimationFrame(() => setTimeout(() => tell(name, performance.timeOrigin + performance.now()), 0))

new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) tell(entry.name, performance.timeOrigin + entry.startTime)
}).observe({ type: 'paint', buffered: true })

// The app is interactive once React has put the living frame in the place of the painted one, filled when Home shows what is on this machine.
const waiting = new Map([['interactive', 'nav[aria-label="Pages"] a, body > p'], ['filled', 'main .home, main .first-start, body > p']])
const look = () => {
  for (const [name, selector] of waiting) {
    if (document.querySelector(selector) === null) continue
    waiting.delete(name)
    afterFrame(name)
  }
  if (waiting.size === 0) observer.disconnect()
}
const observer = new MutationObserver(look)
observer.observe(document, { childList: true, subtree: true })
