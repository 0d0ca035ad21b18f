import type { BackendId, JobSpec, Method } from '../shared/job-spec'

/** File name to text of `python-templates/`, as the loader reads them. */
export type Templates = Readonly<Record<string, string>>

/** Copied as they are; train.py imports them. */
const helperFiles = ['tunesmith_events.py', 'tunesmith_data.py', 'tunesmith_trainer.py'] as const

const mainTemplate = 'train_main.py'
const backendTemplates = { unsloth: 'train_unsloth.py', huggingface: 'train_huggingface.py' } as const satisfies Record<BackendId, string>

/** Every template that renderRun may ask for. */
export const templateNames: readonly string[] = [mainTemplate, ...Object.values(backendTemplates), ...helperFiles]

/**
 * The files of a run folder: `job.json`, `train.py` and the modules it imports. Only the backend and the method decide which lines of
 * train.py are there; every value stays in job.json, so no text of the spec can become code. Throws when a template is missing or malformed.
 */
export function renderRun(spec: JobSpec, templates: Templates): Readonly<Record<string, string>> {
  const files: Record<string, string> = {
    'job.json': `${JSON.stringify(spec, null, 2)}\n`,
    'train.py': renderScript(spec.backend, spec.settings.method, templates),
  }
  for (const name of helperFiles) files[name] = template(templates, name)
  return files
}

function renderScript(backend: BackendId, method: Method, templates: Templates): string {
  const marker = '#@ body\n'
  const part = template(templates, backendTemplates[backend])
  const body = part.slice(part.indexOf(marker) + marker.length).trim()
  const lines: string[] = []
  let keep = true
  for (const line of template(templates, mainTemplate).replace('#@ insert backend', () => body).split('\n')) {
    const directive = /^\s*#@ (if|end)\b(.*)$/.exec(line)
    if (directive === null) {
      if (keep) lines.push(line)
    } else keep = directive[1] === 'end' || (directive[2] ?? '').trim().split(' ').some((word) => word === method || word === backend)
  }
  return lines.join('\n')
}

function template(templates: Templates, name: string): string {
  const text = templates[name]
  if (text === undefined) throw new Error(`Template ${name} is missing`)
  return text
}
