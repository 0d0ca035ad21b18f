import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { open, mkdir, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatasetFormat, DatasetReport, LineIssue, NormalRow } from '../shared/dataset'
import { splitByKey, splitKey } from '../domain/dataset-split'
import type { SplitOptions } from '../domain/dataset-split'
import { convertRow, detectFormat, mappings } from './convert-row'
import { readRecords } from './read-records'
import type { ReadProgress, SourceRecord } from './read-records'

/** Files of a dataset's folder, normalised rows one a line. */
export const datasetFiles = { train: 'train.jsonl', eval: 'eval.jsonl', 'held-out': 'held-out.jsonl' } as const
export type DatasetPart = keyof typeof datasetFiles

export interface ImportOptions {
  readonly source: string
  /** A file of evaluation rows; without one, rows are split off by conversation. */
  readonly evaluation: string | null
  readonly folder: string
  readonly split: SplitOptions
  readonly onProgress: (progress: ReadProgress & { readonly rows: number }) => void
  readonly signal: AbortSignal
}

export type Imported =
  | { readonly kind: 'imported'; readonly report: DatasetReport; readonly format: DatasetFormat; readonly rows: number; readonly trainRows: number; readonly evalRows: number; readonly sha256: string; readonly sizeBytes: number }
  | { readonly kind: 'refused'; readonly report: DatasetReport }

const KEPT_ISSUES = 200

/** Reads, checks, converts and splits a file. Rows that can't be used are left out and counted; a file without a usable row is refused. Memory is 8 bytes a row. */
export async function importFile(options: ImportOptions): Promise<Imported> {
  await mkdir(options.folder, { recursive: true })
  const converted = join(options.folder, 'converted.jsonl')
  try {
    const pass = await convertFile(options.source, converted, options)
    if (pass.format === null || pass.keys.length === 0) return { kind: 'refused', report: pass.report }
    const evaluation = options.evaluation === null ? null : await convertFile(options.evaluation, join(options.folder, 'converted-eval.jsonl'), options)
    if (evaluation !== null && evaluation.keys.length === 0) return { kind: 'refused', report: evaluation.report }
    const parts = evaluation === null
      ? await writeSplit(converted, pass.keys, options)
      : await writeGiven(converted, pass.keys, join(options.folder, 'converted-eval.jsonl'), evaluation.keys, options)
    const report = evaluation === null ? pass.report : withLeaks(pass.report, evaluation.keys.length - parts.evalRows)
    return { kind: 'imported', report, format: pass.format, rows: parts.trainRows + parts.evalRows, ...parts }
  } finally {
    await rm(converted, { force: true })
    await rm(join(options.folder, 'converted-eval.jsonl'), { force: true })
  }
}

interface Pass {
  readonly format: DatasetFormat | null
  readonly keys: Float64Array
  readonly report: DatasetReport
}

async function convertFile(source: string, target: string, options: ImportOptions): Promise<Pass> {
  const reader = new RowReader()
  const keys = new Keys()
  const writer = await LineWriter.open(target)
  let progress: ReadProgress = { readBytes: 0, totalBytes: (await stat(source)).size }
  try {
    for await (const record of readRecords(source, (next) => {
      progress = next
      options.onProgress({ ...progress, rows: keys.length })
    }, options.signal)) {
      const row = reader.read(record)
      if (row === null) continue
      keys.push(splitKey(row, options.split.seed))
      await writer.line(JSON.stringify(row))
    }
  } finally {
    await writer.close()
  }
  return { format: reader.format, keys: keys.values(), report: reader.report(keys) }
}

/** Judges records one by one and keeps count. */
class RowReader {
  format: DatasetFormat | null = null
  private rows = 0
  private emptyLines = 0
  private characters = 0
  private readonly issues: LineIssue[] = []
  private readonly counts: Record<string, number> = {}

  read(record: SourceRecord): NormalRow | null {
    const { line, text, problem } = record
    if (problem === null && text.trim() === '') {
      this.emptyLines += 1
      return null
    }
    this.rows += 1
    this.characters += text.length
    if (problem === 'too-long') return this.refuse(line, 'row-too-long', 'The row is longer than 32 MB.')
    if (problem === 'not-utf8') return this.refuse(line, 'not-utf8', 'The row is not UTF-8 text. Save the file as UTF-8.')
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      return this.refuse(line, 'not-json', `The row is not JSON: ${error instanceof Error ? error.message.slice(0, 120) : ''}`)
    }
    const format = detectFormat(value)
    if (format === 'preference') return this.refuse(line, 'preference-data', 'This is preference data (chosen and rejected, or a label). Supervised training needs one answer per row.')
    if (format === null) return this.refuse(line, 'unknown-format', 'The keys fit no known format. Known: messages; conversations; instruction and output; prompt and completion.')
    this.format ??= format
    if (format !== this.format) return this.refuse(line, 'mixed-format', `The row is in another format (${format}) than the first one (${this.format}).`)
    const converted = convertRow(format, value)
    if (converted.kind === 'refused') return this.refuse(line, converted.issue.code, converted.issue.message)
    for (const warning of converted.warnings) this.note({ line, ...warning, severity: 'warning' })
    return converted.row
  }

  report(keys: Keys): DatasetReport {
    const duplicateRows = keys.duplicates()
    return {
      format: this.format, mapping: this.format === null ? '' : mappings[this.format], rows: this.rows, validRows: keys.length, emptyLines: this.emptyLines,
      duplicateRows, issues: this.issues, issueCounts: this.counts, characters: this.characters,
    }
  }

  private refuse(line: number, code: string, message: string): null {
    this.note({ line, code, message, severity: 'error' })
    return null
  }

  private note(issue: LineIssue): void {
    this.counts[issue.code] = (this.counts[issue.code] ?? 0) + 1
    if (this.issues.length < KEPT_ISSUES) this.issues.push(issue)
  }
}

