import type { GpuSample } from '../shared/hardware'
import { integerOf, quantityOf, textOf } from './nvidia-smi-values'

/** Fields that every driver since 2016 knows; asked for alone when a driver refuses the full list. */
export const CORE_SAMPLE_FIELDS = [
  'index',
  'uuid',
  'utilization.gpu',
  'memory.used',
  'memory.total',
  'temperature.gpu',
  'power.draw',
  'power.limit',
] as const

/**
 * Fields of one sample line. `clocks_throttle_reasons.active` is the old name of `clocks_event_reasons.active`: older drivers
 * know only the old one, later ones (documented so for 535, 580 and 595) take both.
 */
export const SAMPLE_FIELDS = [...CORE_SAMPLE_FIELDS, 'clocks.sm', 'clocks_throttle_reasons.active'] as const
export type SampleField = (typeof SAMPLE_FIELDS)[number]

/** Fields that complete the XML document, which has neither index nor compute capability. */
export const IDENTITY_FIELDS = ['index', 'uuid', 'compute_cap'] as const
/** The same without `compute_cap`, which drivers before 510 do not know. */
export const CORE_IDENTITY_FIELDS = ['index', 'uuid'] as const

/**
 * Reasons for lower clocks that mean heat or a power brake, from nvml.h: HwSlowdown 0x8, SwThermalSlowdown 0x20,
 * HwThermalSlowdown 0x40, HwPowerBrakeSlowdown 0x80. Left out: SwPowerCap 0x4, which is normal under full load.
 */
const THROTTLE_MASK = 0x8 | 0x20 | 0x40 | 0x80

function throttledOf(value: string | null): boolean | null {
  if (value === null || !/^0x[0-9a-f]{1,16}$/i.test(value)) return null
  return (BigInt(value) & BigInt(THROTTLE_MASK)) !== 0n
}

/** Splits one line into as many values as there are fields, by field name; null when the count differs (a cut or foreign line). */
function valuesOf<Field extends string>(line: string, fields: readonly Field[]): ReadonlyMap<Field, string | null> | null {
  const cells = line.split(',')
  if (cells.length !== fields.length) return null
  return new Map(fields.map((field, position) => [field, textOf(cells[position] ?? '')]))
}

/** Index and UUID, or null when the line names no GPU. */
function identityOf(values: ReadonlyMap<string, string | null> | null): { index: number; uuid: string } | null {
  const index = integerOf(values?.get('index') ?? null)
  const uuid = values?.get('uuid') ?? null
  return index === null || uuid === null || !uuid.startsWith('GPU-') ? null : { index, uuid }
}

/**
 * One line of `nvidia-smi --query-gpu=<fields> --format=csv,noheader,nounits`; null when the line is cut or is a message.
 * Sizes come in MiB and leave in bytes.
 */
export function parseSampleLine(line: string, fields: readonly SampleField[]): GpuSample | null {
  const values = valuesOf(line, fields)
  const identity = identityOf(values)
  if (values === null || identity === null) return null
  const value = (field: SampleField) => values.get(field) ?? null
  return {
    ...identity,
    utilisationPercent: quantityOf(value('utilization.gpu'), '%', '%'),
    memoryUsedBytes: quantityOf(value('memory.used'), 'bytes', 'MiB'),
    memoryTotalBytes: quantityOf(value('memory.total'), 'bytes', 'MiB'),
    temperatureCelsius: quantityOf(value('temperature.gpu'), 'C', 'C'),
    powerWatts: quantityOf(value('power.draw'), 'W', 'W'),
    powerLimitWatts: quantityOf(value('power.limit'), 'W', 'W'),
    smClockMhz: quantityOf(value('clocks.sm'), 'MHz', 'MHz'),
    throttled: throttledOf(value('clocks_throttle_reasons.active')),
  }
}

/** What the identity query adds to a GPU of the XML document. */
export interface GpuIdentity {
  readonly index: number
  readonly uuid: string
  readonly computeCapability: string | null
}

/** All readable lines of the identity query; lines that name no GPU are left out. */
export function parseIdentityLines(output: string, fields: readonly string[]): readonly GpuIdentity[] {
  return output.split('\n').flatMap((line) => {
    const values = valuesOf(line, fields)
    const identity = identityOf(values)
    if (identity === null) return []
    const capability = values?.get('compute_cap') ?? null
    return [{ ...identity, computeCapability: capability !== null && /^\d+\.\d+$/.test(capability) ? capability : null }]
  })
}

/** True when nvidia-smi refused the query because it does not know a field. */
export function isUnknownFieldMessage(output: string): boolean {
  return /is not a valid field to query/i.test(output)
}
