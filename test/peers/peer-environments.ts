// Where scripts/peers.mjs put the two Python environments of the tests' AWS.
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const cache = resolve(import.meta.dirname, '..', '..', '.cache')
const programs = process.platform === 'win32' ? 'Scripts' : 'bin'

function programOf(environment: 'peers-env' | 'toolkit-env', name: string): string {
  const path = join(cache, environment, programs, name)
  if (!existsSync(path)) throw new Error(`The tests' AWS is not installed: ${path} is missing. Run npm test once, or node scripts/peers.mjs.`)
  return path
}

export const motoProgram = (): string => programOf('peers-env', 'moto_server')
export const toolkitPython = (): string => programOf('toolkit-env', 'python')
/** Folder of the toolkit's programs, `train` among them. */
export const toolkitPrograms = (): string => join(toolkitPython(), '..')

/** botocore's description of a service, such as `sagemaker/2017-07-24`. */
export function serviceModelPath(service: string): string {
  const lib = join(cache, 'peers-env', 'lib')
  const version = existsSync(lib) ? readdirSync(lib).find((name) => name.startsWith('python3.')) : undefined
  const packages = version === undefined ? join(cache, 'peers-env', 'Lib', 'site-packages') : join(lib, version, 'site-packages')
  const path = join(packages, 'botocore', 'data', ...service.split('/'), 'service-2.json.gz')
  if (!existsSync(path)) throw new Error(`AWS's model of ${service} is missing at ${path}. Run npm test once, or node scripts/peers.mjs.`)
  return path
}
