import { describe, expect, it } from 'vitest'
import { trainerEnvironment } from '../../../electron/process/launch'

describe('trainerEnvironment', () => {
  const base = { PATH: '/bin', HOME: '/home/user', NODE_OPTIONS: '--inspect', ELECTRON_RUN_AS_NODE: '1', PYTHONHOME: '/old', PYTHONPATH: '/old', VIRTUAL_ENV: '/old', CUDA_VISIBLE_DEVICES: '3' }

  it('shows a run its own GPU by UUID, and counts them as nvidia-smi does (by index it could be another card)', () => {
    const device = { kind: 'cuda', gpuUuid: 'GPU-1234', gpuIndex: 1, gpuName: 'A card' } as const
    expect(trainerEnvironment(base, device)).toMatchObject({ CUDA_VISIBLE_DEVICES: 'GPU-1234', CUDA_DEVICE_ORDER: 'PCI_BUS_ID' })
    expect(trainerEnvironment(base, device)).not.toHaveProperty('UNSLOTH_FORCE_CPU')
  })

  it('hides every GPU from a run on the CPU, and gives it its threads', () => {
    expect(trainerEnvironment(base, { kind: 'cpu', threads: 3 })).toMatchObject({ CUDA_VISIBLE_DEVICES: '', OMP_NUM_THREADS: '3', UNSLOTH_FORCE_CPU: '1' })
  })

  it('keeps the user\'s own environment, without what would lead another Python or Node astray', () => {
    const environment = trainerEnvironment(base, { kind: 'cpu', threads: 1 }, { HF_HOME: '/cache' })
    expect(environment).toMatchObject({ PATH: '/bin', HOME: '/home/user', HF_HOME: '/cache', PYTHONUNBUFFERED: '1' })
    for (const name of ['NODE_OPTIONS', 'ELECTRON_RUN_AS_NODE', 'PYTHONHOME', 'PYTHONPATH', 'VIRTUAL_ENV']) expect(environment).not.toHaveProperty(name)
  })
})
