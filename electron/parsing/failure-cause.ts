import { consoleLines } from './console-text'
import type { FailureCause, FailureCauseKind } from '../shared/job-state'

/** What is known about a run that ended badly. */
export interface FailureEvidence {
  readonly exitCode: number | null
  readonly signal: string | null
  /** The end of `console.log`, some 64 kB. */
  readonly consoleText: string
  /** The last `error` event. */
  readonly error: { readonly type: string; readonly message: string; readonly traceback: string } | null
  /** A loss that was NaN or infinite in the run's last metrics. */
  readonly lossNonfinite: boolean
  /** Processes that the kernel killed for want of memory in the run's last seconds; null where it does not say. */
  readonly oomKills: number | null
  /** Free space where the run folder lies; null when unknown. */
  readonly freeDiskBytes: number | null
}

type Details = Record<string, string | number>
type Rule = (text: string, lines: readonly string[]) => { readonly evidence: string; readonly details?: Details } | null

const MAX_EVIDENCE = 2_000
const NO_DISK_LEFT_BYTES = 1024 * 1024

/**
 * Names the cause of a run that ended badly. The error that the trainer reported counts more than what stands
 * in the console, and within one text the causes are asked from the most to the least specific. `unknown` still carries the last lines.
 */
export function failureCause(evidence: FailureEvidence): FailureCause {
  const { error, consoleText } = evidence
  const fromEvent = error === null ? null : (fromText(`${error.type}: ${error.message}`) ?? fromText(withoutSource(error.traceback)))
  if (fromEvent !== null) return fromEvent
  const fromConsole = fromText(lastTraceback(consoleText)) ?? fromText(lastChain(consoleText))
  if (fromConsole !== null) return fromConsole
  return fromProcess(evidence) ?? cause('unknown', unknownEvidence(evidence), error === null ? {} : { type: error.type })
}

/** The cause that a text names, or null. Exposed for other programs' output, such as an environment check. */
export function fromText(text: string): FailureCause | null {
  const lines = consoleLines(text)
  for (const [kind, rule] of rules) {
    const found = rule(text, lines)
    if (found !== null) return cause(kind, found.evidence, found.details ?? {})
  }
  return null
}

function fromProcess(evidence: FailureEvidence): FailureCause | null {
  const signal = evidence.signal ?? signalOfExitCode(evidence.exitCode)
  if (signal === 'SIGKILL' && (evidence.oomKills ?? 0) > 0)
    return cause('out-of-memory', 'The kernel ended the trainer for want of main memory (SIGKILL, out-of-memory killer).', { memory: 'cpu' })
  if (evidence.lossNonfinite) return cause('nan-loss', 'The loss was not a number when the run ended.', {})
  const full = matching(fullDisk)('', consoleLines(withoutSource(evidence.consoleText)))
  if (full !== null) return cause('disk-full', full.evidence, {})
  if (evidence.freeDiskBytes !== null && evidence.freeDiskBytes < NO_DISK_LEFT_BYTES)
    return cause('disk-full', `The disk had ${evidence.freeDiskBytes} bytes left when the run ended.`, { freeBytes: evidence.freeDiskBytes })
  if (signal === 'SIGKILL' || signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGHUP')
    return cause('killed', `The trainer was ended from outside by ${signal}.`, { signal })
  if (evidence.exitCode === 127) return cause('environment', lastLines(evidence.consoleText), {})
  return null
}

/** A shell or a container reports a signal as 128 plus its number. */
function signalOfExitCode(exitCode: number | null): string | null {
  return exitCode === 137 ? 'SIGKILL' : exitCode === 143 ? 'SIGTERM' : exitCode === 130 ? 'SIGINT' : null
}

/** The last one is PyTorch's own word for a write that came up short while it saved (seen on a full disk). */
const fullDisk = /No space left on device|ENOSPC|\[Errno 28\]|Disk quota exceeded|There is not enough space on the disk|PytorchStreamWriter failed writing|inline_container\.cc:\d+\] \. unexpected pos/

