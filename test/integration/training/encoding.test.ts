import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runPython, startPython, templatesFolder, testPythonFolder } from '../../support/training-run'

const rewritingTokenizer = fileURLToPath(new URL('../../fixtures/tokenizers/rewriting-template', import.meta.url))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith-encoding-'))
  await runPython([join(testPythonFolder, 'make_tiny_model.py'), folder])
}, 240_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('answers-only encoding', () => {
  it('trains every answer exactly once and nothing else, whatever the template (catches: a header, a question or an answer twice in the loss)', async () => {
    const output = await runPython([join(testPythonFolder, 'check_encoding.py'), templatesFolder, rewritingTokenizer])
    const results = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, string | null>
    expect(Object.keys(results).length).toBeGreaterThanOrEqual(19)
    expect(Object.entries(results).filter(([, error]) => error !== null)).toEqual([])
  }, 240_000)
})

interface Check {
  readonly rows: number; readonly encodedRows: number; readonly totalTokens: number; readonly trainedTokens: number; readonly cutRows: number
  readonly cutTokens: number; readonly rowsLosingAnswer: number; readonly endOfTurnTrained: boolean; readonly endOfTurnToken: string | null
  readonly lengths: { readonly p50: number; readonly p95: number; readonly max: number }
  readonly samples: readonly (readonly { readonly text: string; readonly trained: boolean; readonly special: boolean }[])[]
  readonly problem: { readonly code: string; readonly message: string } | null
}

describe('check_data.py', () => {
  async function check(model: string, data: string, maxLength: number, answersOnly = 1): Promise<Check> {
    const out = join(folder, 'check.json')
    await runPython([join(templatesFolder, 'check_data.py'), '--model', model, '--data', data, '--max-length', String(maxLength), '--answers-only', String(answersOnly), '--out', out])
    return JSON.parse(await readFile(out, 'utf8')) as Check
  }

  it('tells what would be trained, token by token (catches: a share, a sample or a length that is made up)', async () => {
    const data = join(folder, 'turns.jsonl')
    const result = await check(join(folder, 'model'), data, 128)
    const rows = (await readFile(data, 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as { messages: { role: string; content: string }[] })
    expect(result).toMatchObject({ rows: 40, encodedRows: 40, cutRows: 0, cutTokens: 0, rowsLosingAnswer: 0, endOfTurnTrained: true, endOfTurnToken: '<|im_end|>', problem: null })
    expect(result.samples).toHaveLength(3)
    result.samples.forEach((sample, index) => {
      const messages = rows[index]?.messages ?? []
      expect(sample.map((piece) => piece.text).join('')).toBe(messages.map((m) => `<|im_start|>${m.role}\n${m.content}<|im_end|>\n`).join(''))
      const answers = messages.filter((m) => m.role === 'assistant').map((m) => `${m.content}<|im_end|>\n`)
      expect(sample.filter((piece) => piece.trained).map((piece) => piece.text).join('')).toBe(answers.join(''))
      expect(sample.filter((piece) => piece.special).map((piece) => piece.text)).toEqual(messages.flatMap(() => ['<|im_start|>', '<|im_end|>']))
    })
    expect(result.lengths.p50).toBeLessThanOrEqual(result.lengths.p95)
    expect(result.lengths.p95).toBeLessThanOrEqual(result.lengths.max)
    const everything = await check(join(folder, 'model'), data, 128, 0)
    expect(everything.totalTokens).toBe(result.totalTokens)
    expect(everything.trainedTokens).toBe(everything.totalTokens - everything.encodedRows) // the first token of a row is never a target
  }, 60_000)

  it('shows a letter that spans tokens as one piece (catches: replacement characters in the preview)', async () => {
    const data = join(folder, 'letters.jsonl')
    await writeFile(data, `${JSON.stringify({ messages: [{ role: 'user', content: '猫 🦜' }, { role: 'assistant', content: 'żółw 🐢' }] })}\n`)
    const sample = (await check(join(folder, 'model'), data, 128)).samples[0] ?? []
    expect(sample.map((piece) => piece.text).join('')).toBe('<|im_start|>user\n猫 🦜<|im_end|>\n<|im_start|>assistant\nżółw 🐢<|im_end|>\n')
  }, 60_000)

  it('names what makes training impossible (catches: a start that can only fail)', async () => {
    const cut = await check(join(folder, 'model'), join(folder, 'train.jsonl'), 8)
    expect(cut.problem?.code).toBe('zero-trained')
    expect(cut.rowsLosingAnswer).toBe(60)
    const bare = join(folder, 'bare')
    await runPython(['-c', `
import shutil, sys
from transformers import AutoTokenizer
t = AutoTokenizer.from_pretrained(sys.argv[1]); t.chat_template = None; t.save_pretrained(sys.argv[2])`, join(folder, 'model'), bare])
    expect((await check(bare, join(folder, 'train.jsonl'), 128)).problem?.code).toBe('no-chat-template')
    expect((await check(folder, join(folder, 'train.jsonl'), 128)).problem?.code).toBe('no-tokenizer')
  }, 240_000)

  it('does not load PyTorch (catches: a check before Start that takes ten seconds)', async () => {
    const script = `
import runpy, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, ${JSON.stringify(templatesFolder)})
runpy.run_path(sys.argv[0], run_name="__main__")
print("TORCH", sys.modules.get("torch"))`
    const ended = await startPython(['-c', script, join(templatesFolder, 'check_data.py'), '--model', join(folder, 'model'), '--data', join(folder, 'train.jsonl'),
      '--max-length', '128', '--answers-only', '1', '--out', join(folder, 'check.json')]).ended
    expect(ended.output).toContain('TORCH None')
  }, 60_000)
})
