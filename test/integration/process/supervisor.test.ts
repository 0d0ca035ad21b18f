import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { cancelLocalRun } from '../../../electron/process/local-run'
import { launchRun, trainerEnvironment } from '../../../electron/process/launch'
import { isAlive, startTimeOf } from '../../../electron/process/process-identity'
import { readRunStatus, requestStop } from '../../../electron/process/run-folder'
import type { RunStatus } from '../../../electron/process/run-folder'
import { fakeRuns, killQuietly, livesOnLinux, supervisorPath, systemPython, until, untilExited } from '../../support/run-folders'

const runs = fakeRuns()
afterEach(() => runs.cleanUp())

const cpu = { kind: 'cpu', threads: 1 } as const
const launch = (runFolder: string, extra: Record<string, string> = {}) =>
  launchRun({ runFolder, python: systemPython(), supervisorPath, environment: trainerEnvironment(process.env, cpu, extra) })
const onLinux = process.platform === 'linux'

describe('supervisor run', () => {
  it('runs to the end and tells exit code, times and memory peak (a status that misses a field breaks every reader)', async () => {
    const folder = runs.create({ steps: 3 })
    const started = await launch(folder)
    expect(started.state === 'running' || started.state === 'exited').toBe(true)
    const status = await untilExited(folder)
    expect(status).toMatchObject({ state: 'exited', exitCode: 0, signal: null, stopRequested: false, trainerPid: started.trainerPid })
    expect(status.finishedAtMs).toBeGreaterThanOrEqual(status.startedAtMs)
    if (onLinux) expect(status.peakMemoryBytes).toBeGreaterThan(5e6)
    expect(readFileSync(join(folder, 'console.log'), 'utf8')).toContain("{'loss': 1.0")
  })

  it('tells the exit code of a crash (a lost code would look like success)', async () => {
    const folder = runs.create({ steps: 4, crash: 'exit' })
    await launch(folder)
    expect(await untilExited(folder)).toMatchObject({ exitCode: 7, signal: null })
  })

  it.runIf(onLinux)('survives the death of the whole group of whoever started it (the app is killed with its tree)', async () => {
    const folder = runs.create({ steps: 40, stepSeconds: 0.05 })
    const shell = spawn(systemPython(), [supervisorPath, 'run', '--folder', folder, '--', systemPython(), 'train.py'], { detached: true, stdio: 'ignore' })
    const status = await until('the trainer', async () => {
      const current = await readRunStatus(folder)
      return current?.state === 'running' && current
    })
    try {
      process.kill(-(shell.pid ?? 0), 'SIGKILL')
    } catch {
      // the launcher has ended already: nothing of it is left to be killed
    }
    const parents = [status.supervisorPid].map((pid) => Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]))
    expect(parents).not.toContain(process.pid)
    expect(await untilExited(folder)).toMatchObject({ exitCode: 0, supervisorPid: status.supervisorPid })
  })

  it('starts anew where a start was cut off before there was a trainer, and only there (the app was killed with its tree in that moment)', async () => {
    const gone = spawnSync(systemPython(), ['-c', 'import os; print(os.getpid())'], { encoding: 'utf8' })
    const claim = (changes: Partial<RunStatus>): RunStatus => ({
      schemaVersion: 1, state: 'starting', supervisorPid: Number(gone.stdout), supervisorStartTime: 'a boot that is over:1', trainerPid: null, trainerStartTime: null,
      startedAtMs: 1, finishedAtMs: null, exitCode: null, signal: null, peakMemoryBytes: null, oomKills: null, stopRequested: false, ...changes,
    })
    const cutOff = runs.create({ steps: 2 })
    writeFileSync(join(cutOff, 'status.json'), JSON.stringify(claim({})))
    expect((await launch(cutOff)).trainerPid).not.toBeNull()
    expect(await untilExited(cutOff)).toMatchObject({ exitCode: 0 })
    const trained = claim({ state: 'running', trainerPid: Number(gone.stdout), trainerStartTime: 'a boot that is over:2' })
    const alive = claim({ supervisorPid: process.pid, supervisorStartTime: await startTimeOf(process.pid) })
    for (const status of [trained, alive]) {
      const folder = runs.create({ steps: 2 })
      writeFileSync(join(folder, 'status.json'), JSON.stringify(status))
      expect(await launch(folder)).toEqual(status)
      // Else the clean-up would end this very process.
      rmSync(join(folder, 'status.json'))
    }
  })

  it('does not start a folder twice (after a crash between start and store the run would train double)', async () => {
    const folder = runs.create({ steps: 20, stepSeconds: 0.05 })
    const [first, second] = await Promise.all([launch(folder), launch(folder)])
    expect(second.trainerPid).toBe(first.trainerPid)
    const again = spawnSync(systemPython(), [supervisorPath, 'run', '--folder', folder, '--', systemPython(), 'train.py'])
    expect(again.status).toBe(4)
    await untilExited(folder)
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8').match(/train_begin/g)).toHaveLength(1)
  })

  it('does not train at all when it was cancelled before (a cancelled job would still take the GPU)', async () => {
    const folder = runs.create()
    await requestStop(folder, 'graceful')
    await launch(folder)
    expect(await untilExited(folder)).toMatchObject({ exitCode: null, signal: null, stopRequested: true, trainerPid: null })
    expect(existsSync(join(folder, 'events.jsonl'))).toBe(false)
  })

  it('tells that the trainer could not be started (else the run would wait for ever)', async () => {
    const folder = runs.create()
    execFileSync(systemPython(), [supervisorPath, 'run', '--folder', folder, '--', join(folder, 'no such python'), 'train.py'])
    expect(await untilExited(folder)).toMatchObject({ exitCode: 127, trainerPid: null })
    expect(readFileSync(join(folder, 'console.log'), 'utf8')).toContain('could not be started')
  })

  it('does not train when it came up too late for who waits for it (a job that is told as failed would hold the GPU)', async () => {
    const folder = runs.create({ steps: 100_000, stepSeconds: 0.02, ignoreStop: true })
    const code = 'import sys; sys.path.insert(0, sys.argv[1]); import supervisor; supervisor.HANDSHAKE_SECONDS = 0; sys.exit(supervisor.run(sys.argv[2], [sys.executable, "train.py"]))'
    const late = spawnSync(systemPython(), ['-c', code, dirname(supervisorPath), folder], { encoding: 'utf8', env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } })
    expect(late).toMatchObject({ status: 1, stderr: expect.stringContaining('did not start in time') as string })
    expect(await untilExited(folder)).toMatchObject({ stopRequested: true })
  })

  it('names the signal that ended the trainer (killed and crashed need different advice)', async () => {
    const folder = runs.create({ steps: 1000, stepSeconds: 0.1 })
    const { trainerPid } = await launch(folder)
    killQuietly(trainerPid ?? 0)
    expect(await untilExited(folder)).toMatchObject(onLinux ? { exitCode: null, signal: 'SIGKILL', oomKills: 0 } : { state: 'exited' })
  })

  it.runIf(onLinux)('asks the trainer to save when the system shuts down (SIGTERM to the supervisor)', async () => {
    const folder = runs.create({ steps: 1000, stepSeconds: 0.05 })
    const { supervisorPid } = await launch(folder)
    process.kill(supervisorPid, 'SIGTERM')
    expect(await untilExited(folder)).toMatchObject({ exitCode: 0, stopRequested: true })
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8')).toContain('"outcome": "stopped"')
  })

  it.runIf(onLinux)('leaves the trainer alone when it is killed itself (the output must not go through its pipe)', async () => {
    const folder = runs.create({ steps: 20, stepSeconds: 0.05 })
    const { supervisorPid } = await launch(folder)
    killQuietly(supervisorPid)
    await until('the trainer to finish', () => existsSync(join(folder, 'events.jsonl')) && readFileSync(join(folder, 'events.jsonl'), 'utf8').includes('completed'))
    expect(readFileSync(join(folder, 'console.log'), 'utf8').split('\n').filter((line) => line.includes('loss'))).toHaveLength(20)
  })

  it('gives secrets by environment only, and none of Electron\'s or Node\'s settings (argv is readable by every user)', async () => {
    const folder = runs.create({ environment: true, steps: 1 })
    process.env['NODE_OPTIONS'] ??= ''
    const status = await launch(folder, { HF_TOKEN: 'secret-value', OMP_NUM_THREADS: '1' })
    if (onLinux && status.trainerPid !== null && livesOnLinux(status.trainerPid))
      for (const pid of [status.trainerPid, status.supervisorPid]) expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('secret-value')
    await untilExited(folder)
    const seen = JSON.parse(readFileSync(join(folder, 'environment.json'), 'utf8')) as Record<string, string>
    expect(seen).toMatchObject({ HF_TOKEN: 'secret-value', CUDA_VISIBLE_DEVICES: '', OMP_NUM_THREADS: '1', PYTHONUNBUFFERED: '1', UNSLOTH_DISABLE_STATISTICS: '1' })
    expect(Object.keys(seen).filter((name) => /^(?:NODE_|ELECTRON_|TUNESMITH_)/.test(name))).toEqual([])
    expect(readFileSync(join(folder, 'status.json'), 'utf8')).not.toContain('secret-value')
  })
})

