import { describe, expect, it } from 'vitest'
import { cyclesOf, filesUnder, importsOf, readSource, sourceGraph } from '../support/source-graph'
import type { Import, SourceFile } from '../support/source-graph'

interface Layer {
  /** Folders whose values may be used. */
  readonly uses: readonly string[]
  /** Folders of which only types may be used. */
  readonly types?: readonly string[]
  /** Packages; `node:` stands for all of Node. Absent: any but `electron`, better-sqlite3 and node-pty. */
  readonly packages?: readonly string[]
}

const everyLayer = ['shared', 'domain', 'codegen', 'parsing', 'datasets', 'hardware', 'process', 'storage', 'backends', 'services', 'inference', 'remote', 'engine']

/** The layout of docs/architecture.md as a table; domain, codegen and parsing are pure, so using them costs nothing. A folder that is not here must not exist. */
const layers: Readonly<Record<string, Layer>> = {
  shared: { uses: [], packages: ['zod'] },
  domain: { uses: ['shared'], packages: [] },
  codegen: { uses: ['shared'], packages: [] },
  parsing: { uses: ['shared'], packages: ['fast-xml-parser'] },
  datasets: { uses: ['shared', 'domain'] },
  hardware: { uses: ['shared', 'parsing', 'process'] },
  process: { uses: ['shared', 'parsing', 'domain'], packages: ['node:', 'node-pty', 'zod'] },
  storage: { uses: ['shared', 'domain'], packages: ['node:', 'better-sqlite3', 'zod'] },
  backends: { uses: ['shared', 'domain', 'codegen', 'parsing', 'process', 'remote'] },
  services: { uses: ['shared', 'domain', 'codegen'], types: everyLayer, packages: ['zod', 'node:path', 'node:crypto', 'node:events', 'node:timers/promises'] },
  inference: { uses: ['shared', 'parsing', 'process'] },
  remote: { uses: ['shared', 'domain', 'parsing'] },
  engine: { uses: everyLayer },
  main: { uses: ['shared'], types: ['engine'], packages: ['electron', 'node:', 'zod'] },
  preload: { uses: [], types: ['shared'], packages: ['electron'] },
}

const closedPackages = ['electron', 'better-sqlite3', 'node-pty']
const electronFiles = sourceGraph(filesUnder('electron', ['.ts']))
const rendererFiles = sourceGraph(filesUnder('renderer/src', ['.ts', '.tsx']))

const folderOf = (path: string): string => path.split('/')[1] ?? ''

function breaches({ path, imports }: SourceFile): readonly string[] {
  const folder = folderOf(path)
  const layer = layers[folder]
  if (layer === undefined) return [`${path}: no layer is called ${folder}`]
  const own = folder === 'backends' ? backendBreaches(path, imports) : []
  return [...own, ...imports.filter((item) => !allowed(item, folder, layer)).map(({ target, typeOnly }) => `${path} imports ${typeOnly ? 'types of ' : ''}${target}`)]
}

function allowed({ target, kind, typeOnly }: Import, folder: string, layer: Layer): boolean {
  if (kind === 'package') {
    if (layer.packages === undefined) return typeOnly || !closedPackages.includes(target)
    return layer.packages.some((name) => target === name || (name === 'node:' && target.startsWith('node:')))
  }
  if (!target.startsWith('electron/')) return false
  const to = folderOf(target)
  return to === folder || layer.uses.includes(to) || (typeOnly && (layer.types ?? []).includes(to))
}

/** Implementations of one backend must not lean on another's; they share files that are no backend. */
function backendBreaches(path: string, imports: readonly Import[]): readonly string[] {
  const backend = /^electron\/backends\/([\w-]+)-backend\.ts$/
  if (!backend.test(path)) return []
  return imports.filter(({ target, typeOnly }) => !typeOnly && backend.test(target) && target !== 'electron/backends/training-backend.ts').map(({ target }) => `${path} imports the backend ${target}`)
}

