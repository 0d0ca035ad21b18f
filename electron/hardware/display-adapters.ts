import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { graphics } from 'systeminformation'
import { parseLspci, parseVideoControllers, vendorOfAdapter } from '../parsing/display-adapters'
import { runCommand } from '../process/run-command'
import type { DisplayAdapter } from '../shared/hardware'

const LISTING_TIMEOUT_MS = 10_000
const POWERSHELL_QUERY =
  'Get-CimInstance Win32_VideoController | Select-Object Name,AdapterCompatibility,AdapterRAM | ConvertTo-Json -Compress'

const PCI_DEVICES = '/sys/bus/pci/devices'
const PCI_VENDORS: Readonly<Record<string, DisplayAdapter['vendor']>> = { '0x10de': 'nvidia', '0x1002': 'amd', '0x8086': 'intel' }

/** Adapters by the kernel's own list, for systems without lspci: the maker is known, the name is only the PCI id. */
export async function listPciAdapters(folder = PCI_DEVICES): Promise<readonly DisplayAdapter[]> {
  const slots = await readdir(folder).catch(() => [])
  const found = await Promise.all(
    slots.map(async (slot): Promise<DisplayAdapter[]> => {
      const files = ['class', 'vendor', 'device'].map((name) => readFile(join(folder, slot, name), 'utf8').catch(() => ''))
      const [deviceClass = '', vendor = '', device = ''] = (await Promise.all(files)).map((content) => content.trim())
      // PCI class 0x03 is a display controller of any kind.
      if (!deviceClass.startsWith('0x03')) return []
      return [{ vendor: PCI_VENDORS[vendor] ?? 'other', name: `PCI ${vendor}:${device}`, memoryTotalBytes: null }]
    }),
  )
  return found.flat()
}

/**
 * Display adapters of all makers, empty when the system does not tell. systeminformation is only asked on macOS: on Linux and
 * Windows its graphics() runs nvidia-smi synchronously and without a limit (5.33, lib/graphics.js), so that a driver that
 * hangs would freeze the whole engine.
 */
export async function listDisplayAdapters(platform: NodeJS.Platform = process.platform): Promise<readonly DisplayAdapter[]> {
  if (platform === 'linux') {
    const listing = await runCommand('lspci', ['-mm'], { timeoutMs: LISTING_TIMEOUT_MS, env: { ...process.env, LC_ALL: 'C' } })
    return listing.startError === null ? parseLspci(listing.stdout) : listPciAdapters()
  }
  if (platform === 'win32') {
    const args = ['-NoProfile', '-NonInteractive', '-Command', POWERSHELL_QUERY]
    const listing = await runCommand('powershell.exe', args, { timeoutMs: LISTING_TIMEOUT_MS })
    return parseVideoControllers(listing.stdout)
  }
  if (platform !== 'darwin') return []
  const { controllers } = await graphics()
  return controllers.map(({ vendor: maker, model, vram }): DisplayAdapter => {
    const vendor = vendorOfAdapter(`${maker} ${model}`)
    // Apple's GPUs share the system's memory; systeminformation gives MB for the others.
    return { vendor, name: model, memoryTotalBytes: vendor === 'apple' || !vram ? null : vram * 1024 * 1024 }
  })
}