describe('status on a full disk', () => {
  it.runIf(onLinux && process.getuid?.() === 0)('still writes how the run ended (a full disk would turn every such run into an interrupted one)', async () => {
    const mount = mkdtempSync(join(tmpdir(), 'tunesmith-full-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', mount])
    try {
      const folder = join(mount, 'run')
      mkdirSync(folder)
      writeFileSync(join(folder, 'train.py'), 'import time\nfile = open("fill", "wb", buffering=0)\ntry:\n    while True: file.write(b"x" * 4096)\nexcept OSError:\n    raise SystemExit(3)\n')
      await launch(folder)
      expect(await untilExited(folder)).toMatchObject({ exitCode: 3 })
      expect(statSync(join(folder, 'status.json')).size).toBe(1024)
    } finally {
      execFileSync('umount', ['-l', mount])
      rmSync(mount, { recursive: true, force: true })
    }
  })
})

describe('supervisor follow', () => {
  const follow = (folder: string, ...more: string[]) => spawnSync(systemPython(), [supervisorPath, 'follow', '--folder', folder, ...more], { timeout: 30_000 })

  it('prints all of console.log from the beginning of a live run and ends with it', async () => {
    const folder = runs.create({ steps: 10, stepSeconds: 0.05, noise: 300_000 })
    await launch(folder)
    const { stdout, status } = follow(folder)
    expect(status).toBe(0)
    expect(stdout.equals(readFileSync(join(folder, 'console.log')))).toBe(true)
  })

  it('starts at a byte and tells a bad end by its exit code', async () => {
    const folder = runs.create({ steps: 4, crash: 'exception' })
    await launch(folder)
    await untilExited(folder)
    const { stdout, status } = follow(folder, '--from', '20')
    expect(status).toBe(1)
    expect(stdout.equals(readFileSync(join(folder, 'console.log')).subarray(20))).toBe(true)
  })

  it.runIf(onLinux)('ends when trainer and supervisor are gone without a word (else the terminal hangs for ever)', async () => {
    const folder = runs.create({ steps: 1000, stepSeconds: 0.1 })
    const { supervisorPid, trainerPid } = await launch(folder)
    killQuietly(supervisorPid)
    killQuietly(trainerPid ?? 0)
    expect(follow(folder).status).toBe(3)
  })
})

