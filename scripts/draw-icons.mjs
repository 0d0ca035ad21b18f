// Draws resources/icons/*.png: a tuning fork on petrol. Run by hand after a change: node scripts/draw-icons.mjs
import { mkdirSync, writeFileSync } from 'node:fs'
import { crc32, deflateSync } from 'node:zlib'

const petrol = [10, 107, 124]
const white = [255, 255, 255]
const black = [0, 0, 0]
/** Samples per pixel and axis, against jagged edges. */
const samples = 4

/** Distance to a segment, in units of the icon's side. */
const toSegment = (x, y, [ax, ay], [bx, by]) => {
  const [dx, dy] = [bx - ax, by - ay]
  const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)))
  return Math.hypot(x - ax - t * dx, y - ay - t * dy)
}
const inRoundedSquare = (x, y, margin, radius) => {
  const half = 0.5 - margin - radius
  const dx = Math.max(0, Math.abs(x - 0.5) - half)
  const dy = Math.max(0, Math.abs(y - 0.5) - half)
  return Math.hypot(dx, dy) <= radius
}
/** Two tines joined by a half circle, and a stem. */
const inFork = (x, y, grow) => {
  const halfWidth = 0.042 * grow
  const [left, right, top, bend] = [0.36, 0.64, 0.2, 0.47]
  if (toSegment(x, y, [left, top], [left, bend]) <= halfWidth || toSegment(x, y, [right, top], [right, bend]) <= halfWidth) return true
  if (y >= bend && Math.abs(Math.hypot(x - 0.5, y - bend) - (right - left) / 2) <= halfWidth) return true
  return toSegment(x, y, [0.5, bend + 0.14], [0.5, 0.82]) <= halfWidth
}
const appIcon = (x, y) => (inRoundedSquare(x, y, 0.06, 0.2) ? (inFork(x, y, 1) ? white : petrol) : null)
const trayIcon = (x, y) => (inRoundedSquare(x, y, 0.0, 0.22) ? (inFork(x, y, 1.7) ? white : petrol) : null)
const template = (x, y) => (inFork(x, y, 1.9) ? black : null)

function png(size, colourAt) {
  const raw = Buffer.alloc(size * (size * 4 + 1))
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const sum = [0, 0, 0, 0]
      for (let i = 0; i < samples * samples; i++) {
        const colour = colourAt((column + ((i % samples) + 0.5) / samples) / size, (row + (Math.floor(i / samples) + 0.5) / samples) / size)
        if (colour !== null) for (let c = 0; c < 4; c++) sum[c] += c === 3 ? 1 : colour[c]
      }
      const at = row * (size * 4 + 1) + 1 + column * 4
      for (let c = 0; c < 3; c++) raw[at + c] = sum[3] === 0 ? 0 : Math.round(sum[c] / sum[3])
      raw[at + 3] = Math.round((255 * sum[3]) / (samples * samples))
    }
  }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    const check = Buffer.alloc(4)
    check.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, check])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header.set([8, 6, 0, 0, 0], 8)
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', header), chunk('IDAT', deflateSync(raw, { level: 9 })), chunk('IEND', Buffer.alloc(0))])
}

const folder = new URL('../resources/icons/', import.meta.url)
mkdirSync(folder, { recursive: true })
for (const [name, size, colourAt] of [['icon', 1024, appIcon], ['window', 128, appIcon], ['tray', 32, trayIcon], ['trayTemplate', 16, template], ['trayTemplate@2x', 32, template]]) writeFileSync(new URL(`${name}.png`, folder), png(size, colourAt))
