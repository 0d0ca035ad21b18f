import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseEventLines } from '../../../electron/parsing/event-line'
import { failureCause, fromText } from '../../../electron/parsing/failure-cause'
import type { FailureEvidence } from '../../../electron/parsing/failure-cause'
import { meaningfulLines } from '../../../electron/parsing/meaningful-lines'
import type { FailureCauseKind } from '../../../electron/shared/job-state'

const fixtures = resolve(import.meta.dirname, '..', '..', 'fixtures', 'failures')

/** What every captured run has to be called, and a piece of the evidence that a person needs. */
const expected: Readonly<Record<string, { kind: FailureCauseKind; evidence: RegExp; details?: Readonly<Record<string, string | number>> }>> = {
  'out-of-memory-allocator': { kind: 'out-of-memory', evidence: /DefaultCPUAllocator/, details: { memory: 'cpu', requestedBytes: 132_120_576 } },
  'out-of-memory-python': { kind: 'out-of-memory', evidence: /MemoryError/, details: { memory: 'cpu' } },
  'out-of-memory-kernel': { kind: 'out-of-memory', evidence: /SIGKILL/, details: { memory: 'cpu' } },
  'missing-package-torch': { kind: 'missing-package', evidence: /No module named 'torch'/, details: { package: 'torch' } },
  'missing-package-bitsandbytes': { kind: 'missing-package', evidence: /requires bitsandbytes/, details: { package: 'bitsandbytes' } },
  'environment-versions': { kind: 'environment', evidence: /tokenizers>=0\.23\.1/ },
  'missing-model-folder': { kind: 'missing-model', evidence: /a model that was moved away/ },
  'missing-model-damaged': { kind: 'missing-model', evidence: /SafetensorError/ },
  'missing-model-offline': { kind: 'missing-model', evidence: /couldn't find them in the cached files/ },
  'gated-model': { kind: 'gated-model', evidence: /gated/ },
  'bad-data-row': { kind: 'bad-data', evidence: /Line 18 of .* is not JSON/ },
  'bad-data-nothing-trained': { kind: 'bad-data', evidence: /Nothing in the data would be trained/ },
  'bad-data-no-file': { kind: 'bad-data', evidence: /gone\.jsonl/ },
  'bad-data-encoding': { kind: 'bad-data', evidence: /can't decode byte/ },
  'disk-full': { kind: 'disk-full', evidence: /unexpected pos|No space left/ },
  'nan-loss': { kind: 'nan-loss', evidence: /not a finite number/ },
  killed: { kind: 'killed', evidence: /SIGKILL/, details: { signal: 'SIGKILL' } },
  'driver-no-gpu': { kind: 'driver', evidence: /finds no CUDA GPU/ },
}

/** `events: false`: as if events.jsonl had been lost, or the script were not ours. */
function evidenceOf(name: string, events = true): FailureEvidence {
  const read = (file: string) => readFileSync(join(fixtures, name, file), 'utf8')
  const status = JSON.parse(read('status.json')) as { exitCode: number | null; signal: string | null; oomKills: number | null }
  const parsed = events && existsSync(join(fixtures, name, 'events.jsonl')) ? parseEventLines(read('events.jsonl')) : null
  // A full disk cuts one line short.
  expect(parsed?.malformed ?? 0).toBe(name === 'disk-full' && parsed !== null ? 1 : 0)
  const error = parsed?.events.findLast((event) => event.kind === 'error') ?? null
  return { exitCode: status.exitCode, signal: status.signal, oomKills: status.oomKills, consoleText: read('console.txt'), error, lossNonfinite: false, freeDiskBytes: 1e12 }
}

const quiet: FailureEvidence = { exitCode: 1, signal: null, consoleText: '', error: null, lossNonfinite: false, oomKills: 0, freeDiskBytes: 1e12 }

describe('failureCause on runs that really failed', () => {
  it('has a case for every captured run (a new log without an expectation would test nothing)', () => {
    const folders = readdirSync(fixtures, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    expect(folders.sort()).toEqual(Object.keys(expected).sort())
  })

  for (const [name, { kind, evidence, details }] of Object.entries(expected)) {
    it(`${name}: ${kind}`, () => {
      const cause = failureCause(evidenceOf(name))
      expect(cause.kind).toBe(kind)
      expect(cause.evidence).toMatch(evidence)
      if (details !== undefined) expect(cause.details).toMatchObject(details)
    })

    it(`${name}: the same from the console alone`, () => {
      expect(failureCause(evidenceOf(name, false)).kind).toBe(kind)
    })
  }

  it('shows lines that say what happened, for every captured run', () => {
    for (const [name, { kind, evidence }] of Object.entries(expected)) {
      const lines = meaningfulLines(readFileSync(join(fixtures, name, 'console.txt'), 'utf8'))
      expect(lines.length).toBeLessThanOrEqual(40)
      expect(lines.length).toBeGreaterThan(0)
      // A kill says nothing in the console, and a full disk cuts it.
      if (!/SIGKILL/.test(evidence.source) && kind !== 'disk-full') expect(lines.join('\n')).toMatch(evidence)
    }
  })
})

describe('failureCause on quoted messages (no GPU here: these are the texts of PyTorch and the driver, not captured runs)', () => {
  it('reads the sizes of a CUDA out-of-memory, in the new and the old spelling', () => {
    const text = 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.22 GiB. GPU 0 has a total capacity of 79.15 GiB of which 228.38 MiB is free. Including non-PyTorch memory, this process has 78.93 GiB memory in use.'
    expect(fromText(text)).toMatchObject({ kind: 'out-of-memory', details: { memory: 'gpu', requestedBytes: Math.round(2.22 * 1024 ** 3), totalBytes: Math.round(79.15 * 1024 ** 3), freeBytes: Math.round(228.38 * 1024 ** 2) } })
    expect(fromText('torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 23.65 GiB total capacty)')).toMatchObject({ kind: 'out-of-memory', details: { requestedBytes: 20 * 1024 ** 2 } })
  })

  it('tells a driver problem from one of memory', () => {
    expect(fromText('RuntimeError: The NVIDIA driver on your system is too old (found version 11040).')?.kind).toBe('driver')
    expect(fromText('RuntimeError: CUDA error: no kernel image is available for execution on the device')?.kind).toBe('driver')
    expect(fromText('RuntimeError: CUDA error: out of memory')?.kind).toBe('out-of-memory')
  })
})

describe('failureCause from the process', () => {
  it('takes the kernel\'s word for a kill: memory, or somebody', () => {
    expect(failureCause({ ...quiet, exitCode: null, signal: 'SIGKILL', oomKills: 1 }).kind).toBe('out-of-memory')
    expect(failureCause({ ...quiet, exitCode: null, signal: 'SIGKILL', oomKills: null }).kind).toBe('killed')
    expect(failureCause({ ...quiet, exitCode: 137 }).details).toEqual({ signal: 'SIGKILL' })
    expect(failureCause({ ...quiet, exitCode: null, signal: 'SIGTERM', oomKills: 1 }).kind).toBe('killed')
  })

  it('does not take an old warning or quoted source for the cause', () => {
    const text = 'UserWarning: CUDA out of memory was seen before\nTraceback (most recent call last):\n  File "a.py", line 1, in f\n    raise ImportError("CUDA out of memory? No space left on device")\nValueError: something new\n'
    expect(failureCause({ ...quiet, consoleText: text }).kind).toBe('unknown')
  })

  it('finds the cause behind an exception that hides it', () => {
    const text = "Traceback (most recent call last):\n  File \"a.py\", line 1\nModuleNotFoundError: No module named 'peft'\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"b.py\", line 2\nRuntimeError: it did not work\n"
    expect(failureCause({ ...quiet, consoleText: text })).toMatchObject({ kind: 'missing-package', details: { package: 'peft' } })
  })

  it('calls what nobody knows unknown, with the last lines as evidence', () => {
    expect(failureCause({ ...quiet, exitCode: 7, consoleText: 'a\nb\nlast words\n' })).toMatchObject({ kind: 'unknown', evidence: 'Exit code 7.\na\nb\nlast words' })
    expect(failureCause({ ...quiet, consoleText: `${'x'.repeat(90_000)}\n`.repeat(3) }).evidence.length).toBeLessThanOrEqual(2_000)
  })
})
