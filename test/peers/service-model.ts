// AWS's own description of its services, as botocore ships it, and a walker that checks a request or an answer against it:
// required, type, unknown members, lengths, ranges, patterns, enums. botocore's validator leaves the last four out.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { serviceModelPath } from './peer-environments'

interface Member {
  readonly shape: string
  readonly jsonvalue?: boolean
}

interface Shape {
  readonly type: string
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, Member>>
  readonly member?: Member
  readonly key?: Member
  readonly value?: Member
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
  readonly enum?: readonly string[]
}

interface Operation {
  readonly name: string
  readonly input?: { readonly shape: string }
  readonly output?: { readonly shape: string; readonly resultWrapper?: string }
}

interface Description {
  readonly metadata: { readonly protocol: string; readonly targetPrefix?: string }
  readonly operations: Readonly<Record<string, Operation>>
  readonly shapes: Readonly<Record<string, Shape>>
}

export interface ServiceModel {
  readonly description: Description
  readonly operations: readonly string[]
  /** What is wrong with a request of an operation, each as AWS words it; empty: nothing. */
  requestProblems(operation: string, value: unknown): readonly string[]
  /** The same for an answer. */
  answerProblems(operation: string, value: unknown): readonly string[]
}

const models = new Map<string, ServiceModel>()

/** The model of a service, such as `sagemaker/2017-07-24`; each is read once. */
export function serviceModel(service: string): ServiceModel {
  const known = models.get(service)
  if (known !== undefined) return known
  const description = JSON.parse(gunzipSync(readFileSync(serviceModelPath(service))).toString('utf8')) as Description
  const problems = (shape: string | undefined, value: unknown): readonly string[] => (shape === undefined ? emptyProblems(value) : walk(description.shapes, shape, value, ''))
  const model: ServiceModel = {
    description,
    operations: Object.keys(description.operations),
    requestProblems: (operation, value) => problems(operationOf(description, operation).input?.shape, value),
    answerProblems: (operation, value) => problems(operationOf(description, operation).output?.shape, value),
  }
  models.set(service, model)
  return model
}

function operationOf(description: Description, name: string): Operation {
  const operation = description.operations[name]
  if (operation === undefined) throw new Error(`AWS's model has no operation ${name}`)
  return operation
}

const emptyProblems = (value: unknown): readonly string[] => (value === undefined || JSON.stringify(value) === '{}' ? [] : ['a value where the operation has none'])

type Shapes = Readonly<Record<string, Shape>>

function walk(shapes: Shapes, name: string, value: unknown, path: string): readonly string[] {
  const shape = shapes[name]
  if (shape === undefined) return [`no shape ${name}`]
  switch (shape.type) {
    case 'structure':
      return structureProblems(shapes, shape, value, path)
    case 'list':
      if (!Array.isArray(value)) return [typeProblem(value, path, 'list')]
      return [...sizeProblems(shape, value.length, value, path, 'length'), ...value.flatMap((item, index) => walk(shapes, shape.member?.shape ?? '', item, `${path}.${index + 1}.member`))]
    case 'map':
      return mapProblems(shapes, shape, value, path)
    case 'string':
      return stringProblems(shape, value, path)
    case 'integer':
    case 'long':
      if (typeof value !== 'number' || !Number.isInteger(value)) return [typeProblem(value, path, shape.type)]
      return sizeProblems(shape, value, value, path, 'value')
    case 'float':
    case 'double':
      if (typeof value !== 'number') return [typeProblem(value, path, shape.type)]
      return sizeProblems(shape, value, value, path, 'value')
    case 'timestamp':
      return typeof value === 'number' ? [] : [typeProblem(value, path, 'timestamp')]
    case 'boolean':
      return typeof value === 'boolean' ? [] : [typeProblem(value, path, 'boolean')]
    case 'blob':
      return typeof value === 'string' ? [] : [typeProblem(value, path, 'blob')]
    default:
      return [`a shape of type ${shape.type} at '${path}'`]
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)

function structureProblems(shapes: Shapes, shape: Shape, value: unknown, path: string): readonly string[] {
  if (!isRecord(value)) return [typeProblem(value, path, 'structure')]
  const members = shape.members ?? {}
  const missing = (shape.required ?? []).filter((name) => value[name] === undefined || value[name] === null).map((name) => constraint('null', join(path, name), 'Member must not be null'))
  const present = Object.entries(value).flatMap(([name, item]) => {
    const member = members[name]
    if (member === undefined) return [`Unknown member '${name}' at '${path === '' ? 'the request' : path}'`]
    return item === undefined || item === null || member.jsonvalue === true ? [] : walk(shapes, member.shape, item, join(path, name))
  })
  return [...missing, ...present]
}

function mapProblems(shapes: Shapes, shape: Shape, value: unknown, path: string): readonly string[] {
  if (!isRecord(value)) return [typeProblem(value, path, 'map')]
  const entries = Object.entries(value)
  const inside = entries.flatMap(([key, item]) => [...walk(shapes, shape.key?.shape ?? '', key, `${path}.key`), ...walk(shapes, shape.value?.shape ?? '', item, `${path}.${key}.member`)])
  return [...sizeProblems(shape, entries.length, value, path, 'length'), ...inside]
}

const patterns = new Map<string, RegExp>()

/** AWS matches a pattern against the whole value. */
function patternOf(text: string): RegExp {
  const known = patterns.get(text)
  if (known !== undefined) return known
  const source = text.replaceAll('\\p{Alnum}', 'a-zA-Z0-9')
  const made = new RegExp(`^(?:${source})$`, source.includes('\\p{') ? 'u' : '')
  patterns.set(text, made)
  return made
}

function stringProblems(shape: Shape, value: unknown, path: string): readonly string[] {
  if (typeof value !== 'string') return [typeProblem(value, path, 'string')]
  const found = [...sizeProblems(shape, value.length, value, path, 'length')]
  if (shape.pattern !== undefined && !patternOf(shape.pattern).test(value)) found.push(constraint(value, path, `Member must satisfy regular expression pattern: ${shape.pattern}`))
  if (shape.enum !== undefined && !shape.enum.includes(value)) found.push(constraint(value, path, `Member must satisfy enum value set: [${shape.enum.join(', ')}]`))
  return found
}

function sizeProblems(shape: Shape, size: number, value: unknown, path: string, what: 'length' | 'value'): readonly string[] {
  const than = (side: string, limit: number): string => constraint(value, path, `Member must have ${what} ${side} than or equal to ${limit}`)
  return [...(shape.min !== undefined && size < shape.min ? [than('greater', shape.min)] : []), ...(shape.max !== undefined && size > shape.max ? [than('less', shape.max)] : [])]
}

const join = (path: string, name: string): string => `${path === '' ? '' : `${path}.`}${name.charAt(0).toLowerCase()}${name.slice(1)}`
const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 200)
const constraint = (value: unknown, path: string, rule: string): string => `Value '${shown(value)}' at '${path}' failed to satisfy constraint: ${rule}`
const typeProblem = (value: unknown, path: string, type: string): string => `Value '${shown(value)}' at '${path}' is no ${type}`
