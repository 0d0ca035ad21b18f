import { AppError } from '../shared/app-error'
import type { LocalBackendId } from '../shared/cloud'
import { trainerOf } from '../shared/job-spec'
import type { JobSpec, Method } from '../shared/job-spec'

/** File name to text of `python-templates/`, as `loadTemplates` reads them. */
export type Templates = Readonly<Record<string, string>>

/** Copied as they are; train.py imports them. */
const helperFiles = ['tunesmith_events.py', 'tunesmith_data.py', 'tunesmith_trainer.py'] as const

const mainTemplate = 'train_main.py'
const backendTemplates = { unsloth: 'train_unsloth.py', huggingface: 'train_huggingface.py' } as const satisfies Record<LocalBackendId, string>

/** Lines of a template that start so are for the generator. `#@ if A B` … `#@ end` keeps the lines between for backend or method A or B. */
const directivePattern = /^\s*#@ ?(\w*) ?(.*)$/
const conditionWords: ReadonlySet<string> = new Set<LocalBackendId | Method>(['unsloth', 'huggingface', 'full', 'lora', 'qlora'])

/**
 * The files of a run folder: `job.json`, `train.py` and the modules it imports. Only the backend and the method decide which lines
 * train.py has; every value stays in job.json, so no text of a spec can become code. Throws RUN_FOLDER when a template is missing or malformed, and for a job that has no script.
 */
export function renderRun(spec: JobSpec, templates: Templates): Readonly<Record<string, string>> {
  const trainer = trainerOf(spec)
  if (trainer === null) throw new AppError('RUN_FOLDER', 'This job is trained by a service and has no script')
  const files: Record<string, string> = {
    'job.json': `${JSON.stringify(spec, null, 2)}\n`,
    'train.py': renderScript(trainer, spec.settings.method, templates),
  }
  for (const name of helperFiles) files[name] = template(templates, name)
  return files
}

/** train.py for one backend and method: the main template with the backend's part put in. */
function renderScript(backend: LocalBackendId, method: Method, templates: Templates): string {
  const part = keepLines(backendTemplates[backend], template(templates, backendTemplates[backend]), backend, method)
  const main = keepLines(mainTemplate, template(templates, mainTemplate), backend, method)
  const from = part.indexOf('#@ body')
  const at = main.indexOf('#@ insert backend')
  if (from < 0 || at < 0) throw malformed(from < 0 ? backendTemplates[backend] : mainTemplate, 'the place of the backend is not marked')
  return [...main.slice(0, at), ...trimBlank(part.slice(from + 1)), ...main.slice(at + 1)].join('\n')
}

function keepLines(name: string, text: string, backend: LocalBackendId, method: Method): readonly string[] {
  const kept: string[] = []
  let open: { readonly keep: boolean } | null = null
  for (const line of text.split('\n')) {
    const [, verb, rest = ''] = directivePattern.exec(line) ?? []
    if (verb === 'if') {
      const words = rest.trim().split(' ')
      if (open !== null || !words.every((word) => conditionWords.has(word))) throw malformed(name, line)
      open = { keep: words.includes(method) || words.includes(backend) }
    } else if (verb === 'end') {
      if (open === null) throw malformed(name, line)
      open = null
    } else if (open === null || open.keep) kept.push(line)
  }
  if (open !== null) throw malformed(name, 'a condition has no end')
  return kept
}

function trimBlank(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line.trim() !== '')
  return lines.slice(first, lines.findLastIndex((line) => line.trim() !== '') + 1)
}

function template(templates: Templates, name: string): string {
  const text = templates[name]
  if (text === undefined) throw new AppError('RUN_FOLDER', `The Python template ${name} is missing`)
  return text
}

function malformed(name: string, what: string): AppError {
  return new AppError('RUN_FOLDER', `The Python template ${name} is malformed: ${what}`)
}