const rules: readonly (readonly [FailureCauseKind, Rule])[] = [
  ['out-of-memory', gpuOutOfMemory],
  ['out-of-memory', cpuOutOfMemory],
  ['disk-full', matching(fullDisk)],
  ['driver', matching(/CUDA driver version is insufficient|NVIDIA driver on your system is too old|Found no NVIDIA driver|CUDA error: (?!out of memory)|cuda runtime error|no kernel image is available|CUDA unknown error|PyTorch finds no CUDA GPU|No CUDA GPUs are available|CUDA initialization: (?!.*out of memory)/)],
  ['gated-model', matching(/GatedRepoError|Access to model .{1,200} is restricted|You are trying to access a gated repo|Cannot access gated repo|403 Client Error.{0,200}(?:gated|awaiting a review)/)],
  ['missing-package', missingPackage],
  ['missing-model', missingModel],
  ['nan-loss', matching(/NonFiniteLoss|[Ll]oss (?:is|was|became) (?:nan|NaN|not (?:a (?:finite )?number|finite))/)],
  ['bad-data', badData],
  ['environment', matching(/ImportError: .*|cannot import name|undefined symbol|version `?GLIBC\S* not found|the trainer could not be started|requires the following packages|is required for a normal functioning/)],
]

function matching(pattern: RegExp): Rule {
  return (_text, lines) => {
    const line = lines.findLast((candidate) => pattern.test(candidate))
    return line === undefined ? null : { evidence: line.trim() }
  }
}

function gpuOutOfMemory(_text: string, lines: readonly string[]): ReturnType<Rule> {
  const line = lines.findLast((candidate) => /(?:CUDA|HIP|XPU) out of memory|CUDA error: out of memory|OutOfMemoryError|CUBLAS_STATUS_ALLOC_FAILED/.test(candidate))
  if (line === undefined || /can't allocate memory/.test(line)) return null
  const details: Details = { memory: 'gpu' }
  addSize(details, 'requestedBytes', /Tried to allocate ([\d.]+) ([KMGT]iB)/.exec(line))
  addSize(details, 'totalBytes', /total capac(?:i)?ty of ([\d.]+) ([KMGT]iB)/.exec(line))
  addSize(details, 'freeBytes', /of which ([\d.]+) ([KMGT]iB) is free/.exec(line))
  return { evidence: line.trim(), details }
}

function cpuOutOfMemory(_text: string, lines: readonly string[]): ReturnType<Rule> {
  const line = lines.findLast((candidate) => /DefaultCPUAllocator: (?:can't allocate memory|not enough memory)|^(?:\w+\.)*\w*MemoryError\b|std::bad_alloc|[Cc]annot allocate memory|Unable to allocate .* for an array/.test(candidate))
  if (line === undefined) return null
  const details: Details = { memory: 'cpu' }
  const requested = /tried to allocate (\d+) bytes/.exec(line)?.[1]
  if (requested !== undefined) details['requestedBytes'] = Number(requested)
  addSize(details, 'requestedBytes', /Unable to allocate ([\d.]+) ([KMGT]iB)/.exec(line))
  return { evidence: line.trim(), details }
}

const units: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }

function addSize(details: Details, name: string, match: RegExpExecArray | null): void {
  const factor = units[match?.[2] ?? '']
  if (match !== null && factor !== undefined) details[name] = Math.round(Number(match[1]) * factor)
}

function missingPackage(_text: string, lines: readonly string[]): ReturnType<Rule> {
  const patterns = [
    /ModuleNotFoundError: No module named '([\w.-]+)'/, /PackageNotFoundError: (?:No package metadata was found for )?([\w.-]+)/,
    /requires? [`']?(bitsandbytes)[`']?/, /You need to install [`'](\w[\w.-]*)[`']/, /requires the [`']?([\w.-]+)[`']? library but it was not found/,
    /DistributionNotFound: The '([\w.-]+)/,
  ]
  for (const line of lines.toReversed())
    for (const pattern of patterns) {
      const name = pattern.exec(line)?.[1]
      if (name !== undefined) return { evidence: line.trim(), details: { package: name.split('.')[0] ?? name } }
    }
  return null
}

const noModel = /RepositoryNotFoundError|is not a local folder and is not a valid model identifier|does not appear to have (?:a file named|files named)|Can't load (?:the )?(?:tokenizer|model|configuration)|Couldn't load (?:the )?(?:model|tokenizer)|no file named \S+ found in directory|Error no file named|Incorrect path_or_model_id|Repo id must be in the form|model folder .* (?:is missing|does not exist)|We couldn't connect to .* to load|Cannot find the requested files in the disk cache|LocalEntryNotFoundError|OfflineModeIsEnabled|HFValidationError|SafetensorError|Unrecognized model in/

function missingModel(_text: string, lines: readonly string[]): ReturnType<Rule> {
  const line = lines.findLast((candidate) => noModel.test(candidate))
  return line === undefined ? null : { evidence: line.trim() }
}

const noData = /DatasetGenerationError|DatasetGenerationCastError|JSONDecodeError|JSON parse error|ArrowInvalid|DataFilesNotFoundError|EmptyDatasetError|Unable to find '.*\.jsonl?'|masked every label|Conversation roles must alternate|TemplateError|UndefinedError: |DataProblem|KeyError: '(?:messages|prompt|completion|role|content|text)'|UnicodeDecodeError/

function badData(text: string, lines: readonly string[]): ReturnType<Rule> {
  const line = lines.findLast((candidate) => noData.test(candidate))
  if (line !== undefined) return { evidence: line.trim() }
  const file = /FileNotFoundError: \[Errno 2\] No such file or directory: '([^']*\.(?:jsonl?|parquet|csv))'/.exec(text)
  return file === null ? null : { evidence: file[0], details: { file: file[1] ?? '' } }
}

const traceback = 'Traceback (most recent call last)'

/** From the last traceback on, or the last lines where there is none: an old warning must not name the cause. */
function lastTraceback(consoleText: string): string {
  const at = consoleText.lastIndexOf(traceback)
  return at === -1 ? lastLines(consoleText) : withoutSource(consoleText.slice(at))
}

/** A traceback quotes source, indented by four; a message in it must not be taken for what happened. (A bar may be indented by two.) */
function withoutSource(text: string): string {
  return text.replace(/^(?: {4}|\t| {2}File ").*$/gm, '')
}

/** The last traceback with those that led to it ("During handling of the above exception, ..."). */
function lastChain(consoleText: string): string {
  let at = consoleText.lastIndexOf(traceback)
  while (at > 0) {
    const before = consoleText.lastIndexOf(traceback, at - 1)
    if (before === -1 || !/During handling of the above|direct cause of the following/.test(consoleText.slice(before, at))) break
    at = before
  }
  return at === -1 ? '' : withoutSource(consoleText.slice(at))
}

function lastLines(consoleText: string): string {
  return consoleLines(consoleText).slice(-12).join('\n')
}

function unknownEvidence(evidence: FailureEvidence): string {
  const last = consoleLines(evidence.error === null ? evidence.consoleText : `${evidence.error.type}: ${evidence.error.message}`).slice(-3).join('\n')
  const how = evidence.signal !== null ? `Ended by ${evidence.signal}.` : evidence.exitCode === null ? 'Nobody saw how it ended.' : `Exit code ${evidence.exitCode}.`
  return last === '' ? how : `${how}\n${last}`
}

function cause(kind: FailureCauseKind, evidence: string, details: Details): FailureCause {
  return { kind, evidence: evidence.slice(0, MAX_EVIDENCE), details }
}
