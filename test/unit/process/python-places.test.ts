import { describe, expect, it } from 'vitest'
import { uvCandidates } from '../../../electron/process/environments/package-installer'
import { pythonCandidates } from '../../../electron/process/environments/python-finder'

const commands = (platform: NodeJS.Platform): readonly string[] => pythonCandidates(platform).map((command) => command.join(' '))

describe('where a Python is looked for', () => {
  it('looks on macOS where Homebrew and python.org put one (an app that the Finder starts found none)', () => {
    const found = commands('darwin')
    for (const path of ['/opt/homebrew/bin/python3.12', '/usr/local/bin/python3.11', '/Library/Frameworks/Python.framework/Versions/3.13/bin/python3.13']) expect(found).toContain(path)
    expect(found[0]).toBe('python3.11')
    // The bare name is Apple's, which opens a window where its developer tools are missing.
    expect(found.indexOf('python3')).toBeGreaterThan(found.findLastIndex((command) => command.startsWith('/')))
  })

  it('looks elsewhere on the PATH alone', () => {
    expect(commands('linux')).toEqual(['python3.11', 'python3.12', 'python3.13', 'python3', 'python'])
    expect(commands('win32')).toEqual(['py -3.11', 'py -3.12', 'py -3.13', 'python', 'python3'])
  })

  it('finds uv on macOS as well', () => {
    expect(uvCandidates('darwin', '/Users/me')).toEqual(['uv', '/opt/homebrew/bin/uv', '/usr/local/bin/uv', '/Users/me/.local/bin/uv'])
    expect(uvCandidates('linux', '/home/me')).toEqual(['uv'])
  })
})
