import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listPciAdapters } from '../../../electron/hardware/display-adapters'
import { probeDisk, probeHardware } from '../../../electron/hardware/system-probe'
import { HardwareState } from '../../../electron/shared/hardware'

describe('probeHardware on this machine', () => {
  it('gives a whole state that satisfies the schema, without the host name', async () => {
    const state = await probeHardware(tmpdir())
    expect(HardwareState.parse(state)).toEqual(state)
    expect(state.cpu.logicalCores).toBeGreaterThan(0)
    expect(state.memory.totalBytes / totalmem()).toBeCloseTo(1, 1)
    expect(state.memory.availableBytes).toBeLessThanOrEqual(state.memory.totalBytes)
    expect(state.disk?.path).toBe(tmpdir())
    expect(state.disk?.freeBytes).toBeGreaterThan(0)
    expect(state.disk?.freeBytes).toBeLessThanOrEqual(state.disk?.totalBytes ?? 0)
    expect(Object.keys(state)).not.toContain('hostname')
  })

  it('has no disk for a path that does not exist, and throws for a path it may not pass', async () => {
    expect(await probeDisk('/no/such/folder/tunesmith')).toBeNull()
    await expect(probeDisk('nul\u0000byte')).rejects.toThrow()
  })
})

describe('listPciAdapters', () => {
  it('finds boards by class and maker without lspci (would catch "no GPU" on a minimal system)', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tunesmith-pci-'))
    const add = async (slot: string, deviceClass: string, vendor: string, device: string) => {
      await mkdir(join(folder, slot))
      await writeFile(join(folder, slot, 'class'), `${deviceClass}\n`)
      await writeFile(join(folder, slot, 'vendor'), `${vendor}\n`)
      await writeFile(join(folder, slot, 'device'), `${device}\n`)
    }
    await add('0000:01:00.0', '0x030200', '0x10de', '0x20b0')
    await add('0000:01:00.1', '0x040300', '0x10de', '0x228b')
    await add('0000:05:00.0', '0x030000', '0x1002', '0x744c')
    await mkdir(join(folder, '0000:06:00.0'))
    expect(await listPciAdapters(folder)).toEqual([
      { vendor: 'nvidia', name: 'PCI 0x10de:0x20b0', memoryTotalBytes: null },
      { vendor: 'amd', name: 'PCI 0x1002:0x744c', memoryTotalBytes: null },
    ])
    await rm(folder, { recursive: true })
    expect(await listPciAdapters(folder)).toEqual([])
  })
})
