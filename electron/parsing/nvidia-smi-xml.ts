import { XMLParser } from 'fast-xml-parser'
import type { Gpu, GpuProcess, MigDevice } from '../shared/hardware'
import { evidenceOf, integerOf, quantityOf, textOf } from './nvidia-smi-values'

/** What `nvidia-smi -q -x` said. `gpus` may be empty; `warnings` are the lines that the driver printed around the document. */
export type NvidiaSmiReport =
  | {
      readonly kind: 'ok'
      readonly driverVersion: string | null
      readonly cudaVersion: string | null
      readonly gpus: readonly Gpu[]
      readonly warnings: readonly string[]
    }
  | { readonly kind: 'nonsense'; readonly evidence: string }

/** A parsed element: its text, or its children by name. */
type Node = string | { readonly [name: string]: Node | readonly Node[] | undefined }

const DOCUMENT = /<nvidia_smi_log[\s>][\s\S]*<\/nvidia_smi_log>/
const REPEATED = new Set(['gpu', 'mig_device', 'process_info'])

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  // Values stay text: "8.10" must not become 8.1, and every unit is checked by us.
  parseTagValue: false,
  parseAttributeValue: false,
  isArray: (name) => REPEATED.has(name),
})

/** The first child of that name, or undefined. */
function child(node: Node | undefined, name: string): Node | undefined {
  if (node === undefined || typeof node === 'string') return undefined
  // hasOwn: an element named "constructor" must not reach the prototype.
  const found = Object.hasOwn(node, name) ? node[name] : undefined
  return Array.isArray(found) ? (found as readonly Node[])[0] : (found as Node | undefined)
}

function children(node: Node | undefined, name: string): readonly Node[] {
  if (node === undefined || typeof node === 'string' || !Object.hasOwn(node, name)) return []
  const found = node[name]
  if (found === undefined) return []
  return Array.isArray(found) ? (found as readonly Node[]) : [found as Node]
}

/** The text at the end of a path of element names, null where the driver has no value. */
function text(node: Node | undefined, ...path: readonly string[]): string | null {
  const end = path.reduce<Node | undefined>(child, node)
  return typeof end === 'string' ? textOf(end) : null
}

function memoryOf(node: Node | undefined) {
  const usage = child(node, 'fb_memory_usage')
  return {
    memoryTotalBytes: quantityOf(text(usage, 'total'), 'bytes'),
    memoryUsedBytes: quantityOf(text(usage, 'used'), 'bytes'),
    memoryFreeBytes: quantityOf(text(usage, 'free'), 'bytes'),
  }
}

/**
 * Power of the board. Up to driver 530 the block is `power_readings`, later `gpu_power_readings`, whose `power_draw` became
 * `average_power_draw` and `instant_power_draw` in turn. `module_power_readings` also counts the CPU of a superchip: not used.
 */
function powerOf(node: Node | undefined) {
  const block = child(node, 'gpu_power_readings') ?? child(node, 'power_readings')
  const first = (names: readonly string[]) =>
    names.reduce<number | null>((found, name) => found ?? quantityOf(text(block, name), 'W'), null)
  return {
    powerWatts: first(['power_draw', 'average_power_draw', 'instant_power_draw']),
    powerLimitWatts: first(['current_power_limit', 'power_limit', 'enforced_power_limit']),
  }
}

function migDeviceOf(node: Node, position: number): MigDevice {
  return {
    index: integerOf(text(node, 'index')) ?? position,
    uuid: text(node, 'uuid'),
    profile: null,
    gpuInstanceId: integerOf(text(node, 'gpu_instance_id')),
    computeInstanceId: integerOf(text(node, 'compute_instance_id')),
    ...memoryOf(node),
  }
}

function processOf(node: Node): GpuProcess | null {
  const pid = integerOf(text(node, 'pid'))
  if (pid === null) return null
  return { pid, name: text(node, 'process_name'), memoryUsedBytes: quantityOf(text(node, 'used_memory'), 'bytes') }
}

/** Null when the element names no GPU: without a UUID it cannot be chosen or followed. */
function gpuOf(node: Node, position: number): Gpu | null {
  const uuid = text(node, 'uuid')
  if (uuid === null) return null
  return {
    // The document has no index (minor_number is another count); the elements come in the order that nvidia-smi counts in.
    index: position,
    uuid,
    name: text(node, 'product_name') ?? 'NVIDIA GPU',
    pciBusId: text(node, '@id') ?? text(node, 'pci', 'pci_bus_id'),
    ...memoryOf(node),
    utilisationPercent: quantityOf(text(node, 'utilization', 'gpu_util'), '%'),
    temperatureCelsius: quantityOf(text(node, 'temperature', 'gpu_temp'), 'C'),
    ...powerOf(node),
    computeCapability: null,
    migEnabled: text(node, 'mig_mode', 'current_mig') === 'Enabled',
    migDevices: children(child(node, 'mig_devices'), 'mig_device').map(migDeviceOf),
    processes: children(child(node, 'processes'), 'process_info').flatMap((info) => processOf(info) ?? []),
  }
}

function parseDocument(document: string): Node | null {
  try {
    const root = parser.parse(document) as Node
    return child(root, 'nvidia_smi_log') ?? null
  } catch (error) {
    // The library throws on broken XML; that is the driver's doing and a value here.
    if (error instanceof Error) return null
    throw error
  }
}

/**
 * Reads the output of `nvidia-smi -q -x`, schemas v10 to v13. Never throws: what is not a whole document is `nonsense` with
 * the start of the text. Fields that the XML lacks (`computeCapability`, MIG profiles, the real index) are completed by the probe.
 */
export function parseNvidiaSmiXml(output: string): NvidiaSmiReport {
  const document = DOCUMENT.exec(output)
  const log = document === null ? null : parseDocument(document[0])
  if (document === null || log === null) return { kind: 'nonsense', evidence: evidenceOf(output) }
  const elements = children(log, 'gpu')
  const gpus = elements.flatMap((element, position) => gpuOf(element, position) ?? [])
  if (elements.length > 0 && gpus.length === 0) return { kind: 'nonsense', evidence: evidenceOf(output) }
  const around = `${output.slice(0, document.index)}\n${output.slice(document.index + document[0].length)}`
  const warnings = around
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^<[?!].*>$/.test(line))
    .map(evidenceOf)
  return { kind: 'ok', driverVersion: text(log, 'driver_version'), cudaVersion: text(log, 'cuda_version'), gpus, warnings }
}
