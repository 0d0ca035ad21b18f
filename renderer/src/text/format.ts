/** Numbers as the window writes them. GB is 2^30 bytes, as nvidia-smi and torch count. */

const GIB = 2 ** 30
const MIB = 2 ** 20

/** What stands where a number is not known. */
export const unknownMark = '–'

const grouped = (value: number, digits: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** 6412 as `6,412`. */
export const count = (value: number): string => grouped(Math.round(value), 0)

/** `1 row`, `6,412 rows`. */
export const counted = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${Math.round(value) === 1 ? one : many}`

/** Gigabytes without the unit: one decimal below 100, none above. */
const gigabytes = (bytes: number): string => grouped(bytes / GIB, bytes / GIB < 99.95 ? 1 : 0)

/** A size: `612 kB`, `12 MB`, `16.4 GB`. */
export function bytes(value: number): string {
  if (value >= GIB * 0.9995) return `${gigabytes(value)} GB`
  if (value >= MIB * 0.9995) return `${grouped(value / MIB, value / MIB < 9.95 ? 1 : 0)} MB`
  if (value >= 1024) return `${count(value / 1024)} kB`
  return `${count(value)} bytes`
}

/** `1.2 / 24.0 GB`. */
export const bytesOf = (used: number, total: number): string => `${gigabytes(used)} / ${gigabytes(total)} GB`

/** `13.1 to 16.2 GB`; one number where both ends read the same. */
export function byteRange(low: number, high: number): string {
  if (low >= GIB || high >= GIB) {
    const [a, b] = [gigabytes(low), gigabytes(high)]
    return a === b ? `${a} GB` : `${a} to ${b} GB`
  }
  const [a, b] = [bytes(low), bytes(high)]
  if (a === b) return a
  const [aNumber = '', aUnit] = a.split(' ')
  return aUnit === b.split(' ')[1] ? `${aNumber} to ${b}` : `${a} to ${b}`
}

/** Parameters: `5.1 M`, `8.19 B`. */
export function parameters(value: number): string {
  if (value >= 1e9) return `${grouped(value / 1e9, 2)} B`
  if (value >= 1e6) return `${grouped(value / 1e6, 1)} M`
  if (value >= 1e3) return `${grouped(value / 1e3, 1)} k`
  return count(value)
}

/** Large counts of tokens: `412`, `82.3 k`, `2.64 M`. */
export function tokens(value: number): string {
  if (value >= 1e9) return `${grouped(value / 1e9, 2)} B`
  if (value >= 1e6) return `${grouped(value / 1e6, 2)} M`
  if (value >= 1e5) return `${grouped(value / 1e3, 1)} k`
  return count(value)
}

/** A loss: 4 decimals. */
export const loss = (value: number | null): string => (value === null ? unknownMark : Number.isFinite(value) ? grouped(value, 4) : 'NaN')

/** A learning rate: `2e-4`, `1.5e-5`. */
export function learningRate(value: number): string {
  if (value === 0) return '0'
  return value.toExponential(2).replace(/\.?0+e/, 'e').replace('e+', 'e')
}

/** A ratio of 0..1 as `74.2%`. */
export const percent = (ratio: number, digits = 1): string => `${grouped(ratio * 100, digits)}%`

/** A plain number without needless zeros, at most `digits` decimals. */
export const number = (value: number, digits = 2): string => value.toLocaleString('en-US', { maximumFractionDigits: digits })

/** Tokens or samples a second: three significant digits below 1,000. */
export const rate = (value: number): string => (value >= 1000 ? count(value) : value.toLocaleString('en-US', { maximumSignificantDigits: 3 }))

/** A measured time: `0.8 s`, `53 s`, `21 min 53 s`, `1 h 45`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return seconds < 0.05 ? '0 s' : `${grouped(seconds, 1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) {
    const rest = whole % 60
    return rest === 0 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 60)} min ${rest} s`
  }
  return hours(seconds)
}

function hours(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')}`
}

/** A time that needs no seconds: `45 s`, `34 min`, `1 h 45`. */
export function roughDuration(seconds: number): string {
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`
  if (seconds < 3570) return `${Math.round(seconds / 60)} min`
  return hours(seconds)
}

/** `52 to 66 min`, `1 h 45 to 2 h 15`. */
export function durationRange(low: number, high: number): string {
  // Minutes stay minutes a little beyond the hour, so that both ends have one unit.
  if (low >= 59.5 && low < 3570 && high < 6000) {
    const [from, to] = [Math.round(low / 60), Math.round(high / 60)]
    return from === to ? `${from} min` : `${from} to ${to} min`
  }
  const [a, b] = [roughDuration(low), roughDuration(high)]
  if (a === b) return a
  const [aNumber = '', aUnit] = a.split(' ')
  return high < 3570 && aUnit === b.split(' ')[1] ? `${aNumber} to ${b}` : `${a} to ${b}`
}

const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const yearFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/** Hours and minutes: `15:12`. */
export const clock = (atMs: number): string => clockFormat.format(atMs)

/** A moment as people say it: `15:12` today, `yesterday`, `18 Nov`, `3 Jan 2025`. */
export function day(atMs: number, nowMs: number): string {
  const midnight = new Date(nowMs).setHours(0, 0, 0, 0)
  if (atMs >= midnight) return clock(atMs)
  if (atMs >= midnight - 86_400_000) return 'yesterday'
  return new Date(atMs).getFullYear() === new Date(nowMs).getFullYear() ? dayFormat.format(atMs) : yearFormat.format(atMs)
}

/** A day with its time: `today, 11:40`, `yesterday, 21:40`, `18 Nov, 09:02`. */
export function dayAndTime(atMs: number, nowMs: number): string {
  const name = day(atMs, nowMs)
  return `${name.includes(':') ? 'today' : name}, ${clock(atMs)}`
}

/** `once`, `twice`, `3 times`, `1.5 times`. */
export const times = (value: number): string => (value === 1 ? 'once' : value === 2 ? 'twice' : `${number(value)} times`)

/** The start of a hash, for people to compare. */
export const shortHash = (hash: string): string => (hash.length > 12 ? `${hash.slice(0, 4)}…${hash.slice(-4)}` : hash)

/** How long ago: `1 s ago`, `3 min ago`. */
export const ago = (atMs: number, nowMs: number): string => `${roughDuration(Math.max(1, (nowMs - atMs) / 1000))} ago`
