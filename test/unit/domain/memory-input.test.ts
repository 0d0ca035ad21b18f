import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { defaultSettings } from '../../../electron/domain/defaults'
import { memoryInputOf } from '../../../electron/domain/memory-input'
import { parseModelShape } from '../../../electron/domain/model-shape'
import { estimateMemory } from '../../../electron/domain/vram-estimate'
import { referenceConfigs } from '../../fixtures/vram-reference-models'

const settings = defaultSettings({ parameters: 1.5e9, method: 'full', trainRows: 1000, evalRows: 50, device: 'cuda', contextLength: 4096, lengths: null })

test('full training with Transformers on a GPU is counted in float32, 16 bytes a parameter', () => {
  const shape = parseModelShape(referenceConfigs['Qwen2.5-1.5B'])
  if ('kind' in shape) throw new Error('refused')
  const state = (backend: 'huggingface' | 'unsloth'): number =>
    estimateMemory({ shape, ...memoryInputOf(settings, backend, 'cuda') })
      .parts.filter(({ name }) => ['weights', 'optimizer', 'gradients'].includes(name))
      .reduce((sum, { middleBytes }) => sum + middleBytes, 0) / 1_543_714_304
  expect(state('huggingface')).toBeCloseTo(16, 6)
  expect(state('unsloth')).toBeCloseTo(6, 6)
})

test('an adapter on a GPU has 8-bit moments and a 16-bit base, on a CPU everything is float32', () => {
  expect(memoryInputOf({ ...settings, method: 'lora' }, 'huggingface', 'cuda')).toMatchObject({ optimizer: 'adamw-8-bit', weightPrecision: '16-bit', loss: 'chunked' })
  expect(memoryInputOf({ ...settings, method: 'qlora' }, 'unsloth', 'cuda')).toMatchObject({ optimizer: 'adamw-8-bit', weightPrecision: '16-bit', loss: 'fused' })
  expect(memoryInputOf({ ...settings, method: 'qlora' }, 'unsloth', 'cpu')).toMatchObject({ optimizer: 'adamw-32-bit', weightPrecision: 'float32', loss: 'chunked' })
})

test('the scripts still choose what the estimate counts with', () => {
  const template = (name: string): string => readFileSync(new URL(`../../../python-templates/${name}`, import.meta.url), 'utf8')
  const transformers = template('train_huggingface.py')
  expect(transformers).toMatch(/#@ if lora qlora\s+"optimizer": "adamw_8bit"/)
  expect(transformers).toMatch(/#@ if full\s+"optimizer": "adamw_torch_fused"/)
  expect(transformers).toMatch(/#@ if full\s+dtype=torch\.float32/)
  expect(transformers).toContain('bnb_4bit_use_double_quant=True')
  expect(template('train_unsloth.py')).toContain('"optimizer": "adamw_8bit"')
  expect(template('train_main.py')).toContain('loss_type="nll" if "lm_head" in SETTINGS["targetModules"] else "chunked_nll"')
  expect(memoryInputOf({ ...settings, targetModules: ['q_proj', 'lm_head'] }, 'huggingface', 'cuda').loss).toBe('plain')
})
