/** Units in which readings leave the parsers; a size in any binary unit becomes bytes. */
export type NvidiaSmiUnit = 'bytes' | 'W' | '%' | 'C' | 'MHz'

const BYTES_PER_UNIT: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }
const QUANTITY = /^(-?\d{1,15}(?:\.\d{1,9})?)(?: ?([A-Za-z%]+))?$/
/** N/A, [N/A], [Not Supported], [Insufficient Permissions], [Unknown Error], [GPU is lost], ERR!, deprecated fields. */
const NO_VALUE = /^(?:\[.*\]|n\/a|none|err!?|unknown error|not supported|insufficient permissions|gpu is lost|requested functionality.*)$/i
const EVIDENCE_CHARACTERS = 400

/** A text value, or null where the driver says in one of its ways that it has none. */
export function textOf(value: string): string | null {
  const trimmed = value.trim()
  return trimmed === '' || NO_VALUE.test(trimmed) ? null : trimmed
}

/**
 * A number in the wanted unit. `bareUnit` is the unit of a number that comes without one (`--format=nounits`); without it a
 * bare number is not a reading. Null for everything else, and for a negative number unless it is a temperature.
 */
export function quantityOf(value: string | null, wanted: NvidiaSmiUnit, bareUnit?: 'MiB' | NvidiaSmiUnit): number | null {
  const match = QUANTITY.exec(value?.trim() ?? '')
  const unit = match?.[2] ?? bareUnit
  if (match === null || unit === undefined) return null
  const number = Number(match[1])
  if (number < 0 && wanted !== 'C') return null
  if (wanted !== 'bytes') return unit === wanted ? number : null
  const bytesPerUnit = Object.hasOwn(BYTES_PER_UNIT, unit) ? BYTES_PER_UNIT[unit] : undefined
  return bytesPerUnit === undefined ? null : Math.round(number * bytesPerUnit)
}

/** A whole number of 0 or more, or null. */
export function integerOf(value: string | null): number | null {
  const trimmed = value?.trim() ?? ''
  if (!/^\d{1,15}$/.test(trimmed)) return null
  return Number(trimmed)
}

/** The start of a text, on one line and without control characters, short enough to show and to log. */
export function evidenceOf(output: string): string {
  const plain = output.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').replace(/ {2,}/g, ' ').trim()
  return plain.length > EVIDENCE_CHARACTERS ? `${plain.slice(0, EVIDENCE_CHARACTERS)} ...` : plain
}