describe('layers', () => {
  it('electron/ imports only what the table allows (catches a use case that reads files, or a window that reaches into the engine)', () => {
    expect(electronFiles.length).toBeGreaterThan(50)
    expect(electronFiles.flatMap(breaches)).toEqual([])
  })

  it('renderer/ knows electron/shared, the pure series code, and no Node (catches a page that would need an open sandbox)', () => {
    /** Reduction of series is the same decision in the engine and on the canvas, so it is written once, in the domain. */
    const shared = ['renderer/', 'electron/shared/', 'electron/domain/series/']
    const bad = rendererFiles.flatMap(({ path, imports }) =>
      imports
        .filter(({ target, kind }) => (kind === 'package' ? target.startsWith('node:') || closedPackages.includes(target) : !shared.some((folder) => target.startsWith(folder))))
        .map(({ target }) => `${path} imports ${target}`),
    )
    expect(rendererFiles.length).toBeGreaterThan(10)
    expect(bad).toEqual([])
  })

  it('no two files import each other, directly or round a corner (catches load orders that work by chance)', () => {
    expect(cyclesOf([...electronFiles, ...rendererFiles]).map((cycle) => cycle.join(' -> '))).toEqual([])
  })

  it('no barrels and no utils (catches names that say nothing)', () => {
    const entries = ['electron/main/index.ts', 'electron/preload/index.ts']
    const files = [...electronFiles, ...rendererFiles].map(({ path }) => path)
    expect(files.filter((path) => /\/(index|utils?|helpers?|misc|common)\.tsx?$/.test(path) && !entries.includes(path))).toEqual([])
  })

  it('imports of our own files name no ending and resolve (catches a file that only the bundler finds)', () => {
    const known = new Set([...electronFiles, ...rendererFiles].map(({ path }) => path))
    const loose = [...electronFiles, ...rendererFiles].flatMap(({ path, imports }) =>
      imports.filter(({ target, kind }) => kind === 'file' && !known.has(target) && !/\.(css|svg|png|json|sql)$/.test(target)).map(({ target }) => `${path} imports ${target}`),
    )
    expect(loose).toEqual([])
  })

  it('a file over 400 lines says why in its header (catches stores of 8,000 lines)', () => {
    const files = ['electron', 'renderer', 'scripts', 'python-templates', 'test'].flatMap((folder) => filesUnder(folder, ['.ts', '.tsx', '.mjs', '.py', '.css']))
    const long = files.filter((path) => !path.startsWith('test/fixtures/') && readSource(path).trimEnd().split('\n').length > 400)
    expect(long.filter((path) => !/400 lines/.test(readSource(path).split('\n').slice(0, 15).join('\n')))).toEqual([])
  })
})

describe('the reader of imports', () => {
  it('sees every form of import (catches a rule that passes because it looks away)', () => {
    const text = `import { a } from '../domain/a'
import type { B } from '../domain/b'
import { type C, type D } from '../domain/c'
import { type E, f } from '../domain/e'
export { g } from '../domain/g'
const h = await import('../domain/h')
type I = import('../domain/i').I
import 'node:fs'`
    expect(importsOf('electron/engine/x.ts', text).map(({ target, typeOnly }) => [target, typeOnly])).toEqual([
      ['electron/domain/a', false],
      ['electron/domain/b', true],
      ['electron/domain/c', true],
      ['electron/domain/e', false],
      ['electron/domain/g', false],
      ['electron/domain/h', false],
      ['electron/domain/i', true],
      ['node:fs', false],
    ])
  })

  it('finds a cycle of three (catches a search that sees only pairs)', () => {
    const file = (path: string, target: string): SourceFile => ({ path, imports: [{ target, kind: 'file', typeOnly: false }] })
    expect(cyclesOf([file('a', 'b'), file('b', 'c'), file('c', 'a')])).toEqual([['a', 'b', 'c', 'a']])
  })
})
