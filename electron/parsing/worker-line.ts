/** One line of the inference worker's standard output. */
export type WorkerAnswer =
  | { readonly id: number; readonly event: 'token'; readonly text: string }
  | { readonly id: number; readonly event: 'done'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly id: number; readonly event: 'error'; readonly type: string; readonly message: string }

/** Null for anything that is not an answer; a library that prints to stdout must not end a comparison. */
export function parseWorkerLine(line: string): WorkerAnswer | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const fields = value as Readonly<Record<string, unknown>>
  const id = fields['id']
  if (typeof id !== 'number') return null
  if (fields['event'] === 'token' && typeof fields['text'] === 'string') return { id, event: 'token', text: fields['text'] }
  if (fields['event'] === 'done') return { id, event: 'done', fields }
  if (fields['event'] === 'error') return { id, event: 'error', type: String(fields['type']), message: String(fields['message']) }
  return null
}
