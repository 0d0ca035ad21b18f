import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { folderSize } from '../../../electron/process/folder-size'
import { modelFingerprint, readModelFolder } from '../../../electron/process/model-folder'
import { repository } from '../../support/start-engine'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tunesmith model '))
  cpSync(join(repository, 'test', 'fixtures', 'models', 'tiny-llama'), folder, { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, content: string): void => writeFileSync(join(folder, name), content)
const gone = (name: string): void => rmSync(join(folder, name))
const problem = async (): Promise<string> => {
  const read = await readModelFolder(folder)
  return read.kind === 'unusable' ? read.problem : 'usable'
}

describe('reading a model folder', () => {
  it('tells size, parameters, context, template, end of turn and licence without loading weights', async () => {
    write('README.md', '---\nlanguage: en\nlicense: apache-2.0\n---\n# Card\nlicense: not this one\n')
    const read = await readModelFolder(folder)
    if (read.kind === 'unusable') throw new Error(read.problem)
    expect(read.model).toMatchObject({ kind: 'model', architecture: 'LlamaForCausalLM', contextLength: 512, hasChatTemplate: true, endOfTurn: '<|im_end|>', license: 'apache-2.0', basePath: null })
    expect(read.model.sizeBytes).toBe(await folderSize(folder))
    const header = readFileSync(join(folder, 'model.safetensors'))
    const tensors = Object.entries(JSON.parse(header.subarray(8, 8 + Number(header.readBigUInt64LE())).toString()) as Record<string, { shape?: number[] }>)
    expect(read.model.parameters).toBe(tensors.reduce((sum, [, { shape }]) => sum + (shape ?? [0]).reduce((product, size) => product * size, 1), 0))
  })

  it('says of each folder that can not be trained why', async () => {
    write('model.safetensors.index.json', JSON.stringify({ weight_map: { a: 'model.safetensors', b: 'model-00002-of-00002.safetensors' } }))
    expect(await problem()).toContain('model-00002-of-00002.safetensors is missing')
    gone('model.safetensors.index.json')
    gone('tokenizer.json')
    expect(await problem()).toContain('no tokenizer')
    gone('model.safetensors')
    expect(await problem()).toContain('no safetensors')
    write('pytorch_model.bin', 'x')
    expect(await problem()).toContain('pickled')
    write('config.json', '{"broken')
    expect(await problem()).toContain('config.json')
    gone('config.json')
    write('model.gguf', 'x')
    expect(await problem()).toContain('GGUF')
    rmSync(folder, { recursive: true })
    expect(await problem()).toContain('gone')
  })

  it.skipIf(process.platform === 'win32')('takes a link that leads nowhere for a missing file (a snapshot of the Hub whose download was cut off ended in an error without a word)', async () => {
    symlinkSync('../../blobs/never-fetched', join(folder, 'README.md'))
    expect(await problem()).toBe('usable')
    const fingerprint = await modelFingerprint(folder)
    gone('model.safetensors')
    symlinkSync('../../blobs/never-fetched', join(folder, 'model.safetensors'))
    expect(await problem()).toContain('no safetensors')
    expect(await modelFingerprint(folder)).not.toBe(fingerprint)
  })

  it('survives weights that are no safetensors: a wrong length must not be allocated', async () => {
    writeFileSync(join(folder, 'model.safetensors'), Buffer.alloc(64, 0xff))
    expect(await readModelFolder(folder)).toMatchObject({ kind: 'read', model: { parameters: null } })
    write('model.safetensors', '')
    expect(await readModelFolder(folder)).toMatchObject({ kind: 'read', model: { parameters: null } })
  })

  it('has another fingerprint when weights, template or configuration change, and the same when nothing does', async () => {
    const first = await modelFingerprint(folder)
    expect(await modelFingerprint(folder)).toBe(first)
    write('notes.txt', 'x')
    expect(await modelFingerprint(folder)).toBe(first)
    utimesSync(join(folder, 'model.safetensors'), 1, 1)
    const second = await modelFingerprint(folder)
    expect(second).not.toBe(first)
    write('chat_template.jinja', 'x')
    expect(await modelFingerprint(folder)).not.toBe(second)
    rmSync(folder, { recursive: true })
    await expect(modelFingerprint(folder)).rejects.toMatchObject({ code: 'MODEL_UNUSABLE' })
  })
})
