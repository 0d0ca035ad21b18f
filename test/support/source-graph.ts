import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const repository = fileURLToPath(new URL('../../', import.meta.url))

/** One import as written: a file of ours (path from the repository) or the name of a package. */
export interface Import {
  readonly target: string
  readonly kind: 'file' | 'package'
  readonly typeOnly: boolean
  /** `import()`: loaded when it is reached, and not before the file runs. */
  readonly lazy?: true
}

export interface SourceFile {
  /** Path from the repository, with forward slashes. */
  readonly path: string
  readonly imports: readonly Import[]
}

const posix = (path: string): string => path.split(sep).join('/')

/** All files below `folder` with one of the endings, as paths from the repository. */
export function filesUnder(folder: string, endings: readonly string[]): readonly string[] {
  if (!existsSync(join(repository, folder))) return []
  return readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => posix(relative(repository, join(entry.parentPath, entry.name))))
    .filter((path) => !path.includes('node_modules/') && !path.includes('__pycache__/'))
    .sort()
}

export const readSource = (path: string): string => readFileSync(join(repository, path), 'utf8')

/** Parses the imports of TypeScript files, dynamic ones and re-exports included. */
export const sourceGraph = (paths: readonly string[]): readonly SourceFile[] => paths.map((path) => ({ path, imports: importsOf(path, readSource(path)) }))

export function importsOf(path: string, text: string): readonly Import[] {
  const found: Import[] = []
  const add = (specifier: ts.Expression | undefined, typeOnly: boolean, lazy = false) => {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) found.push({ ...resolveImport(path, specifier.text, typeOnly), ...(lazy ? { lazy } : {}) })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node.importClause))
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false, true)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal as ts.Expression, true)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, path.endsWith('.tsx') ? ts.ScriptKind.TSX : ts.ScriptKind.TS))
  return found
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const named = clause.namedBindings
  return clause.name === undefined && named !== undefined && ts.isNamedImports(named) && named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly)
}

function resolveImport(from: string, specifier: string, typeOnly: boolean): Import {
  if (!specifier.startsWith('.')) return { target: specifier, kind: 'package', typeOnly }
  const base = resolve(repository, dirname(from), specifier.replace(/\?.*$/, ''))
  const file = [base, `${base}.ts`, `${base}.tsx`].find((candidate) => existsSync(candidate))
  return { target: posix(relative(repository, file ?? base)), kind: 'file', typeOnly }
}

/** What is loaded before the first line of `entry` runs: its own files, and the packages with the file that asks for each. */
export function loadedWith(entry: string, files: readonly SourceFile[]): { readonly files: readonly string[]; readonly packages: ReadonlyMap<string, string> } {
  const graph = new Map(files.map(({ path, imports }) => [path, imports.filter(({ typeOnly, lazy }) => !typeOnly && lazy !== true)]))
  const seen = new Set<string>()
  const packages = new Map<string, string>()
  const walk = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    for (const { target, kind } of graph.get(path) ?? []) {
      if (kind === 'file') walk(target)
      else if (!packages.has(target)) packages.set(target, path)
    }
  }
  walk(entry)
  return { files: [...seen], packages }
}

/** Every cycle once, as the list of its files. */
export function cyclesOf(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const graph = new Map(files.map(({ path, imports }) => [path, imports.filter(({ kind }) => kind === 'file').map(({ target }) => target)]))
  const state = new Map<string, 'open' | 'done'>()
  const cycles: string[][] = []
  const walk = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return
    if (state.get(path) === 'open') {
      cycles.push([...trail.slice(trail.indexOf(path)), path])
      return
    }
    state.set(path, 'open')
    for (const next of graph.get(path) ?? []) if (graph.has(next)) walk(next, [...trail, path])
    state.set(path, 'done')
  }
  for (const path of graph.keys()) walk(path, [])
  return cycles
}
