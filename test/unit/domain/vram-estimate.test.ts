import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseModelShape, type ModelShape } from '../../../electron/domain/model-shape'
import { estimateMemory, fits, type MemoryEstimateInput } from '../../../electron/domain/vram-estimate'
import { Method } from '../../../electron/shared/job-spec'
import { referenceConfigs } from '../../fixtures/vram-reference-models'

const GiB = 2 ** 30

interface Row {
  readonly label: string
  readonly measuredBytes: number
  /** torch's own peak leaves out the device context; "not stated" is compared with the whole process. */
  readonly allocatedOnly: boolean
  readonly input: MemoryEstimateInput
}

function shapeOf(name: string): ModelShape {
  const shape = parseModelShape(referenceConfigs[name])
  if ('kind' in shape) throw new Error(`${name}: ${shape.reason} ${shape.detail}`)
  return shape
}

/** Splits a CSV line whose last fields may be quoted. */
function cells(line: string): string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((match) => (match[1] ?? '').replaceAll('"', ''))
}

/** One reader of fields by name for each line. */
function readTable(file: string): ((name: string) => string)[] {
  const text = readFileSync(new URL(`../../fixtures/${file}`, import.meta.url), 'utf8')
  const [header = '', ...lines] = text.trim().split('\n')
  const names = cells(header)
  return lines.map((line) => {
    const values = cells(line)
    return (name) => values[names.indexOf(name)] ?? ''
  })
}

function methodOf(text: string): Method {
  return Method.parse(text)
}

function readRows(): Row[] {
  return readTable('vram-reference.csv').map((field) => {
    const deepspeed = field('framework').includes('DeepSpeed')
    const method = methodOf(field('method'))
    const targets = field('targets')
    return {
      label: `${field('model')} ${method} s${field('seq')} b${field('bs')} ${field('attn')}`,
      measuredBytes: Number(field('measured')) * (field('unit') === 'GiB' ? GiB : 1e9),
      allocatedOnly: field('kind') === 'peak_allocated',
      input: {
        shape: shapeOf(field('model')),
        method,
        rank: Number(field('lora_r') || 1),
        targetModules: targets === 'qkvo' ? ['q_proj', 'k_proj', 'v_proj', 'o_proj'] : 'all-linear',
        maxLength: Number(field('seq')),
        microBatch: Number(field('bs')),
        gradientCheckpointing: field('grad_ckpt') === '1',
        attention: field('attn') === 'eager' ? 'eager' : 'flash',
        loss: field('ce') === 'full' ? 'plain' : 'plain-16-bit',
        optimizer: 'adamw-32-bit',
        trainer: deepspeed ? 'deepspeed' : 'huggingface',
        device: 'cuda',
        // The T4 recipes call prepare_model_for_kbit_training, which lifts what is not quantised to float32; DeepSpeed lowers all to 16 bit.
        weightPrecision: !deepspeed && method !== 'lora' ? 'float32' : '16-bit',
        quantisation: field('quant') === 'gptq-int4' ? 'int4-grouped' : 'nf4-double',
      },
    }
  })
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}

const rows = readRows()

function share(values: readonly boolean[]): number {
  return values.filter(Boolean).length / values.length
}

describe('memory estimate against 85 measured runs', () => {
  /** Like with like: torch's own peak with `allocated`, the rest with the whole process. And, harder, every row with the whole. */
  const like = rows.map((row) => {
    const estimate = estimateMemory(row.input)
    return { ...row, range: row.allocatedOnly ? estimate.allocated : estimate }
  })
  const whole = rows.map((row) => ({ ...row, range: estimateMemory(row.input) }))

  test('reads every row of the table', () => {
    expect(rows).toHaveLength(85)
    expect(rows.every((row) => row.measuredBytes > 1e9)).toBe(true)
  })

  test.each([
    { name: 'like with like', group: like },
    { name: 'T4, torch peak', group: like.filter((row) => row.allocatedOnly) },
    { name: 'A100, basis not stated', group: like.filter((row) => !row.allocatedOnly) },
    { name: 'every row as a whole process', group: whole },
  ])('$name: median error, share inside the range, and nothing that fits needs over 10% more', ({ name, group }) => {
    const errors = group.map((row) => row.range.middleBytes / row.measuredBytes - 1)
    const medianError = median(errors.map(Math.abs))
    const inside = share(group.map((row) => row.range.lowBytes <= row.measuredBytes && row.measuredBytes <= row.range.highBytes))
    const worst = Math.max(...group.map((row) => row.measuredBytes / row.range.highBytes))
    const width = median(group.map((row) => row.range.highBytes / row.range.lowBytes))
    const percent = (value: number): string => `${(100 * value).toFixed(1)}%`
    console.log(
      `memory estimate, ${name}: ${group.length} rows, median error ${percent(medianError)} (${percent(Math.min(...errors))} to ${percent(Math.max(...errors))}),` +
        ` inside ${percent(inside)}, worst measured/high ${worst.toFixed(3)}, median high/low ${width.toFixed(2)}`,
    )
    expect(medianError).toBeLessThanOrEqual(0.15)
    expect(inside).toBeGreaterThanOrEqual(0.9)
    // `fits` needs high <= free, so what fits needs at most measured/high of what is free.
    expect(worst).toBeLessThanOrEqual(1.1)
    // A range that says nothing would pass the rest.
    expect(width).toBeLessThanOrEqual(1.5)
  })

  test('the parts add up to the whole', () => {
    for (const row of rows) {
      const estimate = estimateMemory(row.input)
      expect(estimate.parts.reduce((sum, part) => sum + part.middleBytes, 0)).toBe(estimate.middleBytes)
      expect(estimate.lowBytes).toBeLessThanOrEqual(estimate.middleBytes)
      expect(estimate.middleBytes).toBeLessThanOrEqual(estimate.highBytes)
      expect(estimate.allocated.highBytes).toBeLessThan(estimate.highBytes)
    }
  })
})

