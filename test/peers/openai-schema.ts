import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import Ajv2020 from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'

type Json = Readonly<Record<string, unknown>>

/** OpenAI's specification, where it lies beside the repository; it is not part of it. */
const path = resolve(import.meta.dirname, '..', '..', '..', 'shared', 'fixtures', 'openai', 'fine-tuning-openapi.json')

export interface ProtocolSchema {
  /** What is wrong with a call, as sentences; [] also for what the specification doesn't know. */
  problems(method: string, path: string, request: unknown, status: number, answer: unknown): readonly string[]
}

/** Checks calls by OpenAI's specification; null where that is not there. */
export function protocolSchema(): ProtocolSchema | null {
  if (!existsSync(path)) return null
  const spec = toJsonSchema(JSON.parse(readFileSync(path, 'utf8'))) as Json
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false })
  ajv.addSchema({ ...spec, $id: 'openai' })
  const compiled = new Map<string, ValidateFunction>()
  const validatorOf = (pointer: readonly string[]): ValidateFunction => {
    const ref = `openai#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`
    const known = compiled.get(ref) ?? ajv.compile({ $ref: ref })
    compiled.set(ref, known)
    return known
  }
  const paths = spec['paths'] as Readonly<Record<string, Json>>
  const templates = Object.keys(paths).map((template) => ({ template, pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`) }))
  const check = (pointer: readonly string[], value: unknown, what: string): readonly string[] => {
    const validate = validatorOf(pointer)
    return validate(value) === true ? [] : [`${what}: ${ajv.errorsText(validate.errors)}`]
  }
  const has = (pointer: readonly string[]): boolean => pointer.reduce<unknown>((at, part) => (typeof at === 'object' && at !== null ? (at as Json)[part] : undefined), spec) !== undefined
  return {
    problems(method, url, request, status, answer) {
      // Fixed paths stand before those with a name in them.
      const found = templates.filter(({ pattern }) => pattern.test(url)).sort((a, b) => a.template.split('{').length - b.template.split('{').length)[0]
      if (found === undefined) return []
      const operation = ['paths', found.template, method.toLowerCase()]
      const body = [...operation, 'requestBody', 'content', 'application/json', 'schema']
      const reply = [...operation, 'responses', String(status), 'content', 'application/json', 'schema']
      return [
        ...(request !== undefined && has(body) && status < 300 ? check(body, request, `${method} ${url} was sent wrongly`) : []),
        ...(status < 300 && has(reply) ? check(reply, answer, `${method} ${url} was answered wrongly`) : []),
      ]
    },
  }
}

/** The file mixes OpenAPI 3.0's `nullable` and boolean `exclusiveMinimum` into 3.1. */
function toJsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(toJsonSchema)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node as Json).map(([key, value]) => [key, toJsonSchema(value)] as const)
  const schema: Record<string, unknown> = Object.fromEntries(entries)
  for (const bound of ['Minimum', 'Maximum'] as const) {
    const exclusive = schema[`exclusive${bound}`]
    if (typeof exclusive !== 'boolean') continue
    delete schema[`exclusive${bound}`]
    if (exclusive) {
      schema[`exclusive${bound}`] = schema[bound.toLowerCase()]
      delete schema[bound.toLowerCase()]
    }
  }
  if (schema['nullable'] !== true) return schema
  const { nullable: _nullable, ...rest } = schema
  if (rest['enum'] !== undefined || rest['$ref'] !== undefined || rest['type'] === undefined) return { anyOf: [rest, { type: 'null' }] }
  return { ...rest, type: [...(Array.isArray(rest['type']) ? (rest['type'] as unknown[]) : [rest['type']]), 'null'] }
}
