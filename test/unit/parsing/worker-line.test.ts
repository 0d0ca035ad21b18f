import { describe, expect, it } from 'vitest'
import { parseWorkerLine } from '../../../electron/parsing/worker-line'

describe('a line of the inference worker', () => {
  it('is an answer only in the worker\'s own form: a library that prints must neither end nor fake one', () => {
    expect(parseWorkerLine('{"id": 3, "event": "token", "text": "a\\u2028b"}')).toEqual({ id: 3, event: 'token', text: 'a\u2028b' })
    expect(parseWorkerLine('{"id": 3, "event": "done", "tokens": 2}')).toMatchObject({ id: 3, event: 'done', fields: { tokens: 2 } })
    expect(parseWorkerLine('{"id": 3, "event": "error", "type": "OSError", "message": "no"}')).toEqual({ id: 3, event: 'error', type: 'OSError', message: 'no' })
    for (const line of ['', 'Loading weights: 100%', '{"id": "3", "event": "done"}', '{"event": "done"}', '[1]', 'null', '3', '{"id": 3, "event": "token"}', '{"id": 3, "event": "ready"}']) expect(parseWorkerLine(line), line).toBeNull()
  })
})
