import { describe, expect, it } from 'vitest'
import { renderRun } from '../../../electron/codegen/render-run'
import { loadTemplates } from '../../../electron/process/templates'
import { JobSpec } from '../../../electron/shared/job-spec'
import type { BackendId, Method } from '../../../electron/shared/job-spec'
import { templatesFolder, testSpec } from '../../support/training-run'

const templates = await loadTemplates(templatesFolder)
const variants = (['unsloth', 'huggingface'] as const).flatMap((backend) => (['full', 'lora', 'qlora'] as const).map((method) => [backend, method] as const))

function script(backend: BackendId, method: Method): string {
  return renderRun(testSpec({ backend, settings: { method } }), templates)['train.py'] ?? ''
}

describe('renderRun', () => {
  it('makes the files that a run needs, and no others (catches: a module that train.py imports is missing)', () => {
    const files = renderRun(testSpec(), templates)
    expect(Object.keys(files).sort()).toEqual(['job.json', 'train.py', 'tunesmith_data.py', 'tunesmith_events.py', 'tunesmith_trainer.py'])
    for (const text of Object.values(files)) {
      expect(text.endsWith('\n')).toBe(true)
      expect(text).not.toContain('\r')
    }
    const local = [...(files['train.py'] ?? '').matchAll(/^\s*(?:from|import) (tunesmith_\w+)/gm)].map((match) => `${match[1]}.py`)
    expect(local.length).toBeGreaterThan(0)
    for (const name of local) expect(files).toHaveProperty([name])
  })

  it('freezes the spec in job.json (catches: a value rounded, renamed or lost)', () => {
    const spec = testSpec({ name: 'Ünïcode "and" \\ more' })
    expect(JobSpec.parse(JSON.parse(renderRun(spec, templates)['job.json'] ?? ''))).toEqual(spec)
  })

  it.each(variants)('writes only what %s %s needs (catches: lines of another backend or method in the script)', (backend, method) => {
    const text = script(backend, method)
    expect(text).not.toContain('#@')
    expect(text.includes('FastLanguageModel')).toBe(backend === 'unsloth')
    expect(text.includes('UNSLOTH_')).toBe(backend === 'unsloth')
    expect(text.includes('AutoModelForCausalLM')).toBe(backend === 'huggingface')
    expect(text.includes('get_peft_model')).toBe(method !== 'full')
    expect(text.includes('BitsAndBytesConfig')).toBe(backend === 'huggingface' && method === 'qlora')
    expect(text.includes('load_in_4bit=True')).toBe(method === 'qlora')
    expect(text.includes('full_finetuning=True')).toBe(backend === 'unsloth' && method === 'full')
    expect(text.includes('RUN / "model"')).toBe(method === 'full')
  })

  it('gives the same script whatever else the spec says (catches: a value pasted into code)', () => {
    const other = testSpec({
      name: 'other', device: { kind: 'cuda', gpuUuid: 'GPU-1', gpuIndex: 0, gpuName: 'x' }, data: { evalPath: '/x' },
      settings: { seed: 99, packing: true, targetModules: ['q_proj'], length: { kind: 'epochs', epochs: 2.5 }, answersOnly: false },
    })
    expect(renderRun(other, templates)['train.py']).toBe(script('huggingface', 'lora'))
  })

  it.each([
    ['a missing file', { 'train_huggingface.py': undefined }],
    ['an unknown word', { 'train_huggingface.py': '#@ body\n#@ if dora\n#@ end\n' }],
    ['an end alone', { 'train_huggingface.py': '#@ body\n#@ end\n' }],
    ['a missing end', { 'train_huggingface.py': '#@ body\n#@ if lora\n' }],
    ['no place for the backend', { 'train_main.py': 'pass\n' }],
    ['no body', { 'train_huggingface.py': 'pass\n' }],
  ])('refuses templates with %s (catches: half a script written to a run folder)', (_, change) => {
    const broken = Object.fromEntries(Object.entries({ ...templates, ...change }).filter((entry): entry is [string, string] => entry[1] !== undefined))
    expect(() => renderRun(testSpec(), broken)).toThrow(expect.objectContaining({ code: 'RUN_FOLDER' }))
  })
})
