import { AppError } from '../../../electron/shared/app-error'
import type { ErrorCode } from '../../../electron/shared/app-error'

/** What happened, and what to do next. Both are whole sentences. */
export interface ErrorText {
  readonly what: string
  readonly next: string
}

const texts: Readonly<Record<ErrorCode, ErrorText>> = {
  ROUTE_NOT_FOUND: { what: 'The window asked for something that this engine does not know.', next: 'Restart Tunesmith, so that both parts have the same version.' },
  VALIDATION_FAILED: { what: 'A value was outside its range.', next: 'Check the fields that are marked.' },
  INTERNAL: { what: 'Tunesmith hit a fault of its own.', next: 'Try again. If it happens again, save a diagnostics bundle in Settings, About, and report it.' },
  ENGINE_GONE: { what: 'The engine is restarting.', next: 'Runs go on meanwhile. Try again in a few seconds.' },
  JOB_NOT_FOUND: { what: 'This run is no longer in the list.', next: 'Look in the queue for what is there.' },
  JOB_STATE: { what: 'The run is in a state where this cannot be done.', next: 'Wait until it has ended, or stop it first.' },
  JOB_REFUSED: { what: 'The run cannot start as it is.', next: 'Change the settings that are marked on the Train page.' },
  RUN_FOLDER: { what: 'The run folder is missing or cannot be read.', next: 'Check that its disk is connected and that you may read it.' },
  CHECKPOINT_NOT_FOUND: { what: 'That checkpoint is no longer on the disk.', next: 'Choose another checkpoint of the run.' },
  MODEL_NOT_FOUND: { what: 'This model is no longer in the list.', next: 'Add its folder again on the Models page.' },
  MODEL_UNUSABLE: { what: 'This model cannot be used.', next: 'Choose a folder with config.json, safetensors and its tokenizer.' },
  MODEL_IN_USE: { what: 'The model is in use.', next: 'Wait until the run or the comparison that uses it has ended.' },
  HUB_OFFLINE: { what: 'The model hub cannot be reached.', next: 'Check the network, or the endpoint and proxy in Settings, Model hubs. Local models work as always.' },
  HUB_GATED: { what: 'This model is gated and the hub refused it.', next: 'Accept its licence on the hub, set your token in Settings, Model hubs, then try again.' },
  HUB_MISSING: { what: 'The hub has no model of that name and revision.', next: 'Check the spelling: organisation, a slash, then the name.' },
  HUB_FAILED: { what: 'The model hub answered with an error.', next: 'Try again later; what was downloaded is kept.' },
  DISK_FULL: { what: 'The disk is full.', next: 'Free some space in Settings, Storage, or move the data folder to another disk.' },
  DATASET_NOT_FOUND: { what: 'This dataset is no longer in the list.', next: 'Import its file again.' },
  DATASET_INVALID: { what: 'The file holds no rows that can be used.', next: 'Read the validation report, correct the lines that it names, and import again.' },
  DATASET_IN_USE: { what: 'A run that has not ended uses this dataset.', next: 'Delete it after the run.' },
  FILE_TOKEN: { what: 'The chosen file is not known any more.', next: 'Choose it again.' },
  FILE_READ: { what: 'The file cannot be read.', next: 'Check that it is still there and that you may read it.' },
  FILE_WRITE: { what: 'The file cannot be written.', next: 'Check the free space of the disk and that you may write to the folder.' },
  ENVIRONMENT_NOT_FOUND: { what: 'This Python environment is no longer in the list.', next: 'Set up a new one in Settings, Environments.' },
  ENVIRONMENT_NOT_READY: { what: 'No Python environment is ready.', next: 'Set one up on Home or in Settings, Environments.' },
  ENVIRONMENT_FAILED: { what: 'A step of the environment failed.', next: 'Read its log in Settings, Environments, then go on from that step.' },
  ENVIRONMENT_IN_USE: { what: 'A run uses this Python environment.', next: 'Wait until the run has ended, or stop it first.' },
  PYTHON_NOT_FOUND: { what: 'No Python 3.11 or newer was found.', next: 'Install one, or choose an interpreter in Settings, Environments.' },
  INFERENCE_FAILED: { what: 'The model could not answer.', next: 'Read the details, then try a lower precision or the CPU.' },
  INFERENCE_BUSY: { what: 'The model is already answering.', next: 'Wait for it, or stop the answer first.' },
  COMPARISON_NOT_FOUND: { what: 'This comparison is no longer in the list.', next: 'Start a new one on the Compare page.' },
  CANCELLED: { what: 'It was cancelled.', next: 'Start it again when you like.' },
  CONNECTION_NOT_FOUND: { what: 'This place is no longer in the list.', next: 'Add it again in Settings, Places.' },
  CONNECTION_IN_USE: { what: 'Jobs still run at this place.', next: 'Wait until they have ended, or stop them first.' },
  CLOUD_FAILED: { what: 'The place answered with an error.', next: 'Read the details, then check the place in Settings, Places.' },
  CLOUD_UNREACHABLE: { what: 'The place cannot be reached.', next: 'Check the network and the address in Settings, Places. Jobs there go on meanwhile.' },
  LOGIN_EXPIRED: { what: 'The login at this place has run out.', next: 'Log in again in a terminal, then check the place in Settings, Places.' },
  OVER_BUDGET: { what: 'The job would cost more than its budget or the budget of the month.', next: 'Raise the budget on the Train page or in Settings, Costs, or make the job smaller.' },
  DATABASE_NEWER: { what: 'The database was written by a newer version.', next: 'Install that version again; nothing was changed.' },
  DATABASE_DAMAGED: { what: 'The database is damaged.', next: 'Restore one of the copies that Tunesmith keeps.' },
  SECRET_STORE: { what: "The system's keyring refused the key.", next: 'Unlock the keyring, or keep it for this session only.' },
  PROCESS_FAILED: { what: 'A program that Tunesmith started ended badly.', next: 'Read the details, then try again.' },
  TIMED_OUT: { what: 'It took too long and was stopped.', next: 'Try again; a first start after an update takes longer.' },
}

/** Codes whose message says more than the fixed sentence: it names the file, the model, the program or the place. */
const detailed: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'JOB_REFUSED', 'RUN_FOLDER', 'MODEL_UNUSABLE', 'MODEL_IN_USE', 'HUB_FAILED', 'DATASET_INVALID', 'FILE_READ', 'FILE_WRITE',
  'ENVIRONMENT_FAILED', 'PYTHON_NOT_FOUND', 'INFERENCE_FAILED', 'PROCESS_FAILED', 'CONNECTION_IN_USE', 'CLOUD_FAILED', 'CLOUD_UNREACHABLE',
  'LOGIN_EXPIRED', 'OVER_BUDGET',
])

/** The sentence, the evidence and the next step for anything that a request threw. */
export function errorText(error: unknown): ErrorText & { readonly evidence: string | null } {
  if (!(error instanceof AppError)) return { ...texts.INTERNAL, evidence: error instanceof Error ? error.message : String(error) }
  const evidence = (detailed.has(error.code) || error.code === 'INTERNAL') && error.message !== '' ? error.message : null
  return { ...texts[error.code], evidence }
}