describe('stop', () => {
  it.runIf(onLinux)('kills the whole tree, also a child in a session of its own (it would keep the GPU memory)', async () => {
    const folder = runs.create({ steps: 1000, stepSeconds: 0.05, childProcess: true, ignoreStop: true })
    await launch(folder)
    const child = await until('the child', () => existsSync(join(folder, 'child.pid')) && Number(readFileSync(join(folder, 'child.pid'), 'utf8')))
    await cancelLocalRun(folder, 'force')
    expect(await untilExited(folder)).toMatchObject({ signal: 'SIGKILL', stopRequested: true })
    await until('the child to be gone', () => !livesOnLinux(child))
  })

  it('by hand: asks first, kills with --force', async () => {
    const folder = runs.create({ steps: 1000, stepSeconds: 0.05, ignoreStop: true })
    const { trainerPid, trainerStartTime } = await launch(folder)
    execFileSync(systemPython(), [supervisorPath, 'stop', '--folder', folder])
    expect(await isAlive({ pid: trainerPid ?? 0, startTime: trainerStartTime ?? '' })).toBe(true)
    execFileSync(systemPython(), [supervisorPath, 'stop', '--folder', folder, '--force'])
    expect((await untilExited(folder)).stopRequested).toBe(true)
  })
})

describe('who a process is', () => {
  it('agrees between Python and Node (a difference would call every living run lost)', async () => {
    const folder = runs.create({ steps: 100, stepSeconds: 0.05 })
    const status = await launch(folder)
    expect(await startTimeOf(status.trainerPid ?? 0)).toBe(status.trainerStartTime)
    expect(await startTimeOf(status.supervisorPid)).toBe(status.supervisorStartTime)
  })

  it('does not take a later process with the same number for it (a reused pid would keep a dead run running, or be killed)', async () => {
    const startTime = await startTimeOf(process.pid)
    expect(startTime).not.toBeNull()
    expect(await isAlive({ pid: process.pid, startTime: startTime ?? '' })).toBe(true)
    expect(await isAlive({ pid: process.pid, startTime: `${startTime}0` })).toBe(false)
  })

  it('does not kill a later process with the same number', async () => {
    const { killTree } = await import('../../../electron/process/kill-tree')
    const bystander = spawn(systemPython(), ['-c', 'import time; time.sleep(30)'])
    const pid = bystander.pid ?? 0
    expect(await killTree({ pid, startTime: 'another' })).toBe(false)
    expect(bystander.exitCode).toBeNull()
    expect(await killTree({ pid, startTime: (await startTimeOf(pid)) ?? '' })).toBe(true)
    await until('its end', () => bystander.signalCode === 'SIGKILL' || bystander.exitCode !== null)
  })
})
