import { AppError } from '../shared/app-error'
import { trainerOf } from '../shared/job-spec'
import type { JobSpec } from '../shared/job-spec'
import { renderRun } from './render-run'
import type { Templates } from './render-run'

/** Made for one version of PyTorch, so the image's own (or none) is used instead of ours. */
const boundToTorch = new Set(['torch', 'torchvision', 'torchao', 'torchaudio', 'xformers', 'triton', 'triton-windows', 'diffusers', 'importlib-metadata', 'zipp'])
/** Installed without what they ask for, since that would replace the image's PyTorch. Only Unsloth's script needs them. */
const installedAlone = new Set(['unsloth', 'unsloth-zoo', 'cut-cross-entropy'])

/**
 * The files of a run folder whose run trains on SageMaker: those of a local run, the program that SageMaker starts, and our pins
 * (python-templates/environments/cuda.txt) without PyTorch, which is the image's. Throws RUN_FOLDER like `renderRun`.
 */
export function renderSagemaker(spec: JobSpec, templates: Templates, pins: string): Readonly<Record<string, string>> {
  const entry = templates['sagemaker_entry.py']
  if (entry === undefined) throw new AppError('RUN_FOLDER', 'The Python template sagemaker_entry.py is missing')
  return { ...renderRun(spec, templates), 'sagemaker_entry.py': entry, ...requirementFiles(spec, pins) }
}

/** `requirements.txt`, which SageMaker's toolkit installs, and for Unsloth the packages that sagemaker_entry.py installs alone. */
export function requirementFiles(spec: Pick<JobSpec, 'backend' | 'cloud'>, pins: string): Readonly<Record<string, string>> {
  const lines = pins.split('\n').filter((line) => /^[A-Za-z0-9]/.test(line))
  const plain = lines.filter((line) => !boundToTorch.has(nameOf(line)) && !installedAlone.has(nameOf(line)))
  const files: Record<string, string> = { 'requirements.txt': text(plain) }
  if (trainerOf(spec) === 'unsloth') files['requirements-alone.txt'] = text(lines.filter((line) => installedAlone.has(nameOf(line))))
  return files
}

/** The same requirements for a container without a way to PyPI. pip reads the path from the folder of the file, which lies beside `input`. */
export function fromWheels(requirements: string): string {
  return `--no-index\n--find-links ../input/data/wheels\n${requirements}`
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

/** By PyPI's own rule for names. */
function nameOf(line: string): string {
  return (/^[A-Za-z0-9._-]+/.exec(line)?.[0] ?? '').replace(/[-_.]+/g, '-').toLowerCase()
}

/** What the job in the container is told beyond the spec. */
export interface ContainerPlaces {
  /** False: the container fetches the model itself, by the name that the spec's path is. */
  readonly sendsModel: boolean
  readonly hasEvalFile: boolean
  /** `s3://` address of an object that the app makes when the run is to end. */
  readonly stopRequest: string
}

/** `job.json` of the source archive: no path of this machine, but SageMaker's variables for the channels, which sagemaker_entry.py fills in. */
export function containerJob(spec: JobSpec, { sendsModel, hasEvalFile, stopRequest }: ContainerPlaces): string {
  const { model, data, resume } = spec
  const job = {
    ...spec,
    model: { ...model, path: sendsModel ? '$SM_CHANNEL_MODEL' : model.path },
    data: { ...data, trainPath: '$SM_CHANNEL_TRAIN/train.jsonl', evalPath: hasEvalFile ? '$SM_CHANNEL_TRAIN/eval.jsonl' : null },
    resume: resume === null ? null : { ...resume, checkpointPath: '$SM_CHANNEL_CHECKPOINT' },
    stopRequest,
  }
  return `${JSON.stringify(job, null, 2)}\n`
}
