import type { DisplayAdapter } from '../shared/hardware'

/** The maker of an adapter by the name that the system gives it. */
export function vendorOfAdapter(text: string): DisplayAdapter['vendor'] {
  if (/nvidia/i.test(text)) return 'nvidia'
  if (/\bamd\b|\bati\b|advanced micro devices|radeon/i.test(text)) return 'amd'
  if (/intel/i.test(text)) return 'intel'
  if (/apple/i.test(text)) return 'apple'
  return 'other'
}

/** Classes of lspci that mean a GPU: compute boards without an output are "3D controller". */
const DISPLAY_CLASSES = new Set(['VGA compatible controller', '3D controller', 'Display controller'])

/** Reads `lspci -mm`: per line a slot and quoted class, maker and device. Lines of other shape are passed over. */
export function parseLspci(output: string): readonly DisplayAdapter[] {
  return output.split('\n').flatMap((line): DisplayAdapter[] => {
    const [deviceClass, maker, device] = [...line.matchAll(/"([^"]*)"/g)].map((match) => match[1])
    if (deviceClass === undefined || maker === undefined || device === undefined || !DISPLAY_CLASSES.has(deviceClass)) return []
    return [{ vendor: vendorOfAdapter(maker), name: device === '' ? maker : device, memoryTotalBytes: null }]
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/**
 * Reads the JSON of Win32_VideoController: one object for one adapter, an array for more. AdapterRAM is a 32-bit field that
 * is wrong from 4 GiB up, so that sizes near its end become null.
 */
export function parseVideoControllers(output: string): readonly DisplayAdapter[] {
  const parsed = parseJson(output.replace(/^\uFEFF/, ''))
  const entries: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed]
  return entries.flatMap((entry): DisplayAdapter[] => {
    if (typeof entry !== 'object' || entry === null || !('Name' in entry) || typeof entry.Name !== 'string') return []
    const maker = 'AdapterCompatibility' in entry && typeof entry.AdapterCompatibility === 'string' ? entry.AdapterCompatibility : ''
    const size = 'AdapterRAM' in entry && typeof entry.AdapterRAM === 'number' ? entry.AdapterRAM : 0
    const isTrustworthy = size > 0 && size < 4_000_000_000
    return [{ vendor: vendorOfAdapter(`${maker} ${entry.Name}`), name: entry.Name, memoryTotalBytes: isTrustworthy ? size : null }]
  })
}
