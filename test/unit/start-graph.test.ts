import { describe, expect, it } from 'vitest'
import { filesUnder, loadedWith, sourceGraph } from '../support/source-graph'

const files = sourceGraph([...filesUnder('electron', ['.ts']), ...filesUnder('renderer/src', ['.ts', '.tsx'])])

describe('what is loaded to start', () => {
  it('the window: React, its controls and icons, the stores; no other package (catches zod, a chart, an editor or a terminal before the first paint)', () => {
    const { files: own, packages } = loadedWith('renderer/src/main.tsx', files)
    expect(own.length).toBeGreaterThan(20)
    const allowed = ['react', 'react-dom/client', 'react-aria-components', 'lucide-react', 'zustand']
    expect([...packages].filter(([name]) => !allowed.includes(name)).map(([name, by]) => `${by} loads ${name}`)).toEqual([])
  })

  it('main: Electron and Node only (catches a library that is read before there is a window)', () => {
    const { files: own, packages } = loadedWith('electron/main/index.ts', files)
    expect(own.length).toBeGreaterThan(20)
    expect([...packages].filter(([name]) => name !== 'electron' && !name.startsWith('node:')).map(([name, by]) => `${by} loads ${name}`)).toEqual([])
  })

  it('an import that is reached later does not count, one for types neither (catches a test that can not tell them apart)', () => {
    const file = (path: string, imports: { target: string; kind: 'file' | 'package'; typeOnly?: boolean; lazy?: true }[]) => ({ path, imports: imports.map((one) => ({ typeOnly: false, ...one })) })
    const graph = [
      file('a', [{ target: 'b', kind: 'file' }, { target: 'c', kind: 'file', lazy: true }, { target: 'd', kind: 'file', typeOnly: true }]),
      file('b', [{ target: 'p', kind: 'package' }, { target: 'a', kind: 'file' }]), file('c', [{ target: 'q', kind: 'package' }]), file('d', [{ target: 'r', kind: 'package' }]),
    ]
    expect(loadedWith('a', graph)).toEqual({ files: ['a', 'b'], packages: new Map([['p', 'b']]) })
  })
})
