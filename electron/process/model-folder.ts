import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, isErrno } from '../shared/app-error'

/** What a folder with a Hugging Face model, or with an adapter, tells about itself. Texts are shown, never acted on. */
export interface ModelFolder {
  readonly kind: 'model' | 'adapter'
  readonly sizeBytes: number
  /** config.json as it is; null for an adapter. */
  readonly config: unknown
  /** sha256 of config.json, hex. */
  readonly configSha: string
  readonly parameters: number | null
  readonly architecture: string | null
  readonly contextLength: number | null
  readonly hasChatTemplate: boolean
  readonly endOfTurn: string | null
  readonly license: string | null
  /** For an adapter: the base that it names. */
  readonly basePath: string | null
}
export type ModelFolderResult = { readonly kind: 'read'; readonly model: ModelFolder } | { readonly kind: 'unusable'; readonly problem: string }

/** Reads what can be known without loading weights. A folder that can't be trained is a value with the reason. */
export async function readModelFolder(folder: string): Promise<ModelFolderResult> {
  const entries = await entriesOf(folder)
  if (entries === null) return unusable('The folder is gone.')
  const names = [...entries.keys()]
  const isAdapter = names.includes('adapter_config.json')
  const config = await readJson(join(folder, isAdapter ? 'adapter_config.json' : 'config.json'))
  if (config === null) return unusable(names.some((name) => name.endsWith('.gguf')) ? 'A GGUF file can\'t be trained; use the original safetensors model.' : 'There is no readable config.json in the folder.')
  const weights = names.filter((name) => name.endsWith('.safetensors'))
  if (weights.length === 0) return unusable(names.some((name) => /\.(bin|pt|pth)$/.test(name)) ? 'The weights are pickled files, which can run code when loaded. Use a safetensors version.' : 'There are no safetensors weights in the folder.')
  const missing = await missingShards(folder, names)
  if (missing !== null) return unusable(`The weights are incomplete: ${missing} is missing.`)
  if (!isAdapter && !names.some((name) => name === 'tokenizer.json' || name === 'tokenizer.model')) return unusable('There is no tokenizer in the folder.')
  const tokenizer = await readJson(join(folder, 'tokenizer_config.json'))
  const text = await readFile(join(folder, isAdapter ? 'adapter_config.json' : 'config.json'))
  return {
    kind: 'read',
    model: {
      kind: isAdapter ? 'adapter' : 'model',
      sizeBytes: sizeOf(entries), config, configSha: createHash('sha256').update(text).digest('hex'),
      parameters: await countParameters(folder, weights), architecture: architectureOf(config), contextLength: numberOf(config['max_position_embeddings']),
      hasChatTemplate: names.includes('chat_template.jinja') || typeof tokenizer?.['chat_template'] === 'string' || Array.isArray(tokenizer?.['chat_template']),
      endOfTurn: tokenText(tokenizer?.['eos_token']), license: await licenseOf(folder, names), basePath: isAdapter ? textOf(config['base_model_name_or_path']) : null,
    },
  }
}

const unusable = (problem: string): ModelFolderResult => ({ kind: 'unusable', problem })

type Json = Readonly<Record<string, unknown>>
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const numberOf = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null)
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Null for a file that is not there or holds no JSON object. */
async function readJson(path: string): Promise<Json | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    return isObject(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, 'ENOENT')) return null
    throw error
  }
}

function architectureOf(config: Json): string | null {
  const named: unknown = Array.isArray(config['architectures']) ? config['architectures'][0] : null
  return textOf(named) ?? textOf(config['model_type']) ?? textOf(config['peft_type'])
}

function tokenText(token: unknown): string | null {
  return isObject(token) ? textOf(token['content']) : textOf(token)
}

async function missingShards(folder: string, names: readonly string[]): Promise<string | null> {
  const index = await readJson(join(folder, 'model.safetensors.index.json'))
  if (!isObject(index?.['weight_map'])) return null
  const wanted = new Set(Object.values(index['weight_map']).filter((name) => typeof name === 'string'))
  return [...wanted].find((name) => !names.includes(name)) ?? null
}

function sizeOf(entries: ReadonlyMap<string, Stats>): number {
  return [...entries.values()].reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0)
}

/**
 * What lies in a folder, links followed; null where there is no folder. A link that leads nowhere, as a cache of the Hub keeps one of a
 * file that was never fetched, is no entry.
 */
async function entriesOf(folder: string): Promise<ReadonlyMap<string, Stats> | null> {
  try {
    const names = await readdir(folder)
    const entries = await Promise.all(names.map(async (name) => [name, await statOrNull(join(folder, name))] as const))
    return new Map(entries.filter((entry): entry is readonly [string, Stats] => entry[1] !== null))
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return null
    throw error
  }
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
}

/** A safetensors file begins with the length of its JSON header (8 bytes, little endian); longer than this is not a header. */
const MAX_HEADER_BYTES = 100 * 1024 * 1024

/** Sum of the tensor sizes in the headers; packed 4-bit weights are not unpacked, so the number is null then. */
async function countParameters(folder: string, weights: readonly string[]): Promise<number | null> {
  let parameters = 0
  for (const name of weights) {
    const header = await safetensorsHeader(join(folder, name))
    if (header === null) return null
    for (const [tensor, entry] of Object.entries(header)) {
      if (tensor === '__metadata__' || !isObject(entry) || !Array.isArray(entry['shape'])) continue
      if (entry['dtype'] === 'U8') return null
      parameters += entry['shape'].reduce((product: number, size: unknown) => product * Number(size), 1)
    }
  }
  return parameters
}

async function safetensorsHeader(path: string): Promise<Json | null> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0)
    const length = bytesRead === 8 ? Number(buffer.readBigUInt64LE()) : 0
    if (length === 0 || length > MAX_HEADER_BYTES) return null
    const header = await file.read(Buffer.alloc(length), 0, length, 8)
    const value: unknown = JSON.parse(header.buffer.toString('utf8'))
    return isObject(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  } finally {
    await file.close()
  }
}

/** The `license:` line of the model card's front matter. */
async function licenseOf(folder: string, names: readonly string[]): Promise<string | null> {
  const card = names.find((name) => name.toLowerCase() === 'readme.md')
  if (card === undefined) return null
  const front = /^---\n([\s\S]*?)\n---/.exec((await readFile(join(folder, card), 'utf8')).replaceAll('\r\n', '\n'))?.[1]
  return /^license:\s*["']?([\w .+-]+?)["']?\s*$/m.exec(front ?? '')?.[1] ?? null
}

/** Changes when weights, configuration or tokenizer of a folder change: a hash of names, sizes and times. Throws MODEL_UNUSABLE when the folder is gone. */
export async function modelFingerprint(folder: string): Promise<string> {
  const entries = await entriesOf(folder)
  if (entries === null) throw new AppError('MODEL_UNUSABLE', `the folder ${folder} is gone`)
  const hash = createHash('sha256')
  for (const name of [...entries.keys()].filter((file) => /\.(safetensors|json|jinja|model)$/.test(file)).sort()) {
    const entry = entries.get(name)
    if (entry !== undefined) hash.update(`${name}\0${entry.size}\0${Math.round(entry.mtimeMs)}\n`)
  }
  return hash.digest('hex')
}
