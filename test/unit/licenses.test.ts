import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { repository } from '../support/start-engine'

interface License {
  readonly name: string
  readonly version: string
  readonly license: string
}
/** The script's own functions, under plain Node as the build runs them. */
const run = (expression: string): unknown =>
  JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', `import { licenses, packagesOf } from './scripts/licenses.mjs'; console.log(JSON.stringify(${expression}))`], { cwd: repository, encoding: 'utf8' }))

describe('licences of the About page', () => {
  it('name what ends in the app, what that depends on, and nothing that does not ship (catches a build tool, a downloader or types in the list)', () => {
    const list = run('licenses()') as License[]
    const names = list.map(({ name }) => name)
    // Imported, a native module, only in the engine, a dependency of a dependency.
    for (const name of ['react', 'better-sqlite3', 'undici', 'scheduler', 'electron', 'chart.js']) expect(names, name).toContain(name)
    for (const name of ['vitest', 'typescript', 'eslint', 'vite', '@types/react', '@react-types/shared', 'csstype', '@electron/get', 'extract-zip', 'got', 'electron-builder']) expect(names, name).not.toContain(name)
    expect(list.filter(({ license, version }) => license === '' || !/^\d/.test(version))).toEqual([])
    // None that asks for the app's own source.
    expect(list.filter(({ license }) => /GPL/.test(license))).toEqual([])
  })

  it('reads imports of every form, and leaves types and own files out', () => {
    const source = ["import a from 'a'", "import { b } from '@scope/b/deep'", "import 'c/style.css'", "export { d } from 'd'", "await import('e')", "import type { T } from 'types'", "import './own'", "import fs from 'node:fs'", "import {", '  f,', "} from 'f'"].join('\n')
    expect(run(`packagesOf(${JSON.stringify(source)})`)).toEqual(['a', '@scope/b', 'c', 'd', 'e', 'f'])
  })
})
