// Writes resources/licenses.json for the About page: name, version and licence of Electron and of every npm package that ends in
// the app, which is what the sources import and all that those packages depend on. Part of the build.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Stop, at, main, say } from './project.mjs'

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

/** Packages that a source imports; a type leaves nothing behind in the app. */
export function packagesOf(source) {
  const names = [...source.matchAll(/^\s*(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?['"]([^'".][^'"]*)['"]|\bimport\(\s*['"]([^'".][^'"]*)['"]\s*\)|@import\s+(?:url\()?['"]([^'".][^'"]*)['"]/gm)]
    .map((found) => found[1] ?? found[2] ?? found[3])
    .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
  return names.map((name) => name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/'))
}

function sourcesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|css)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
}

/** Where a package finds another one: beside it, or in a folder further up. */
function resolve(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules')))) {
    const path = `${folder === '' || folder.endsWith('/') ? folder : `${folder}/`}node_modules/${name}`
    if (packages[path] !== undefined) return path
    if (folder === '') return null
  }
}

const isTypes = (path) => /\/@(react-)?types\/|-types$/.test(path)

export function licenses() {
  const { packages } = readJson(at('package-lock.json'))
  const wanted = new Set([...sourcesUnder(at('electron')), ...sourcesUnder(at('renderer', 'src'))].flatMap(packagesOf))
  const found = new Set()
  const add = (from, name, optional) => {
    const path = resolve(packages, from, name)
    if (path === null && !optional) throw new Stop(`package-lock.json has no ${name}`)
    // An optional package of another system is in the lock file but not on the disk.
    if (path === null || found.has(path) || !existsSync(at(path))) return
    found.add(path)
    // Electron's own packages only download it; a package of types is gone after the build, with what its types are made of.
    if (name === 'electron' || isTypes(path)) return
    for (const dependency of Object.keys(packages[path].dependencies ?? {})) add(path, dependency, false)
    for (const dependency of Object.keys({ ...packages[path].peerDependencies, ...packages[path].optionalDependencies })) add(path, dependency, true)
  }
  for (const name of wanted) add('', name, false)
  const list = [...found].filter((path) => !isTypes(path)).map((path) => {
    const { name, version, license } = readJson(at(path, 'package.json'))
    if (typeof license !== 'string') throw new Stop(`${name} states no licence in its package.json`)
    return { name, version, license }
  })
  const unique = new Map(list.map((one) => [`${one.name}@${one.version}`, one]))
  return [...unique.values()].sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version))
}

export function writeLicenses(path = at('resources', 'licenses.json')) {
  const list = licenses()
  writeFileSync(path, `${JSON.stringify(list, null, 1)}\n`)
  return list.length
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(() => {
    say(`${writeLicenses()} packages in resources/licenses.json`)
  })
}
