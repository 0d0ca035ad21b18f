import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  CORE_IDENTITY_FIELDS,
  CORE_SAMPLE_FIELDS,
  IDENTITY_FIELDS,
  SAMPLE_FIELDS,
  isUnknownFieldMessage,
  parseIdentityLines,
  parseSampleLine,
} from '../../../electron/parsing/nvidia-smi-csv'
import { GpuSample } from '../../../electron/shared/hardware'

const MIB = 1024 * 1024
const UUID = 'GPU-37037c3f-65c8-ec4d-24a9-420204ad8026'
const LINE = `0, ${UUID}, 98, 18231, 20475, 71, 69.71, 70.00, 1665, 0x0000000000000004`

describe('the queried fields', () => {
  const documented = new Set(readFileSync(join(import.meta.dirname, '../../fixtures/nvidia-smi/query-gpu-fields.txt'), 'utf8').trim().split('\n'))

  it.each([...new Set([...SAMPLE_FIELDS, ...CORE_SAMPLE_FIELDS, ...IDENTITY_FIELDS, ...CORE_IDENTITY_FIELDS])])(
    '%s is one that nvidia-smi documents (one unknown field makes it refuse the whole query)',
    (field) => {
      expect(documented).toContain(field)
    },
  )
})

describe('parseSampleLine', () => {
  it('reads a full line into bytes and units', () => {
    const sample = parseSampleLine(LINE, SAMPLE_FIELDS)
    expect(sample).toEqual({
      index: 0,
      uuid: UUID,
      utilisationPercent: 98,
      memoryUsedBytes: 18231 * MIB,
      memoryTotalBytes: 20475 * MIB,
      temperatureCelsius: 71,
      powerWatts: 69.71,
      powerLimitWatts: 70,
      smClockMhz: 1665,
      throttled: false,
    })
    expect(GpuSample.parse(sample)).toEqual(sample)
  })

  it.each(['[N/A]', '[Not Supported]', 'N/A', '[Unknown Error]', '[GPU is lost]', 'ERR!', ''])('takes %j for no reading, never for 0', (gap) => {
    const sample = parseSampleLine(`1, ${UUID}, ${Array.from({ length: 8 }, () => gap).join(', ')}`, SAMPLE_FIELDS)
    expect(sample).toEqual({
      index: 1,
      uuid: UUID,
      utilisationPercent: null,
      memoryUsedBytes: null,
      memoryTotalBytes: null,
      temperatureCelsius: null,
      powerWatts: null,
      powerLimitWatts: null,
      smClockMhz: null,
      throttled: null,
    })
  })

  it.each([
    ['0x0000000000000000', false],
    ['0x0000000000000001', false],
    ['0x0000000000000004', false],
    ['0x0000000000000008', true],
    ['0x0000000000000020', true],
    ['0x0000000000000044', true],
    ['0x0000000000000080', true],
    ['0xFFFFFFFFFFFFFFFF', true],
    ['Not Active', null],
  ])('reads the clock reasons %s as throttled: %j (would catch a power cap shown as overheating)', (mask, expected) => {
    expect(parseSampleLine(LINE.replace('0x0000000000000004', mask), SAMPLE_FIELDS)?.throttled).toBe(expected)
  })

  it('reads the core fields of an old driver and a Windows line end', () => {
    const line = LINE.split(', ').slice(0, CORE_SAMPLE_FIELDS.length).join(', ')
    expect(parseSampleLine(`${line}\r`, CORE_SAMPLE_FIELDS)).toMatchObject({ powerLimitWatts: 70, smClockMhz: null, throttled: null })
  })

  it('refuses every cut of a line that lacks a field, and foreign lines (would catch 182 MiB read from a torn 18231)', () => {
    const lastComma = LINE.lastIndexOf(',')
    for (let end = 0; end <= lastComma; end += 1) expect(parseSampleLine(LINE.slice(0, end), SAMPLE_FIELDS)).toBeNull()
    expect(parseSampleLine('NVIDIA-SMI has failed', SAMPLE_FIELDS)).toBeNull()
    expect(parseSampleLine(LINE + ', 1', SAMPLE_FIELDS)).toBeNull()
    expect(parseSampleLine('a, b, c, d, e, f, g, h, i, j', SAMPLE_FIELDS)).toBeNull()
    expect(parseSampleLine(LINE.replace(UUID, 'Unknown Error'), SAMPLE_FIELDS)).toBeNull()
  })
})

describe('parseIdentityLines', () => {
  it('reads index and compute capability, a gap in the numbering included', () => {
    expect(parseIdentityLines('0, GPU-a, 8.6\n3, GPU-b, [N/A]\nUnable to determine the device handle, x, y\n', IDENTITY_FIELDS)).toEqual([
      { index: 0, uuid: 'GPU-a', computeCapability: '8.6' },
      { index: 3, uuid: 'GPU-b', computeCapability: null },
    ])
    expect(parseIdentityLines('0, GPU-a\r\n', CORE_IDENTITY_FIELDS)).toEqual([{ index: 0, uuid: 'GPU-a', computeCapability: null }])
    expect(parseIdentityLines('', IDENTITY_FIELDS)).toEqual([])
  })

  it('knows the refusal of a field', () => {
    expect(isUnknownFieldMessage('Field "compute_cap" is not a valid field to query.\n\n')).toBe(true)
    expect(isUnknownFieldMessage(LINE)).toBe(false)
  })
})