/** Growing list of 53-bit keys. */
class Keys {
  private data = new Float64Array(1024)
  length = 0

  push(key: number): void {
    if (this.length === this.data.length) {
      const grown = new Float64Array(this.data.length * 2)
      grown.set(this.data)
      this.data = grown
    }
    this.data[this.length++] = key
  }

  values(): Float64Array {
    return this.data.subarray(0, this.length)
  }

  duplicates(): number {
    const sorted = this.values().slice().sort()
    let count = 0
    for (let i = 1; i < sorted.length; i += 1) if (sorted[i] === sorted[i - 1]) count += 1
    return count
  }
}

interface Parts {
  readonly trainRows: number
  readonly evalRows: number
  readonly sha256: string
  readonly sizeBytes: number
}

async function writeSplit(converted: string, keys: Float64Array, options: ImportOptions): Promise<Parts> {
  const split = splitByKey(keys, options.split)
  return writeParts(options.folder, options.signal, async (train, evaluation) => {
    await copyLines(converted, options.signal, (index) => (split.isEvaluation(keys[index] ?? 0) ? evaluation : train))
  })
}

/** An evaluation file of the user's own: rows that training also holds are left out of evaluation, which would flatter the model. */
async function writeGiven(converted: string, trainKeys: Float64Array, evaluationPath: string, evalKeys: Float64Array, options: ImportOptions): Promise<Parts> {
  const known = trainKeys.slice().sort()
  return writeParts(options.folder, options.signal, async (train, evaluation) => {
    await copyLines(converted, options.signal, () => train)
    await copyLines(evaluationPath, options.signal, (index) => (contains(known, evalKeys[index] ?? 0) ? null : evaluation))
  })
}

function contains(sorted: Float64Array, key: number): boolean {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) < key) low = middle + 1
    else high = middle
  }
  return sorted[low] === key
}

function withLeaks(report: DatasetReport, leaked: number): DatasetReport {
  if (leaked === 0) return report
  const issue: LineIssue = { line: 0, code: 'evaluation-in-training', message: `${leaked} evaluation rows also stand in the training file and were left out of evaluation.`, severity: 'warning' }
  return { ...report, issues: [issue, ...report.issues], issueCounts: { ...report.issueCounts, 'evaluation-in-training': leaked } }
}

async function writeParts(folder: string, signal: AbortSignal, fill: (train: LineWriter, evaluation: LineWriter) => Promise<void>): Promise<Parts> {
  const train = await LineWriter.open(join(folder, datasetFiles.train))
  const evaluation = await LineWriter.open(join(folder, datasetFiles.eval))
  try {
    await fill(train, evaluation)
  } finally {
    await train.close()
    await evaluation.close()
  }
  signal.throwIfAborted()
  if (evaluation.lines === 0) await rm(join(folder, datasetFiles.eval))
  const sha256 = createHash('sha256').update(train.digest()).update(evaluation.digest()).digest('hex')
  return { trainRows: train.lines, evalRows: evaluation.lines, sha256, sizeBytes: train.bytes + evaluation.bytes }
}

async function copyLines(path: string, signal: AbortSignal, target: (index: number) => LineWriter | null): Promise<void> {
  let index = 0
  for await (const { text } of readRecords(path, () => undefined, signal)) await target(index++)?.line(text)
}

/** Buffered lines with a running hash. */
class LineWriter {
  lines = 0
  bytes = 0
  private pending: string[] = []
  private pendingLength = 0
  private readonly hash: Hash = createHash('sha256')

  private constructor(private readonly file: FileHandle) {}

  static async open(path: string): Promise<LineWriter> {
    return new LineWriter(await open(path, 'w'))
  }

  async line(text: string): Promise<void> {
    this.pending.push(text)
    this.pendingLength += text.length
    this.lines += 1
    if (this.pendingLength > 1024 * 1024) await this.flush()
  }

  digest(): string {
    return this.hash.digest('hex')
  }

  async close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      await this.file.close()
    }
  }

  private async flush(): Promise<void> {
    if (this.pending.length === 0) return
    const text = Buffer.from(`${this.pending.join('\n')}\n`, 'utf8')
    this.pending = []
    this.pendingLength = 0
    this.hash.update(text)
    this.bytes += text.length
    // A short write happens on a nearly full disk; writeFile on an open handle goes on until all is written or it fails.
    await this.file.writeFile(text)
  }
}
