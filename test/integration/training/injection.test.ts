import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobSpec } from '../../../electron/shared/job-spec'
import { runPython, testPythonFolder, testSpec, writeRun } from '../../support/training-run'

/** Texts that break out of a string, a comment, a template or a line somewhere. */
const hostile = [
  `'"`, `\\`, `\\"`, `"""`, `'''`, `""" + __import__("os").system("touch /tmp/owned") + """`, 'a\nimport os', 'a\r\nb', '\u2028x\u2029y', '\u0000\u0001\u001b',
  '${process.exit(1)}', '{{ 7 * 7 }}', '{% raise %}', '#@ if full', '\n#@ end\n', '$&$1$`', '%s%(x)s', '\ud83e\udd9c', '\ufeff', '</script>', 'x'.repeat(100),
]

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'tunesmith-injection-'))))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A spec whose every free text is the given one, within the limits of the schema. */
function specOf(text: string): JobSpec {
  const id = testSpec()
  return testSpec({
    name: text.trim().slice(0, 120) || 'x',
    device: { kind: 'cuda', gpuUuid: text.slice(0, 80), gpuIndex: 0, gpuName: text.slice(0, 200) },
    model: { name: text, path: text },
    data: { name: text, trainPath: text, evalPath: text },
    resume: { jobId: id.jobId, checkpointPath: text, step: 1 },
  })
}

describe.each(['unsloth', 'huggingface'] as const)('a spec full of hostile text, for %s', (backend) => {
  it('changes no line of Python, and reads back as it was (catches: text of a user that becomes code)', async () => {
    const plain = join(folder, `${backend}-plain`)
    await writeRun(plain, { ...specOf('plain'), backend })
    const runs = await Promise.all(hostile.map(async (text, index) => {
      const run = join(folder, `${backend}-${index}`)
      const spec = { ...specOf(text), backend }
      await writeRun(run, spec)
      return { run, spec }
    }))
    const scripts = ['train.py', 'tunesmith_events.py', 'tunesmith_data.py', 'tunesmith_trainer.py']
    const files = [plain, ...runs.map(({ run }) => run)].flatMap((run) => [...scripts, 'job.json'].map((name) => join(run, name)))
    const trees = JSON.parse(await runPython([join(testPythonFolder, 'syntax_tree.py'), ...files])) as Record<string, unknown>
    for (const { run, spec } of runs) {
      for (const name of scripts) expect(trees[join(run, name)]).toBe(trees[join(plain, name)])
      expect(trees[join(run, 'job.json')]).toEqual(spec)
    }
  }, 60_000)
})
