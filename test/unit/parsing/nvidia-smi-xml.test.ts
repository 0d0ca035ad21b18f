import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseMigList } from '../../../electron/parsing/nvidia-smi-list'
import { evidenceOf, quantityOf } from '../../../electron/parsing/nvidia-smi-values'
import { parseNvidiaSmiXml } from '../../../electron/parsing/nvidia-smi-xml'
import { Gpu } from '../../../electron/shared/hardware'

const folder = join(import.meta.dirname, '../../fixtures/nvidia-smi')
const fixture = (name: string) => readFileSync(join(folder, name), 'utf8')
const xmlFiles = readdirSync(folder).filter((name) => name.endsWith('.xml'))
const MIB = 1024 * 1024

function parsed(text: string) {
  const report = parseNvidiaSmiXml(text)
  if (report.kind !== 'ok') throw new Error(`not read: ${report.evidence}`)
  return report
}
const onlyGpu = (name: string) => parsed(fixture(name)).gpus[0]

/** Numbers 0..1 that are the same in every run (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

describe('parseNvidiaSmiXml on real files', () => {
  it.each(xmlFiles)('%s satisfies the schema that crosses to the window', (name) => {
    const { gpus, warnings } = parsed(fixture(name))
    expect(gpus.length).toBeGreaterThan(0)
    for (const gpu of gpus) expect(Gpu.parse(gpu)).toEqual(gpu)
    expect(warnings).toEqual([])
  })

  it('reads schema v11 with processes (would catch MiB taken for bytes)', () => {
    const report = parsed(fixture('tesla-t4.xml'))
    expect(report).toMatchObject({ driverVersion: '515.105.01', cudaVersion: '11.7' })
    expect(report.gpus).toHaveLength(1)
    expect(report.gpus[0]).toMatchObject({
      index: 0,
      name: 'Tesla T4',
      pciBusId: '00000000:00:1E.0',
      powerWatts: 26.78,
      powerLimitWatts: 70,
      migEnabled: false,
      migDevices: [],
      processes: [
        { pid: 675, name: '/usr/lib/xorg/Xorg', memoryUsedBytes: 22 * MIB },
        { pid: 5762, name: 'python', memoryUsedBytes: 1005 * MIB },
      ],
    })
  })

  it('reads schema v13, whose power block has other names (would catch power that is lost with a new driver)', () => {
    expect(onlyGpu('rtx-4000-sff-ada-v13.xml')).toMatchObject({
      uuid: 'GPU-37037c3f-65c8-ec4d-24a9-420204ad8026',
      memoryTotalBytes: 20475 * MIB,
      memoryUsedBytes: 3534 * MIB,
      memoryFreeBytes: 16482 * MIB,
      utilisationPercent: 0,
      temperatureCelsius: 38,
      powerWatts: 8.81,
      powerLimitWatts: 70,
    })
    expect(onlyGpu('rtx-4000-sff-ada-v13.xml')?.processes).toHaveLength(4)
  })

  it('reads the lowered limit of schema v12 (would catch the default limit shown instead)', () => {
    expect(onlyGpu('rtx-3090-v12.xml')).toMatchObject({ powerWatts: 27.23, powerLimitWatts: 200, processes: [] })
  })

  it('takes what an old, short document has and leaves the rest null (would catch 0 W for N/A)', () => {
    expect(parsed(fixture('gtx-1070-ti.xml'))).toMatchObject({ driverVersion: null, cudaVersion: null })
    expect(onlyGpu('gtx-1070-ti.xml')).toMatchObject({ powerWatts: null, powerLimitWatts: null, temperatureCelsius: 39, processes: [] })
  })
})

describe('parseNvidiaSmiXml on hand-made files', () => {
  it('reads two GPUs, one split by MIG (would catch MIG memory counted as the board)', () => {
    const [split, plain] = parsed(fixture('hand-made-mig-and-plain.xml')).gpus
    expect(split).toMatchObject({
      index: 0,
      migEnabled: true,
      memoryTotalBytes: 81920 * MIB,
      memoryUsedBytes: null,
      utilisationPercent: null,
      migDevices: [
        { index: 0, uuid: null, gpuInstanceId: 3, computeInstanceId: 0, memoryTotalBytes: 19968 * MIB, memoryUsedBytes: 12 * MIB },
        { index: 1, gpuInstanceId: 4, memoryFreeBytes: 8528 * MIB },
      ],
    })
    expect(plain).toMatchObject({ index: 1, migEnabled: false, migDevices: [], utilisationPercent: 97 })
  })

  it('does not take the power of a whole module for the GPU', () => {
    const [split] = parsed(fixture('hand-made-mig-and-plain.xml')).gpus
    expect(split).toMatchObject({ powerWatts: 67.03, powerLimitWatts: 500 })
  })

  it('keeps a process whose name and size the driver hides, and decodes entities', () => {
    expect(parsed(fixture('hand-made-mig-and-plain.xml')).gpus[1]?.processes).toEqual([
      { pid: 4242, name: '/opt/R&D/bin/python3 train.py', memoryUsedBytes: 40950 * MIB },
      { pid: 4243, name: null, memoryUsedBytes: null },
    ])
  })

  it('gives no memory size for a board with unified memory (would catch "0 GB" on a GB10)', () => {
    const gpu = onlyGpu('hand-made-unified-memory.xml')
    expect(gpu).toMatchObject({ memoryTotalBytes: null, memoryUsedBytes: null, memoryFreeBytes: null, powerWatts: 4.1 })
  })

  it('keeps messages around the document as warnings (would catch a lost second card that goes unseen)', () => {
    const message = 'Unable to determine the device handle for GPU1: 0000:44:00.0: Unknown Error'
    expect(parsed(`${message}\r\n${fixture('a10g.xml')}`).warnings).toEqual([message])
    expect(parsed(`${fixture('a10g.xml')}\n${message}\n`).warnings).toEqual([message])
  })

  it('reads Windows line ends', () => {
    expect(parsed(fixture('a10g.xml').replaceAll('\n', '\r\n')).gpus).toEqual(parsed(fixture('a10g.xml')).gpus)
  })

  it('reports no GPU at all as an empty list', () => {
    expect(parsed('<nvidia_smi_log><attached_gpus>0</attached_gpus></nvidia_smi_log>').gpus).toEqual([])
  })
})

describe('parseNvidiaSmiXml on nonsense', () => {
  it.each(['', 'NVIDIA-SMI has failed', '<html></html>', '<nvidia_smi_log>', '\u0000\uFFFF', '<nvidia_smi_log></nvidia_smi_log', '{"a":1}'])(
    'calls %j nonsense',
    (text) => {
      expect(parseNvidiaSmiXml(text).kind).toBe('nonsense')
    },
  )

  it('calls a GPU without a UUID nonsense, since it could not be chosen', () => {
    expect(parseNvidiaSmiXml('<nvidia_smi_log><gpu id="x"><product_name>A</product_name></gpu></nvidia_smi_log>').kind).toBe('nonsense')
  })

  it('does not reach the prototype by an element name', () => {
    const report = parseNvidiaSmiXml('<nvidia_smi_log><gpu><uuid>GPU-1</uuid><__proto__><uuid>x</uuid></__proto__><constructor>y</constructor></gpu></nvidia_smi_log>')
    if (report.kind === 'ok') for (const gpu of report.gpus) expect(Gpu.parse(gpu)).toEqual(gpu)
    expect(Object.hasOwn(Object.prototype, 'uuid')).toBe(false)
  })

  it.each(xmlFiles)('never throws on any cut of %s, and never takes a cut one for whole', (name) => {
    const text = fixture(name)
    const random = seededRandom(20_261_121)
    const whole = text.lastIndexOf('</nvidia_smi_log>') + '</nvidia_smi_log>'.length
    for (let round = 0; round < 150; round += 1) {
      const end = Math.floor(random() * text.length)
      expect(parseNvidiaSmiXml(text.slice(0, end)).kind).toBe(end >= whole ? 'ok' : 'nonsense')
    }
  })

  it.each(xmlFiles)('never throws on %s with bytes changed, and what it reads still satisfies the schema', (name) => {
    const text = fixture(name).replace(/<supported_clocks>[\s\S]*?<\/supported_clocks>/g, '')
    const random = seededRandom(7)
    const pieces = ['<', '>', '&', '/', '"', '-', 'N/A', '\u0000', '999999999999999999999', ']]>', '<!--', '&#x110000;', 'é', '</gpu>', '<gpu>']
    for (let round = 0; round < 150; round += 1) {
      let mutated = text
      for (let change = 0; change <= round % 4; change += 1) {
        const at = Math.floor(random() * mutated.length)
        const piece = pieces[Math.floor(random() * pieces.length)] ?? ''
        mutated = mutated.slice(0, at) + piece + mutated.slice(at + Math.floor(random() * 6))
      }
      const report = parseNvidiaSmiXml(mutated)
      if (report.kind === 'ok') for (const gpu of report.gpus) expect(() => Gpu.parse(gpu), mutated.slice(0, 200)).not.toThrow()
    }
  })
})

describe('values', () => {
  it.each([
    ['20475 MiB', 'bytes', 20475 * MIB],
    ['2 GiB', 'bytes', 2048 * MIB],
    ['0 MiB', 'bytes', 0],
    ['8.81 W', 'W', 8.81],
    ['-5 C', 'C', -5],
    ['-5 W', 'W', null],
    ['5 C', 'W', null],
    ['5', 'W', null],
    ['5 toString', 'bytes', null],
    ['N/A', 'W', null],
    [null, 'W', null],
  ] as const)('%j as %s is %j', (text, unit, expected) => {
    expect(quantityOf(text, unit)).toBe(expected)
  })

  it('shortens evidence to one safe line (would catch terminal escapes in the log)', () => {
    const evidence = evidenceOf(`\u001b[31mred\n\nline\u202e ${'x'.repeat(1000)}`)
    expect(evidence).toMatch(/^\[31mred line x/)
    expect(evidence.length).toBeLessThan(410)
  })
})

describe('parseMigList', () => {
  it('gives each instance to its GPU', () => {
    const gpuUuid = 'GPU-11111111-2222-3333-4444-555555555555'
    expect(parseMigList(fixture('hand-made-mig-list.txt'))).toEqual([
      { gpuUuid, index: 0, profile: '2g.20gb', uuid: 'MIG-aaaaaaaa-0000-5555-8888-111111111111' },
      { gpuUuid, index: 1, profile: '1g.10gb+me', uuid: 'MIG-bbbbbbbb-0000-5555-8888-222222222222' },
    ])
    expect(parseMigList('No devices were found')).toEqual([])
  })
})
