import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runPython } from '../support/training-run'

const repository = fileURLToPath(new URL('../../', import.meta.url))
const demoModel = join(repository, 'resources', 'demo-model')
const sampleData = join(repository, 'resources', 'sample-data')
const scripts = join(repository, 'scripts', 'demo-model')
const maxBytes = 12 * 1024 * 1024

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith-demo-model-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Message {
  readonly role: string
  readonly content: string
}

async function conversations(name: string): Promise<readonly (readonly Message[])[]> {
  const text = await readFile(join(sampleData, name), 'utf8')
  const lines = text.trimEnd().split('\n')
  return lines.map((line) => (JSON.parse(line) as { readonly messages: readonly Message[] }).messages)
}

async function readJson(path: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await readFile(path, 'utf8')) as Readonly<Record<string, unknown>>
}

describe('the sample data', () => {
  it('asks for nothing in the held-out file that the training file shows (catches: a score that is memory)', async () => {
    const shown = new Set((await conversations('pirate-answers.jsonl')).flat().map((message) => message.content))
    const heldOut = await conversations('held-out.jsonl')
    expect(heldOut.flat().filter((message) => shown.has(message.content))).toEqual([])
    expect(new Set(heldOut.map((messages) => JSON.stringify(messages.slice(0, -1)))).size).toBe(heldOut.length)
    expect(heldOut.length).toBeGreaterThanOrEqual(120)
  })

  it('has conversations of several turns, each ending with an answer (catches: a sample that never tries multi-turn masking)', async () => {
    for (const name of ['pirate-answers.jsonl', 'held-out.jsonl']) {
      const rows = await conversations(name)
      expect(rows.filter((messages) => messages.length > 2).length).toBeGreaterThan(20)
      expect(rows.every((messages) => messages.at(-1)?.role === 'assistant')).toBe(true)
    }
  })

  it('is what its script writes (catches: files and script drifting apart)', async () => {
    await runPython([join(scripts, 'make_sample_data.py'), '--out', folder])
    for (const name of ['pirate-answers.jsonl', 'held-out.jsonl']) {
      expect(await readFile(join(folder, name), 'utf8')).toBe(await readFile(join(sampleData, name), 'utf8'))
    }
  }, 60_000)
})

describe('the demo model', () => {
  it('is small enough to ship (catches: weights saved in float32, or checkpoints left in the folder)', async () => {
    const names = await readdir(demoModel)
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(demoModel, name))).size))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(maxBytes)
    expect(names).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'chat_template.jinja', 'preset.json', 'tokenizer.json']))
  })

  it('ends its turns with a token that is not the padding (catches: an end that is masked away with the padding and never learned)', async () => {
    const config = await readJson(join(demoModel, 'config.json'))
    const tokenizer = await readJson(join(demoModel, 'tokenizer_config.json'))
    expect(tokenizer).toMatchObject({ eos_token: '<|im_end|>', pad_token: '<|pad|>', tokenizer_class: 'PreTrainedTokenizerFast' })
    expect(config['eos_token_id']).not.toBe(config['pad_token_id'])
    expect(Number(config['max_position_embeddings'])).toBeGreaterThanOrEqual(512)
  })

  it('has dimensions that 4-bit blocks of 64 divide (catches: a demo that QLoRA can not load)', async () => {
    const config = await readJson(join(demoModel, 'config.json'))
    for (const name of ['hidden_size', 'intermediate_size']) expect(Number(config[name]) % 64).toBe(0)
  })

  it('knows its facts in questions that it was not trained on (catches: weights that do not belong to the tokenizer)', async () => {
    const output = await runPython([join(scripts, 'make_demo_model.py'), '--check'])
    // Sums and comparisons are in the exam too, but the model is too small to learn them: README.md has their scores.
    const facts = [...output.matchAll(/(\w+) (\d+)\/(\d+)/g)].filter(([, name]) => !['match', 'addition', 'bigger'].includes(name ?? ''))
    expect(facts).toHaveLength(7)
    const right = facts.reduce((sum, [, , count]) => sum + Number(count), 0)
    const asked = facts.reduce((sum, [, , , count]) => sum + Number(count), 0)
    expect(right / asked).toBeGreaterThan(0.9)
  }, 240_000)

  it('learns the sample task with the preset, and does not know it before (catches: a preset that no longer suits the model)', async () => {
    const output = await runPython([join(scripts, 'try_sample_task.py'), '--backend', 'huggingface', '--method', 'lora'])
    const scores = /"exactMatch": \[([\d.]+), ([\d.]+)\]/.exec(output)
    expect(Number(scores?.[1])).toBeLessThan(0.05)
    expect(Number(scores?.[2])).toBeGreaterThan(0.7)
  }, 600_000)
})

describe('the script that makes the demo model', () => {
  it('writes the same bytes twice (catches: an unseeded step)', async () => {
    for (const name of ['first', 'second']) {
      await runPython([join(scripts, 'make_demo_model.py'), '--quick', '--out', join(folder, name)])
    }
    const names = await readdir(join(folder, 'first'))
    expect(names).toEqual(expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']))
    for (const name of names) {
      const [first, second] = await Promise.all(['first', 'second'].map((run) => readFile(join(folder, run, name))))
      expect(first?.equals(second ?? Buffer.alloc(0)), name).toBe(true)
    }
  }, 300_000)
})
