// How busy the machine was with other things while a benchmark ran (Linux; null elsewhere).
import { readFileSync, readdirSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'

/** In the environment of everything that a benchmark starts. Not TUNESMITH_: those do not reach a run. */
export const ownMark = 'BENCHMARK_OF'
const everyMs = 1000
/** What the system counts processor time in, per second; Linux shows it to programs as 100 on every machine. */
const ticks = 100

/** Reads a file of /proc; null when the process is gone or not ours to look at. */
function peek(path) {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(error.code)) return null
    throw error
  }
}

function processes() {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    const stat = peek(`/proc/${pid}/stat`)
    if (stat === null) return []
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [{ key: `${pid}:${fields[19]}`, pid, parent: fields[1], ticks: Number(fields[11]) + Number(fields[12]) }]
  })
}

/** Starts to watch; the returned function ends it and gives `{ load, foreignShare }`, the share 0..1 of all processors. */
export function watchLoad(mark) {
  const load = [loadavg()[0]]
  if (process.platform !== 'linux') return () => ({ load: Math.max(...load), foreignShare: null })
  const own = new Map()
  let before = null
  let foreign = 0
  const began = Date.now()
  const look = () => {
    const now = processes()
    const parents = new Map(now.map(({ pid, parent }) => [pid, parent]))
    const isOwn = (pid) => {
      // A program of ours may hide its environment (Chromium does) but not whom it was started by; a detached run the other way round.
      for (let at = pid; at !== undefined && at !== '0'; at = parents.get(at)) {
        if (at === String(process.pid) || peek(`/proc/${at}/environ`)?.includes(`${ownMark}=${mark}\0`)) return true
      }
      return false
    }
    const seen = new Map(now.map((one) => [one.key, one.ticks]))
    if (before !== null) {
      for (const { key, pid, ticks: used } of now) {
        if (!own.has(key)) own.set(key, isOwn(pid))
        if (!own.get(key)) foreign += used - (before.get(key) ?? used)
      }
    }
    before = seen
    load.push(loadavg()[0])
  }
  const timer = setInterval(look, everyMs)
  return () => {
    clearInterval(timer)
    look()
    return { load: Math.max(...load), foreignShare: foreign / ticks / cpus().length / ((Date.now() - began) / 1000) }
  }
}
