/** Codes of everything that can go wrong across a boundary; the window writes the sentence for each (renderer/src/text/errors.ts). */
export const errorCodes = [
  'ROUTE_NOT_FOUND', 'VALIDATION_FAILED', 'INTERNAL', 'ENGINE_GONE',
  'JOB_NOT_FOUND', 'JOB_STATE', 'JOB_REFUSED', 'RUN_FOLDER', 'CHECKPOINT_NOT_FOUND',
  'MODEL_NOT_FOUND', 'MODEL_UNUSABLE', 'MODEL_IN_USE', 'HUB_OFFLINE', 'HUB_GATED', 'HUB_MISSING', 'HUB_FAILED', 'DISK_FULL',
  'DATASET_NOT_FOUND', 'DATASET_INVALID', 'DATASET_IN_USE', 'FILE_TOKEN', 'FILE_READ', 'FILE_WRITE',
  'ENVIRONMENT_NOT_FOUND', 'ENVIRONMENT_NOT_READY', 'ENVIRONMENT_FAILED', 'ENVIRONMENT_IN_USE', 'PYTHON_NOT_FOUND',
  'INFERENCE_FAILED', 'INFERENCE_BUSY', 'COMPARISON_NOT_FOUND', 'CANCELLED',
  'CONNECTION_NOT_FOUND', 'CONNECTION_IN_USE', 'CLOUD_FAILED', 'CLOUD_UNREACHABLE', 'LOGIN_EXPIRED', 'OVER_BUDGET',
  'DATABASE_NEWER', 'DATABASE_DAMAGED', 'SECRET_STORE', 'PROCESS_FAILED', 'TIMED_OUT',
] as const
export type ErrorCode = (typeof errorCodes)[number]

/** A fault that carries a code. `data` is JSON-safe and free of secrets; it crosses to the window. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly data: Readonly<Record<string, string | number | boolean | null>> | undefined

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; data?: Readonly<Record<string, string | number | boolean | null>> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.data = options.data
  }
}

/** A plain error as it crosses a port. */
export interface WireError {
  readonly code: ErrorCode
  readonly message: string
  readonly data?: Readonly<Record<string, string | number | boolean | null>>
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** True for a system error with this code. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
