import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findNvidiaSmi, probeGpus } from '../../../electron/hardware/gpu-probe'
import { GpuState } from '../../../electron/shared/hardware'
import { describeGpuState } from '../../../electron/shared/gpu-state-words'

// The fake is a script with a shebang line, which Windows does not start.
const onPosix = describe.skipIf(process.platform === 'win32')
const fixtures = join(import.meta.dirname, '../../fixtures/nvidia-smi')
const fakeProgram = join(fixtures, 'fake-nvidia-smi.mjs')
const xml = join(fixtures, 'rtx-3090-v12.xml')
const UUID_3090 = /<uuid>(GPU-[\w-]+)<\/uuid>/
const SPLIT = 'GPU-11111111-2222-3333-4444-555555555555'
const PLAIN = 'GPU-66666666-7777-8888-9999-000000000000'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith-probe-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** Probes with the fake; the time limit is short only where the plan hangs. */
function probe(plan: Record<string, unknown>, options: { timeoutMs?: number; hasNvidiaAdapter?: boolean; signal?: AbortSignal } = {}) {
  const environment = { ...process.env, TUNESMITH_NVIDIA_SMI: fakeProgram, FAKE_NVIDIA_SMI: JSON.stringify({ log: join(folder, 'calls'), ...plan }) }
  return probeGpus({ environment, platform: 'linux', timeoutMs: 20_000, ...options })
}

onPosix('probeGpus with a driver that answers', () => {
  it('completes the document with index and compute capability', async () => {
    const uuid = UUID_3090.exec(await readFile(xml, 'utf8'))?.[1]
    const state = await probe({ xml, identity: [[4, uuid, '8.6']] })
    expect(GpuState.parse(state)).toEqual(state)
    expect(state).toMatchObject({ kind: 'ok', driverVersion: '525.147.05', gpus: [{ uuid, index: 4, computeCapability: '8.6' }], warnings: [] })
    expect((await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n')).toHaveLength(2)
  })

  it('asks again without compute_cap when an old driver refuses it (would catch a GPU that loses its index)', async () => {
    const uuid = UUID_3090.exec(await readFile(xml, 'utf8'))?.[1]
    const state = await probe({ xml, identity: [[2, uuid]], unknownFields: ['compute_cap'] })
    expect(state).toMatchObject({ kind: 'ok', gpus: [{ index: 2, computeCapability: null }] })
  })

  it('names MIG instances by the list (would catch an instance that cannot be chosen)', async () => {
    const state = await probe({
      xml: join(fixtures, 'hand-made-mig-and-plain.xml'),
      list: join(fixtures, 'hand-made-mig-list.txt'),
      identity: [[0, SPLIT, '8.0'], [1, PLAIN, '8.0']],
    })
    expect(state).toMatchObject({
      kind: 'ok',
      gpus: [
        { migDevices: [{ profile: '2g.20gb', uuid: 'MIG-aaaaaaaa-0000-5555-8888-111111111111' }, { profile: '1g.10gb+me' }] },
        { uuid: PLAIN, index: 1, computeCapability: '8.0' },
      ],
    })
  })

  it('keeps the GPUs when only the second question hangs', async () => {
    const state = await probe({ xml, hang: 'after-xml' }, { timeoutMs: 1_500 })
    expect(state).toMatchObject({ kind: 'ok', gpus: [{ index: 0, computeCapability: null }] })
  })
})

onPosix('probeGpus with a driver that fails', () => {
  const noCommunication =
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n\n"

  it.each([
    ['driver not loaded', { out: noCommunication, code: 9 }, 'no-driver'],
    ['NVML missing', { out: "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.\n", code: 12 }, 'no-driver'],
    ['a bare exit code 9', { code: 9 }, 'no-driver'],
    ['an update without a restart', { out: 'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.173\n', code: 18 }, 'driver-mismatch'],
    ['the same on stderr with code 1', { err: 'Failed to initialize NVML: Driver/library version mismatch\n', code: 1 }, 'driver-mismatch'],
    ['no board', { out: 'No devices were found\n', code: 6 }, 'no-gpu'],
    ['a board off the bus', { out: 'Unable to determine the device handle for GPU 0000:01:00.0: Unknown Error\n', code: 15 }, 'gpu-lost'],
    ['junk', { out: 'hello\u0000\u001b[2Jworld', code: 0 }, 'driver-nonsense'],
    ['silence', { code: 0 }, 'driver-nonsense'],
    ['a cut document', { out: '<?xml version="1.0" ?><nvidia_smi_log><gpu>', code: 0 }, 'driver-nonsense'],
    ['a document without GPUs', { out: '<nvidia_smi_log><attached_gpus>0</attached_gpus></nvidia_smi_log>', code: 0 }, 'no-gpu'],
  ] as const)('%s is a state with a sentence about what to do', async (_name, say, kind) => {
    const state = await probe({ say })
    expect(state.kind).toBe(kind)
    expect(GpuState.parse(state)).toEqual(state)
    const { title, advice } = describeGpuState(state)
    expect(title).not.toBe('')
    expect(advice).toMatch(/[A-Za-z]\.$/)
    if ('evidence' in state) expect(state.evidence).toMatch(/^[^\p{Cc}]+$/u)
  })

  it('tells a board without a driver from no board', async () => {
    expect(await probe({ say: { out: 'No devices were found\n', code: 6 } }, { hasNvidiaAdapter: true })).toMatchObject({ kind: 'no-driver' })
  })

  it('ends a driver that hangs and ignores SIGTERM (would catch an app that waits for ever)', async () => {
    expect(await probe({ hang: 'all' }, { timeoutMs: 1_000 })).toEqual({ kind: 'driver-hangs', timeoutMs: 1_000 })
  })

  it('rejects with the reason of an abort', async () => {
    const reason = new Error('left the page')
    await expect(probe({ hang: 'all' }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('takes a program that is not executable or missing for a missing driver', async () => {
    const environment = { TUNESMITH_NVIDIA_SMI: join(folder, 'nothing') }
    expect(await probeGpus({ environment, platform: 'linux' })).toEqual({ kind: 'no-gpu' })
    expect(await probeGpus({ environment, platform: 'win32', hasNvidiaAdapter: true })).toMatchObject({ kind: 'no-driver' })
  })

  it('says on macOS that there is nothing to look for', async () => {
    expect(await probeGpus({ environment: { PATH: fixtures }, platform: 'darwin' })).toEqual({ kind: 'unsupported-platform', platform: 'darwin' })
  })
})

onPosix('findNvidiaSmi', () => {
  it('finds the program on the search path, empty parts passed over', async () => {
    await symlink(fakeProgram, join(folder, 'nvidia-smi'))
    expect(await findNvidiaSmi({ PATH: `:/no/such/folder:${folder}` }, 'linux')).toBe(join(folder, 'nvidia-smi'))
  })

  it('looks in the folders of Windows before the search path (would catch a planted nvidia-smi.exe)', async () => {
    const systemFolder = join(folder, 'System32')
    await mkdir(systemFolder)
    await symlink(fakeProgram, join(folder, 'nvidia-smi.exe'))
    await symlink(fakeProgram, join(systemFolder, 'nvidia-smi.exe'))
    const environment = { SystemRoot: folder, Path: folder }
    expect(await findNvidiaSmi(environment, 'win32')).toBe(join(systemFolder, 'nvidia-smi.exe'))
  })
})
