import { describe, expect, it } from 'vitest'
import { isAlive, isNumberTaken, startTimeOf } from '../../../electron/process/process-identity'
import type { SystemQueries } from '../../../electron/process/process-identity'
import type { CommandResult } from '../../../electron/process/run-command'

const errno = (code: string): Error => Object.assign(new Error(code), { code })
const told = (part: Partial<CommandResult>): CommandResult =>
  ({ exitCode: 0, signal: null, stdout: '', stderr: '', timedOut: false, aborted: false, truncated: false, startError: null, ...part })

/** A system where process 7 runs; a test replaces the answers that it is about. */
const system = (part: Partial<SystemQueries>): SystemQueries => ({
  platform: 'linux',
  signal: () => undefined,
  readFile: (path) => Promise.resolve(path.endsWith('boot_id') ? 'boot\n' : `7 (a (name)) S 1 7 7 ${'0 '.repeat(15)}4711 0 0\n`),
  run: () => Promise.resolve(told({ stdout: 'S    Thu Jan  1 00:00:00 1970\n' })),
  ...part,
})
const failing = (code: string): SystemQueries['readFile'] => () => Promise.reject(errno(code))
const run = (part: Partial<CommandResult>): SystemQueries['run'] => () => Promise.resolve(told(part))
const seven = { pid: 7, startTime: 'boot:4711' }

describe('who a process is', () => {
  it('knows it again on each system by its start time', async () => {
    expect(await isAlive(seven, system({}))).toBe(true)
    expect(await isAlive({ ...seven, startTime: 'boot:4712' }, system({}))).toBe(false)
    expect(await startTimeOf(7, system({ platform: 'darwin' }))).toBe('Thu Jan 1 00:00:00 1970')
    expect(await startTimeOf(7, system({ platform: 'darwin', run: run({ stdout: 'Z    Thu Jan  1 00:00:00 1970\n' }) }))).toBeNull()
    expect(await startTimeOf(7, system({ platform: 'win32', run: run({ stdout: '134000000000000000\r\n' }) }))).toBe('134000000000000000')
  })

  it('takes gone for gone: no such number, no such file, nothing said of it', async () => {
    const gone = { signal: () => { throw errno('ESRCH') } }
    expect(isNumberTaken(7, system(gone))).toBe(false)
    // Nothing is opened or started for one that is gone.
    expect(await isAlive(seven, system({ ...gone, readFile: failing('EMFILE'), run: run({ timedOut: true, exitCode: null }) }))).toBe(false)
    for (const code of ['ENOENT', 'ESRCH', 'EACCES']) expect(await isAlive(seven, system({ readFile: failing(code) }))).toBe(false)
    for (const platform of ['darwin', 'win32'] as const) expect(await isAlive(seven, system({ platform, run: run({ exitCode: 1 }) }))).toBe(false)
  })

  it('counts a number of another user\'s process as taken', () => {
    expect(isNumberTaken(7, system({ signal: () => { throw errno('EPERM') } }))).toBe(true)
  })

  it('never takes "could not ask" for "is gone" (a living run was called interrupted, and a second trainer was started beside it)', async () => {
    for (const code of ['EMFILE', 'ENFILE', 'EIO']) await expect(isAlive(seven, system({ readFile: failing(code) }))).rejects.toMatchObject({ code: 'PROCESS_FAILED' })
    const silent: readonly Partial<CommandResult>[] = [
      { exitCode: null, timedOut: true, signal: 'SIGTERM' }, { exitCode: null, startError: { code: 'EAGAIN', message: 'spawn ps EAGAIN' } }, { exitCode: null, signal: 'SIGKILL' },
    ]
    for (const platform of ['darwin', 'win32'] as const)
      for (const answer of silent) await expect(isAlive(seven, system({ platform, run: run(answer) }))).rejects.toMatchObject({ code: 'PROCESS_FAILED' })
  })
})
