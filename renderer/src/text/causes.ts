import type { FailureCause, FailureCauseKind } from '../../../electron/shared/job-state'
import type { JobSummary } from '../../../electron/shared/job'
import { sizeOf, stepPlace, wordOf } from './cause-text'
import type { CauseText } from './cause-text'
import { cloudCauses } from './cloud-causes'
import { bytes, count } from './format'
import { runsElsewhere } from './places'

/** The words for a failed run. */
export function causeText(job: JobSummary, cause: FailureCause): CauseText {
  return texts[cause.kind](job, cause)
}

const texts: Readonly<Record<FailureCauseKind, (job: JobSummary, cause: FailureCause) => CauseText>> = {
  'out-of-memory': outOfMemory,
  'missing-package': (job, cause) => {
    const name = wordOf(cause, 'package')
    return {
      title: name === null ? 'A Python package is missing' : `The Python package ${name} is missing`,
      why: `The environment of this run does not have ${name ?? 'it'}, so the trainer stopped ${stepPlace(job)}.`,
      next: ['Repair the environment: it installs what the pinned list names.', 'Then start the run again.'],
      actions: ['environments', 'retry'],
    }
  },
  'gated-model': () => ({
    title: 'The model hub refused the model',
    why: 'The model is gated: its makers ask you to accept a licence first, and to show who you are with a token.',
    next: ['Accept the licence on the page of the model.', 'Set your token in Settings, Model hubs, then start the run again.'],
    actions: ['hubs', 'retry'],
  }),
  'missing-model': (job) => ({
    title: `The model ${job.modelName} could not be loaded`,
    why: 'Its folder is gone, or a file in it is missing or damaged.',
    next: ['Check the model on the Models page, or download it again.', 'Then start the run again.'],
    actions: ['models', 'retry'],
  }),
  'bad-data': (job, cause) => ({
    title: `The data could not be used`,
    why: runsElsewhere(job) ? `The place refused a row of ${job.datasetName}${lineOf(cause)}; its own words are below.` : `A row of ${job.datasetName} does not fit the format, the chat template, or leaves nothing to train on.`,
    next: ['Read the validation report of the dataset and correct the rows that it names.', 'Import the file again and start a new run.'],
    actions: ['datasets', 'duplicate'],
  }),
  'disk-full': (job) => ({
    title: `The disk was full ${stepPlace(job)}`,
    why: 'Nothing more could be written, so a checkpoint or the log is cut off.',
    next: ['Free some space, or move the data folder to another disk.', 'Then resume from the last complete checkpoint.'],
    actions: ['storage', 'resume', 'retry'],
  }),
  'nan-loss': (job) => ({
    title: `The loss became NaN ${stepPlace(job)}`,
    why: 'Most often the learning rate is too high for this model, or one batch holds values that the number format cannot carry.',
    change: ['Start again with a third of the learning rate, or a longer warm-up.'],
    next: ['A checkpoint from before the jump can be resumed.'],
    actions: ['duplicate', 'resume'],
  }),
  killed: (job, cause) => ({
    title: `The run was ended from outside ${stepPlace(job)}`,
    why: `${wordOf(cause, 'signal') ?? 'A signal'} reached the trainer: somebody or something ${runsElsewhere(job) ? 'there' : 'on this machine'} stopped it. The training itself reported no error.`,
    next: ['Look for what ended it, such as a shutdown, a job limit or another program.', 'Resume from the last checkpoint, or start again.'],
    actions: ['resume', 'retry'],
  }),
  environment: (job) => ({
    title: 'The Python environment does not work',
    why: `A library could not be loaded, so the trainer stopped ${stepPlace(job)}.`,
    next: ['Verify the environment in Settings, and repair it if a step fails.', 'Then start the run again.'],
    actions: ['environments', 'retry'],
  }),
  driver: (job) => ({
    title: `The GPU driver failed ${stepPlace(job)}`,
    why: 'CUDA reported an error of the driver or of the device, not of the training.',
    next: ['Restart the computer, and update the NVIDIA driver if the message names its version.', 'Then resume from the last checkpoint, or start again.'],
    actions: ['resume', 'retry'],
  }),
  ...cloudCauses,
  unknown: (job) => ({
    title: `The trainer stopped ${stepPlace(job)}`,
    why: 'None of the known causes fits. The last lines that it wrote are below.',
    next: ['Read the last lines; the whole text is in the terminal.', 'Start it again, or copy the report and ask for help.'],
    actions: ['retry', 'resume'],
  }),
}

const lineOf = (cause: FailureCause): string => {
  const line = sizeOf(cause, 'line')
  return line === null ? '' : `, line ${count(line)}`
}

function outOfMemory(job: JobSummary, cause: FailureCause): CauseText {
  const onCpu = cause.details['memory'] === 'cpu'
  const [needed, free, total] = [sizeOf(cause, 'requestedBytes'), sizeOf(cause, 'freeBytes'), sizeOf(cause, 'totalBytes')]
  const rented = runsElsewhere(job)
  const what = onCpu ? 'The computer' : rented ? 'The rented GPU' : 'The GPU'
  const asked = needed === null ? 'The next step needed more than was left.' : `The next piece needed ${bytes(needed)}${free === null ? '.' : `; ${bytes(free)}${total === null ? '' : ` of ${bytes(total)}`} was free.`}`
  const { microBatch, gradientAccumulation, maxLength, gradientCheckpointing } = job.settings
  const smaller = microBatch > 1 ? `Micro-batch ${count(microBatch)} to ${count(Math.max(1, Math.floor(microBatch / 2)))} and accumulation ${count(gradientAccumulation)} to ${count(gradientAccumulation * 2)} keep the effective batch and need less.` : `Cut rows shorter than ${count(maxLength)} tokens, or use a smaller rank.`
  return {
    title: `${what} ran out of memory ${stepPlace(job)}`,
    why: asked,
    change: [smaller, ...(gradientCheckpointing ? [] : ['Turn gradient checkpointing on.'])],
    next: [rented ? 'Or choose an instance with more memory on each GPU.' : onCpu ? 'Close other programs that hold memory.' : 'Close other programs that hold GPU memory.'],
    actions: ['duplicate', 'resume'],
  }
}
