import { join } from 'node:path'
import { AppError } from '../shared/app-error'
import type { TokenCheck } from '../shared/dataset'
import { inheritedEnvironment } from './launch'
import { runCommand } from './run-command'

export interface TokenCheckRequest {
  readonly python: string
  readonly templatesFolder: string
  readonly modelPath: string
  readonly dataPath: string
  readonly maxLength: number
  readonly answersOnly: boolean
  readonly signal: AbortSignal
}

/** A million rows take some minutes to tokenise. */
const CHECK_TIMEOUT_MS = 1_800_000

/** Runs check_data.py: what the tokenizer and template of a model make of a data file. Throws PROCESS_FAILED, CANCELLED. */
export async function checkTokens(request: TokenCheckRequest): Promise<TokenCheck> {
  const { python, templatesFolder, modelPath, dataPath, maxLength, answersOnly, signal } = request
  const result = await runCommand(
    python,
    [join(templatesFolder, 'check_data.py'), '--model', modelPath, '--data', dataPath, '--max-length', String(maxLength), '--answers-only', answersOnly ? '1' : '0', '--out', '-'],
    { timeoutMs: CHECK_TIMEOUT_MS, signal, env: { ...inheritedEnvironment(process.env), PYTHONUTF8: '1', HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false', PYTHONDONTWRITEBYTECODE: '1' } },
  )
  if (result.aborted) throw new AppError('CANCELLED', 'the check of the data was cancelled')
  try {
    return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as TokenCheck
  } catch (error) {
    const reason = result.startError?.message ?? (result.timedOut ? 'no answer in time' : result.stderr.trim().split('\n').at(-1) ?? '')
    throw new AppError('PROCESS_FAILED', `the data could not be checked: ${reason}`, { cause: error })
  }
}
