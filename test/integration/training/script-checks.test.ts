import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runPython, templatesFolder, testPythonFolder, testSpec, writeRun } from '../../support/training-run'

const variants = (['unsloth', 'huggingface'] as const).flatMap((backend) => (['full', 'lora', 'qlora'] as const).map((method) => ({ backend, method })))
let folder: string
const script = (backend: string, method: string) => join(folder, `${backend}-${method}`, 'train.py')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith-scripts-'))
  for (const { backend, method } of variants) await writeRun(join(folder, `${backend}-${method}`), testSpec({ backend, settings: { method } }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function lastLine<T>(output: string): T {
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T
}

describe('a generated script', () => {
  it('passes only keywords that the libraries have, on CUDA too (catches: a TypeError that shows on a GPU only)', async () => {
    const paths = variants.map(({ backend, method }) => script(backend, method))
    const result = lastLine<{ calls: [string, string, number][]; problems: string[] }>(await runPython([join(testPythonFolder, 'check_signatures.py'), ...paths]))
    expect(result.problems).toEqual([])
    const seen = new Set(result.calls.map(([, name]) => name))
    expect([...seen].sort()).toEqual([
      'AutoModelForCausalLM.from_pretrained', 'BitsAndBytesConfig', 'FastLanguageModel.from_pretrained', 'FastLanguageModel.get_peft_model',
      'LoraConfig', 'SFTConfig', 'SFTTrainer', 'trainer.train',
    ])
    for (const path of paths) expect(result.calls.some(([file, name, count]) => file === path && name === 'SFTConfig' && count > 25)).toBe(true)
  }, 240_000)

  it.each(['unsloth', 'huggingface'] as const)('of %s chooses number format by GPU generation (catches: bfloat16 on a GPU without it, float16 on one with it)', async (backend) => {
    const output = await runPython([join(testPythonFolder, 'device_branches.py'), script(backend, 'lora')])
    const result = lastLine<Record<string, unknown>>(output)
    const half = { type: 'cuda', name: 'Some GPU', dtype: 'float16', fp16: true, bf16: false, optimizer: 'adamw_8bit' }
    expect(result['7.5']).toMatchObject(half)
    expect(result['8.0']).toMatchObject({ ...half, dtype: 'bfloat16', fp16: false, bf16: true })
    expect(result['9.0']).toMatchObject({ dtype: 'bfloat16' })
    expect(result['cpu']).toMatchObject({ type: 'cpu', dtype: 'float32', fp16: false, bf16: false, optimizer: 'adamw_torch' })
    expect(result['none']).toContain('no CUDA GPU')
    expect(result['cloud']).toEqual(result['cpu'])
    expect(result['rank 1']).toMatchObject({ type: 'cuda', dtype: 'bfloat16' })
    if (backend === 'huggingface') expect(result['rank 1']).toMatchObject({ gpu: 1 })
  }, 240_000)

  it('writes events and makes progress as documented (catches: torn lines, NaN in JSON, a throwing callback)', async () => {
    const results = lastLine<Record<string, string | null>>(await runPython([join(testPythonFolder, 'check_events.py'), templatesFolder]))
    expect(Object.keys(results).length).toBeGreaterThanOrEqual(13)
    expect(Object.entries(results).filter(([, error]) => error !== null)).toEqual([])
  }, 240_000)
})