/**
 * Peak resident memory (VmHWM) of three steps of TRL's SFTTrainer, or of Unsloth with it, on a CPU in float32: torch 2.13.0,
 * transformers 5.17.0, trl 1.13.0, peft 0.21.0, unsloth 2026.10.9, one thread, rank 16 on all linear layers, adamw_torch, random
 * Llama models of 48 M (a) and 215 M (b) parameters.
 */
describe('memory estimate against runs on a CPU', () => {
  const sizes: Readonly<Record<string, readonly [number, number, number, number, number]>> = { a: [512, 8, 8, 4, 2048], b: [1024, 12, 16, 4, 4096] }
  const judged = readTable('cpu-memory-reference.csv').map((field) => {
    const [hidden = 0, layers, heads, keyValueHeads, feedForward] = sizes[field('model')] ?? []
    const shape = parseModelShape({
      model_type: 'llama', hidden_size: hidden, num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: keyValueHeads,
      intermediate_size: feedForward, vocab_size: 32000, tie_word_embeddings: true,
    })
    if ('kind' in shape) throw new Error('refused')
    const estimate = estimateMemory({
      shape, method: methodOf(field('method')), rank: 16, targetModules: 'all-linear', maxLength: Number(field('seq')), microBatch: Number(field('bs')),
      gradientCheckpointing: field('grad_ckpt') === '1', attention: 'sdpa', loss: field('loss') === 'plain' ? 'plain' : 'chunked', optimizer: 'adamw-32-bit',
      trainer: field('backend') === 'unsloth' ? 'unsloth' : 'huggingface', device: 'cpu', weightPrecision: 'float32', quantisation: 'nf4-double',
    })
    return { estimate, measured: Number(field('peak_rss_bytes')), label: `${field('model')} ${field('method')} ${field('backend')}` }
  })

  test('median error, and every run inside the range', () => {
    const medianError = median(judged.map((run) => Math.abs(run.estimate.middleBytes / run.measured - 1)))
    console.log(`memory estimate, CPU: ${judged.length} runs, median error ${(100 * medianError).toFixed(1)}%`)
    expect(judged).toHaveLength(10)
    expect(medianError).toBeLessThanOrEqual(0.2)
    for (const { estimate, measured, label } of judged) {
      expect(measured, label).toBeGreaterThanOrEqual(estimate.lowBytes)
      expect(measured, label).toBeLessThanOrEqual(estimate.highBytes)
    }
  })
})

describe('what the estimate depends on', () => {
  const base: MemoryEstimateInput = {
    shape: shapeOf('Qwen2.5-7B'), method: 'qlora', rank: 16, targetModules: 'all-linear', maxLength: 2048, microBatch: 2, gradientCheckpointing: true,
    attention: 'sdpa', loss: 'plain', optimizer: 'adamw-8-bit', trainer: 'huggingface', device: 'cuda', weightPrecision: '16-bit', quantisation: 'nf4-double',
  }
  const middle = (change: Partial<MemoryEstimateInput>): number => estimateMemory({ ...base, ...change }).middleBytes

  test('every memory-saving setting saves memory', () => {
    const plain = middle({})
    expect(middle({ loss: 'chunked' })).toBeLessThan(plain)
    expect(middle({ microBatch: 1 })).toBeLessThan(plain)
    expect(middle({ maxLength: 1024 })).toBeLessThan(plain)
    expect(middle({ gradientCheckpointing: false })).toBeGreaterThan(plain)
    expect(middle({ method: 'lora' })).toBeGreaterThan(plain)
    expect(middle({ method: 'full' })).toBeGreaterThan(middle({ method: 'lora' }))
    expect(middle({ optimizer: 'adamw-32-bit' })).toBeGreaterThan(plain)
    expect(middle({ device: 'cpu', weightPrecision: 'float32' })).toBeGreaterThan(plain)
  })

  test('a family that is not in the table widens the range and says so', () => {
    const shape = parseModelShape({ ...referenceConfigs['Qwen2.5-7B'], model_type: 'brandnew' })
    if ('kind' in shape) throw new Error('refused')
    expect(shape.familyKnown).toBe(false)
    const wide = estimateMemory({ ...base, shape })
    const narrow = estimateMemory(base)
    expect(wide.highBytes / wide.lowBytes).toBeGreaterThan(narrow.highBytes / narrow.lowBytes)
  })

  test('fits, tight, does not fit, not known', () => {
    const estimate = estimateMemory(base)
    expect(fits(estimate, estimate.highBytes)).toBe('fits')
    expect(fits(estimate, estimate.highBytes - 1)).toBe('tight')
    expect(fits(estimate, estimate.middleBytes - 1)).toBe('does-not-fit')
    expect(fits(estimate, null)).toBe('not-known')
    expect(fits({ kind: 'not-known', reason: 'mixture-of-experts', detail: 'mixtral' }, 1e12)).toBe('not-known')
  })
})
