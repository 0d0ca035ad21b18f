import { describe, expect, it } from 'vitest'
import { installProblem, installProgress, pipSources, withoutPasswords } from '../../../electron/parsing/pip-output'

describe('progress of an installation', () => {
  it('reads bytes of a download, so that the bar of a 1 GB torch moves', () => {
    expect(installProgress('Progress 1048576 of 4194304')).toEqual({ kind: 'download', doneBytes: 1_048_576, totalBytes: 4_194_304 })
  })
  it('counts a package once: the Downloading line of the same package is not another', () => {
    expect(installProgress('Collecting peft==0.21.0 (from -r cpu.txt (line 9))')).toEqual({ kind: 'package', name: 'peft' })
    expect(installProgress('  Downloading peft-0.21.0-py3-none-any.whl (500 kB)')).toBeNull()
  })
})

describe('cause of a failed installation', () => {
  it.each([
    ['ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device', 'disk-full'],
    ['ERROR: No matching distribution found for torch==2.13.0', 'no-matching-version'],
    ['The virtual environment was not created successfully because ensurepip is not\navailable.  On Debian/Ubuntu systems, you need to install the python3-venv\npackage using the following command.', 'no-ensurepip'],
    ['The virtual environment was not created successfully because ensurepip is not available.', 'no-ensurepip'],
    ["WARNING: Retrying after connection broken by 'NewConnectionError: Temporary failure in name resolution'", 'network'],
    ['', 'unknown'],
  ])('names %j as %s', (output, code) => {
    expect(installProblem(output).code).toBe(code)
  })
  // pip 23.2, with nothing listening at the index and with a name that does not resolve.
  it.each([
    ["'NewConnectionError('<pip._vendor.urllib3.connection.HTTPConnection object at 0x7fa2904ca7d0>: Failed to establish a new connection: [Errno 111] Connection refused')'"],
    ["'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7fd571fbee90>: Failed to establish a new connection: [Errno -2] Name or service not known')'"],
  ])('does not say that a version is missing when nobody could be asked: %s', (broken) => {
    const lines = [
      `WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by ${broken}: /simple/tiny-one/`,
      'ERROR: Could not find a version that satisfies the requirement tiny-one==1.0 (from versions: none)',
      'ERROR: No matching distribution found for tiny-one==1.0',
    ]
    expect(installProblem(lines.join('\n'))).toMatchObject({ code: 'network', message: lines[0] })
    expect(installProblem(lines.slice(1).join('\n')).code).toBe('no-matching-version')
    // One of several places did not answer, another has the package in other versions.
    expect(installProblem(lines.join('\n').replace('none', '1.1, 1.2')).code).toBe('no-matching-version')
  })
  it('quotes the line that shows it', () => {
    expect(installProblem('a\nOSError: [Errno 28] No space left on device\nb').message).toContain('Errno 28')
  })
})

it('hands uv what pip is configured with, or uv would take a CUDA torch', () => {
  const told = pipSources("global.extra-index-url='file:///a/simple file:///b/simple'\nglobal.find-links='/wheels'\n:env:.find-links='/wheels'\nglobal.cert='/x'\n")
  expect(told).toEqual({ index: null, extra: ['file:///a/simple', 'file:///b/simple'], findLinks: ['/wheels'] })
})

it('shows no password of an index, in a log line or in a problem', () => {
  expect(withoutPasswords('Looking in indexes: https://me:secret@host/simple, http://host/plain')).toBe('Looking in indexes: https://***@host/simple, http://host/plain')
  expect(installProblem('ERROR: No matching distribution found for torch (from https://me:secret@host/simple)').message).not.toContain('secret')
})
